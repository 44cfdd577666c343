"""A small installation on a disk, with a record, durable state, keys and office files; and a daemon's lock on its state."""

import os
import pwd
import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from cardd import config
from cardd.keeping import backup, recovery
from cardd.keeping.backup import Installation
from cardd.keeping.owner import owner_of
from cardd.keeping.recovery import BackupKey, Recovery
from cardd.state.store import StateStore
from tests.unit.cardd.audit.journals import filled
from tests.unit.cardd.state.house import TurnedClock

DUMP = Path(__file__).parent.parent / "state" / "format1.sql"
ME = pwd.getpwuid(os.getuid()).pw_name


@dataclass(frozen=True)
class House:
    """`here`: the installation; `opened`: what two passphrases give."""

    here: Installation
    opened: Recovery
    out: Path

    @property
    def audit(self) -> Path:
        return self.here.settings.audit.directory

    @property
    def state(self) -> Path:
        return self.here.settings.state_directory


def settings_text(root: Path) -> str:
    return (
        'mode = "test"\nterminal = "mihon-01"\n'
        f'socket = "{root}/run/cardd.sock"\nstate_directory = "{root}/lib"\n'
        f'policy = "{root}/etc/policy.toml"\nregister = "{root}/etc/register.toml"\n'
        f'operator_ca = ["{root}/etc/operator-ca.pem"]\n'
        f'[audit]\ndirectory = "{root}/log/audit"\nindex_directory = "{root}/lib/audit-index"\n'
        f'export_directory = "{root}/lib/exports"\ncosigned_directory = "{root}/lib/cosigned"\n'
        '[[clients]]\nname = "counter-app"\nusers = [0]\n'
        f'[badges.ca_key]\ncertificate = "{root}/lib/ca/operator-ca.pem"\nfile = "{root}/lib/ca/operator-ca.key"\n'
    )


def build(root: Path) -> House:
    """An installation below `root`, with a backup key whose private part is given along: no passphrases, no time lost."""
    for name in ("etc/keys", "lib/office", "lib/ca", "lib/cosigned", "log/audit", "out"):
        (root / name).mkdir(parents=True)
    config_file = root / "etc/cardd.toml"
    config_file.write_text(settings_text(root))
    for name in ("etc/policy.toml", "etc/policy.toml.p7s", "etc/register.toml", "etc/operator-ca.pem", "lib/ca/operator-ca.pem",
                 "lib/ca/operator-ca.key", "lib/ca/issued.jsonl", "lib/office/policy.toml", "lib/office/policy.toml.p7s",
                 "lib/cosigned/newest"):  # fmt: skip
        (root / name).write_bytes(secrets.token_bytes(100))
    for name in ("pseudonym.key", "badge-master.key"):
        key = root / "etc/keys" / name
        key.touch(0o400)
        key.chmod(0o600)
        key.write_bytes(secrets.token_bytes(32))
        key.chmod(0o400)
    filled(root / "log/audit")
    here = Installation(config_file, config.load(config_file), owner_of(ME, os.geteuid()))
    key = BackupKey(*_keys())
    backup._keep_key(here, key)
    fill_state(root / "lib")
    return House(here, Recovery(_IDENTITY, key.seal), root / "out")


_IDENTITY = recovery.age().x25519.Identity.generate()


def _keys() -> tuple[str, bytes]:
    return str(_IDENTITY.to_public()), secrets.token_bytes(32)


def silent(_topic: str, _change: str, _facts: object) -> None:
    """Nobody listens."""


def open_state(folder: Path) -> StateStore:
    """After a new boot, at the moment at which the state was written: some of it stays open for a day only."""
    return StateStore(folder / "state.db", TurnedClock(), "1" * 32)


def fill_state(folder: Path) -> None:
    """An emergency stop with one vote to lift it, a blocked badge, versions, locks, an approval, a badge half made."""
    db = sqlite3.connect(folder / "state.db")
    db.executescript(DUMP.read_text("utf-8"))
    db.close()
    (folder / "state.db").chmod(0o600)
    open_state(folder).close()
