"""The settings: those that are there, or new ones from a few questions."""

import json
import pwd
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cardd import config
from cardd.config import CaKey, Settings
from cardd.setup.place import CONFIGURATION_MODE, OPEN_TO_CARDD, Account
from cardd.setup.stopped import Stopped
from cardd.setup.talk import Talk
from cardd.tomlfile import BrokenFile

STATE = Path("/var/lib/cardd")


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says of places."""

    config: Path
    state: Path | None = None
    policy: Path | None = None
    pkcs11_module: Path | None = None
    token: str | None = None
    key_label: str | None = None

    units: Path | None = None
    """Where drop-ins for `cardd.service` go; None: this is no installation that systemd starts."""

    @property
    def folder(self) -> Path:
        """Of the settings and the office's files."""
        return self.config.parent

    @property
    def has_token(self) -> bool:
        return self.pkcs11_module is not None


def settle(talk: Talk, given: Given, account: Account) -> Settings:
    """The settings in `given.config`, written first where there are none. Raises `Stopped`."""
    if given.config.exists():
        settings = read(given.config)
        talk.done("settings", already=True, path=given.config)
    else:
        account.make_folder(given.folder, by_root=True, mode=OPEN_TO_CARDD)
        content = _asked(talk, given).encode()
        try:
            config.from_bytes(content, str(given.config))
        except BrokenFile as error:
            raise Stopped("settings_broken", problems=error) from None
        account.write(given.config, content, by_root=True, mode=CONFIGURATION_MODE)
        settings = read(given.config)
        talk.done("settings", path=given.config)
    if given.state is not None and settings.state_directory != given.state:
        raise Stopped("other_state", path=settings.state_directory)
    _check_ca_place(settings, given)
    if account.ours != 0 and settings.mode != "test":
        raise Stopped("not_root")
    return settings


def read(path: Path) -> Settings:
    """Raises `Stopped`."""
    try:
        return config.load(path)
    except BrokenFile as error:
        raise Stopped("settings_broken", problems=error) from None


def ca_key(settings: Settings) -> CaKey:
    """Where the settings say that the operator CA is. Raises `Stopped`."""
    if settings.badges.ca_key is None:
        raise Stopped("no_ca_key", lines=_ca_lines(STATE / "ca", None))
    return settings.badges.ca_key


def _check_ca_place(settings: Settings, given: Given) -> None:
    known = ca_key(settings)
    asked = (given.pkcs11_module, given.token, given.key_label)
    if given.has_token and asked != (known.pkcs11_module, known.token, known.key_label):
        raise Stopped("other_ca_place")


def _asked(talk: Talk, given: Given) -> str:
    answers = talk.answers
    mode: Literal["production", "test"] | str = talk.ask(
        "ask.mode", answers.mode if answers else None, _check_mode, "production"
    )
    terminal = talk.ask("ask.terminal", answers.terminal if answers else None, _check_word, _host())
    listed = " ".join(map(str, answers.users)) if answers and answers.users is not None else None
    users = talk.ask("ask.users", listed, _check_users, "root")
    words = [int(word) if word.isdigit() else word for word in users.split()]
    return _content(mode, terminal, words, given)


def _content(mode: str, terminal: str, users: list[int | str], given: Given) -> str:
    state = given.state or STATE
    own = {
        "policy": given.folder / "policy.toml",
        "register": given.folder / "register.toml",
        "operator_ca": [given.folder / "operator-ca.pem"],
    }
    if given.state is not None:
        own |= {"socket": state / "cardd.sock", "state_directory": state}
    lines = [
        "# Made by cardctl setup. docs/configuration.md explains each key, and cardd/example.toml shows all of them.",
        f"mode = {_toml(mode)}",
        f"terminal = {_toml(terminal)}",
        *(f"{key} = {_toml(value)}" for key, value in own.items()),
        "",
        "[[clients]]",
        'name = "counter-app"',
        f"users = {_toml(users)}",
        "may_prompt = true",
        "",
        _ca_lines(state / "ca", given),
    ]
    if given.state is not None:
        lines += ["", "[audit]", f"directory = {_toml(state / 'audit')}"]
    return "\n".join(lines) + "\n"


def _ca_lines(folder: Path, given: Given | None) -> str:
    lines = ["[badges.ca_key]", f"certificate = {_toml(folder / 'operator-ca.pem')}"]
    if given is None or not given.has_token:
        return "\n".join([*lines, f"file = {_toml(folder / 'operator-ca.key')}"])
    place = {"pkcs11_module": given.pkcs11_module, "token": given.token, "key_label": given.key_label}
    return "\n".join([*lines, *(f"{key} = {_toml(value)}" for key, value in place.items())])


def _toml(value: object) -> str:
    """A TOML value; strings and arrays of them are written as in JSON."""
    return json.dumps(value, default=str, ensure_ascii=False)


def _host() -> str:
    name = socket.gethostname().partition(".")[0]
    return name if _check_word(name) is None else "madoguchi-1"


def _check_mode(text: str) -> str | None:
    return None if text in ("production", "test") else "bad.mode"


def _check_word(text: str) -> str | None:
    fits = (
        1 <= len(text) <= 64 and text[0].isalnum() and text.isascii() and all(c.isalnum() or c in "_.-" for c in text)
    )
    return None if fits else "bad.terminal"


def _check_users(text: str) -> str | None:
    def known(word: str) -> bool:
        try:
            return word.isdigit() or bool(pwd.getpwnam(word))
        except KeyError:
            return False

    words = text.split()
    return None if words and all(map(known, words)) and len(set(words)) == len(words) else "bad.users"
