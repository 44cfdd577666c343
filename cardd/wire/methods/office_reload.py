"""`office.reload`: look for new files of the office now (policy, register, block list), and say what became of each."""

from typing import Literal

from cardd.wire.base import CallParams, Receipt, WireModel

METHOD = "office.reload"


class Params(CallParams):
    pass


class FileRow(WireModel):
    kind: Literal["policy", "register", "blocks"]
    outcome: Literal["in_force", "refused", "unchanged"]
    version: int | None
    """Of the file that was looked at, where it could be read."""
    problem: str | None = None
    """One word: `broken`, `unsigned`, `one_signer`, `same_person`, `not_administrator`, `bad_signature`, `unknown_issuer`,
    `rolled_back`, `same_version`, `wrong_owner`, `wrong_mode`, `role_missing`."""
    details: tuple[str, ...] = ()
    """For a broken file: line and key of each mistake."""


class Result(WireModel):
    files: tuple[FileRow, ...]
    receipt: Receipt
