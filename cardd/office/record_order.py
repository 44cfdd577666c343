"""Whether two people ordered that a new record takes the place of another one (faults 133, 109): asked before it begins.

A record that was found damaged is closed by an order that two administrators sign (`cardctl record close`); it lies with its signatures in
the closed record. A record of a machine that was lost comes out of a backup that two passphrases opened (`cardctl restore`), which leaves
what the archive said of itself and the seal of the machine that made it: nobody has these in clear who did not open an archive.
"""

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cardd.audit import continuing
from cardd.audit.chain import segments
from cardd.audit.continuing import Continues
from cardd.audit.disk import open_plain, read_plain
from cardd.audit.store import LOCK_NAME, RESERVE_NAME
from cardd.config import Settings
from cardd.japan_time import day_of
from cardd.office.persons import Refused, two_administrators
from cardd.office.signature_check import Job, check
from cardd.policy.rules import Policy
from cardd.register import Register

ORDER: Final = "record-close.toml"
"""In the state directory until it is carried out, then in the closed log."""
SIGNED: Final = f"{ORDER}.p7s"
KIND: Final = "record_close"
VERSION: Final = 1
LARGEST: Final = 64 * 1024
"""Bytes of an order, and of its signatures; each takes about 6 KiB."""
OURS: Final = frozenset({ORDER, SIGNED, LOCK_NAME, RESERVE_NAME})
"""What comes and goes in a log's directory, or is put there by the closing itself."""
_NOT_JUDGED: Final = frozenset({"check_failed", "operator_ca"})


@dataclass(frozen=True, slots=True)
class Office:
    """Who may order it: settings, their file, policy and register in force, with the badges made and blocked at this machine."""

    settings: Settings
    config_file: Path
    policy: Policy
    register: Register

    def judge(self, continues: Continues) -> str | None:
        """None where it was ordered; else one word behind `continues_`. Blocks: reads the closed log once, 0.3 s for signatures.

        `unsigned`: there is no order, or no signature; `order`: it is about another log, another end of it, another terminal;
        `signers`: the signatures do not hold, or are not those of two administrators whom the file names, or the seal is another
        machine's; `closed`: the closed log is not there, or is not the one that was ordered to be closed; `not_judged`: the operator CA
        cannot be read, or the check did not end.
        """
        place = continuing.closed_place(self.settings.audit.directory, continues.previous_log)
        judged = _closed_by_two if continues.reason == "damaged" else _restored
        return judged(continues, place, self)


def digest_of(directory: Path) -> str:
    """SHA-256 over every file of the log, its name and its bytes; 64 hex digits. Closed logs below it are not looked into.

    Raises `OSError`.
    """
    whole = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        inside = path.relative_to(directory)
        if path.is_file() and inside.parts[0] not in (*OURS, continuing.CLOSED):
            whole.update(f"{inside}\n{_sha256(path)}\n".encode())
    return whole.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- a damaged one ---------------------------------------------------------------------------------------------------


def _closed_by_two(continues: Continues, place: Path, office: Office) -> str | None:
    try:
        text, p7s = _small(place / ORDER), _small(place / SIGNED)
    except OSError:
        return "unsigned"
    told = _told(text)
    if hashlib.sha256(text).hexdigest() != continues.order or not _is_about(told, continues, office.settings.terminal):
        return "order"
    try:
        if digest_of(place) != told.get("files"):
            return "closed"
    except OSError:
        return "closed"
    return _signed_by_two(continues, text, p7s, office)


def _small(path: Path) -> bytes:
    """Raises `OSError`."""
    with open(open_plain(path), "rb") as file:
        return file.read(LARGEST)


def _told(text: bytes) -> dict[str, Any]:
    """What an order says; nothing where it is none."""
    try:
        return tomllib.loads(text.decode("utf-8"))
    except ValueError:
        return {}


def _is_about(told: dict[str, Any], continues: Continues, terminal: str) -> bool:
    return (
        told.get("kind") == KIND
        and told.get("version") == VERSION
        and told.get("terminal") == terminal
        and told.get("log") == continues.previous_log
        and told.get("last_sequence") == continues.last_sequence
        and told.get("last_hash") == continues.last_hash
    )


def _signed_by_two(continues: Continues, text: bytes, p7s: bytes, office: Office) -> str | None:
    settings, now = office.settings, datetime.now(UTC)
    (checked,) = check([Job(text, p7s, now)], settings.operator_ca, test=settings.mode == "test")
    if checked.problem is not None:
        return "not_judged" if checked.problem in _NOT_JUDGED else "signers"
    try:
        signers = two_administrators(checked.signers, office.register, office.policy, day_of(now))
    except Refused:
        return "signers"
    return None if {each.id for each in signers} == {continues.operator, continues.approver} else "signers"


# --- one of a machine that was lost ----------------------------------------------------------------------------------


def _restored(continues: Continues, place: Path, office: Office) -> str | None:
    # Here alone: a daemon that goes on with its record never needs the code of backups.
    from cardd.keeping import places, recovery  # noqa: PLC0415
    from cardd.keeping.archive import MANIFEST, SEAL, Manifest  # noqa: PLC0415
    from cardd.keeping.stopped import Stopped  # noqa: PLC0415

    try:
        octets, seal = read_plain(place / MANIFEST), read_plain(place / SEAL)
    except OSError:
        return "unsigned"
    try:
        _, known = recovery.read_public(_small(office.config_file.parent / places.PUBLIC))
    except (OSError, Stopped):
        return "signers"
    if not recovery.holds(known, octets, seal):
        return "signers"
    try:
        manifest = Manifest.model_validate_json(octets)
    except ValueError:
        return "order"
    end = (manifest.log.log_id, manifest.log.last_sequence, manifest.log.last_hash)
    if end != (continues.previous_log, continues.last_sequence, continues.last_hash):
        return "order"
    rows = {row.path: row.sha256 for row in manifest.files if row.kind == "log"}
    return None if _is_what_was_kept(rows, place, office.settings.audit.directory) else "closed"


def _is_what_was_kept(rows: dict[str, str], place: Path, directory: Path) -> bool:
    """Each file of the archive's record is there with its bytes, and no segment beside them. `rows`: digests by path in the log."""
    own = {path.name for path in segments(place)}
    if not own or own != {path for path in rows if path.endswith(".seg") and "/" not in path}:
        return False
    try:
        return all(_sha256(_place_of(path, place, directory)) == digest for path, digest in rows.items())
    except OSError:
        return False


def _place_of(path: str, place: Path, directory: Path) -> Path:
    """Logs that were closed before stand beside the one that was restored, no longer in it."""
    return directory / path if path.startswith(f"{continuing.CLOSED}/") else place / path
