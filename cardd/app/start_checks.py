"""What must be right before the daemon starts (requirement H6), beside the files of the office, which `cardd.office.at_start` reads.

Each problem names the thing and the mend.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from cardd.app.leaving import witness_problems
from cardd.app.pcscd import SOCKET_VARIABLE
from cardd.audit.pseudonym import read_key
from cardd.config import Settings
from cardd.office.at_start import seed_paths


def problems(config_file: Path, settings: Settings, environment: Mapping[str, str]) -> list[str]:
    """One sentence for each thing that is wrong; empty when the daemon may start. `settings`: what `config_file` says."""
    found = [*_production(settings, environment), *_key(settings, environment), *witness_problems(settings)]
    given = [config_file, *settings.operator_ca]
    found += [problem for path in given for problem in _file_rights(path)]
    given += seed_paths(settings).values()
    found += [problem for path in dict.fromkeys(path.absolute().parent for path in given) for problem in _folder(path)]
    found += [problem for path in _directories(settings) for problem in _directory(path)]
    return found


def _production(settings: Settings, environment: Mapping[str, str]) -> Iterator[str]:
    if settings.mode != "production":
        return
    if SOCKET_VARIABLE in environment:
        yield f"{SOCKET_VARIABLE} is set: in production cardd talks to the real pcscd alone; unset it"


def _key(settings: Settings, environment: Mapping[str, str]) -> Iterator[str]:
    path = settings.pseudonym_key_path(environment)
    try:
        read_key(path)
    except OSError as error:
        yield f"{path}: the pseudonym key cannot be read ({error.strerror}); make one: openssl rand -out {path} 32"
        return
    except ValueError as error:
        yield f"{path}: {error}; make one: openssl rand -out {path} 32"
        return
    # systemd hands credentials over in a folder of its own, some versions by an access list that shows as group rights.
    by_systemd = str(path.parent) == environment.get("CREDENTIALS_DIRECTORY")
    if not by_systemd and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield f"{path}: others can read the pseudonym key; chmod 0400 {path}"


def _file_rights(path: Path) -> Iterator[str]:
    try:
        status = path.stat()
    except OSError as error:
        yield f"{path}: cannot be read ({error.strerror})"
        return
    if status.st_uid not in (0, os.geteuid()):
        yield f"{path}: belongs to uid {status.st_uid}; it must belong to root: chown root {path}"
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield f"{path}: others may write it; chmod go-w {path}"


def _folder(path: Path) -> Iterator[str]:
    """Who may write a folder may put another file in the place of one that he may not."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # the file in it cannot be read either, which is said already
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        yield f"{path}: everybody may exchange the files in it; chmod o-w {path}"


def _directories(settings: Settings) -> Iterator[Path]:
    yield from (settings.audit.directory, settings.state_directory)


def _directory(path: Path) -> Iterator[str]:
    if not path.is_dir():
        yield f"{path}: there is no such directory; install -d -m 0700 -o cardd {path}"
    elif not os.access(path, os.W_OK | os.X_OK):
        yield f"{path}: cardd cannot write there; chown cardd {path}"
    elif path.stat().st_mode & stat.S_IWOTH:
        yield f"{path}: everybody may write there; chmod o-w {path}"
