"""The end: `cardd --check-config` as the daemon's user, and what is to be done by people now."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cardd.audit.heads import FIRST_KEY
from cardd.config import Settings
from cardd.process.account import ROOT
from cardd.setup.configuring import ca_key
from cardd.setup.keys import place_of
from cardd.setup.place import KEY_MODE, PRIVATE, Account
from cardd.setup.stopped import Stopped
from cardd.setup.talk import Talk

LIMIT_S = 60.0
IN_MEMORY = Path("/run")
_HANDED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PCSCLITE_CSOCK_NAME", "SOFTHSM2_CONF")


def check(talk: Talk, config: Path, settings: Settings, account: Account) -> None:
    """Let cardd look at all of it as it will at its start. Raises `Stopped`."""
    with _credentials(config, settings, account) as credentials:
        environment = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
        if credentials is not None:
            environment["CREDENTIALS_DIRECTORY"] = str(credentials)
        who = {"user": account.uid, "group": account.gid, "extra_groups": []} if account.apart else {}
        done = subprocess.run(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-P", "-m", "cardd", "--config", str(config), "--check-config"],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT_S,
            check=False,
            **who,  # type: ignore[call-overload]  # user and groups, or nothing
        )
    if done.returncode != 0:
        raise Stopped("check_config", problems=done.stderr.strip())
    talk.done("check")


def tell_next(talk: Talk, config: Path, settings: Settings) -> None:
    """What people do now, and what they lock away."""
    place = ca_key(settings)
    keys = [place_of(settings, config, name)[0] for name in (settings.pseudonym_key, settings.badges.master_key)]
    talk.say("next.start")
    talk.lines(
        "systemctl daemon-reload",
        "systemctl enable --now cardd.socket cardd.service",
        "cardctl health",
        "cardctl login",
    )
    talk.say("next.log_key")
    talk.lines(first_key(settings))
    talk.say("next.lock_away")
    talk.lines(*map(str, [*([place.file] if place.file is not None else []), *keys]))
    talk.say("next.passphrase" if place.file is not None else "next.token")
    talk.say("next.by_systemd" if place_of(settings, config, settings.pseudonym_key)[1] else "next.keys_here")


def first_key(settings: Settings) -> str:
    """The public key of the record's first day (a C2SP verifier key): an auditor and a witness start from it. Raises `OSError`."""
    return (settings.audit.directory / FIRST_KEY).read_text("ascii").strip()


@contextmanager
def _credentials(config: Path, settings: Settings, account: Account) -> Iterator[Path | None]:
    """Copies of the keys that systemd will hand over, in memory, for as long as the check runs."""
    places = {name: place_of(settings, config, name) for name in (settings.pseudonym_key, settings.badges.master_key)}
    handed = {name: path for name, (path, by_systemd) in places.items() if by_systemd}
    if not handed:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="cardd-", dir=IN_MEMORY if account.ours == ROOT else None) as folder:
        for name, path in handed.items():
            copy = Path(folder) / name
            shutil.copyfile(path, copy)
            account.own(copy, mode=KEY_MODE)
        account.own(Path(folder), mode=PRIVATE)
        yield Path(folder)
