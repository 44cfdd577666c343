"""`office.reload`: look for new files of the office now (policy, register, block list), and say what became of each."""

from typing import Literal

from cardd.wire.base import CallParams, Receipt, WireModel

METHOD = "office.reload"


class Params(CallParams):
    pass


class FileRow(WireModel):
    kind: Literal["policy", "register", "block_list"]
    outcome: Literal["in_force", "refused", "unchanged"]
    version: int | None
    """Of the file that was looked at, where it could be read."""
    problem: str | None = None
    """One word. Of the file: `unreadable`, `too_large`, `wrong_owner`, `wrong_mode`, `broken`, `rolled_back`, `same_version`,
    `version_too_high`, `role_missing`, `issued_in_future`. Of its signatures: `unsigned`, `one_signer`, `same_person`,
    `not_administrator`, `badge_blocked`, `bad_signature`, `signed_in_future`, `unknown_issuer`, `issuer_not_valid`, `expired`,
    `not_yet_valid`, `weak_algorithm`, `wrong_kind`. Of this machine: `operator_ca`, `check_failed`, `not_written`."""
    details: tuple[str, ...] = ()
    """Sentences for the administrator: for a broken file line, column and key of each mistake; for one in force what to mind."""


class Result(WireModel):
    files: tuple[FileRow, ...]
    """Empty: nothing new was there."""
    receipt: Receipt
