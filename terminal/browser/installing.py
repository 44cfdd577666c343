"""`cardd-browser-host install` and `check`: the files that a browser needs to start the host, and what is wrong with them.

As root. What is there already is written anew only where it is made from the command's own words; the settings are never touched.
"""

import argparse
import json
import os
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from terminal.browser import extension_files as made
from terminal.browser.settings import ORIGIN, SettingsProblem, load


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a browser looks, below the root of the file system."""

    hosts: str
    policies: str


BROWSERS: Final[Mapping[str, Browser]] = {
    "chromium": Browser("etc/chromium/native-messaging-hosts", "etc/chromium/policies/managed"),
    "chrome": Browser("etc/opt/chrome/native-messaging-hosts", "etc/opt/chrome/policies/managed"),
    "edge": Browser("etc/opt/edge/native-messaging-hosts", "etc/opt/edge/policies/managed"),
}
FIREFOX: Final = (
    "Firefox has no externally_connectable: a page reaches an extension there only through a script in the page, which the\n"
    "page can pretend to be. It is not supported.\n"
    "Firefox には externally_connectable がなく、ページの身元を確かめられないため、対応していません。\n"
)
KEY: Final = "etc/cardd/browser-extension.pem"
EXTENSION: Final = "usr/local/share/cardd/browser-extension"
SETTINGS: Final = "etc/cardd/browser.toml"
POLICY: Final = "cardd-browser.json"
_STARTER: Final = """\
# Which pages may use the card readers of this machine: docs/vendors/README.md.
# The settings of the daemon must say `relays_origins = true` in the row of the clerks' accounts.
{rows}"""
_ROW: Final = """
[[origins]]
origin = "{origin}"
extension_ids = ["{extension}"]
methods = ["session.status", "session.login", "session.logout", "cards.list", "events.subscribe", "card.read"]
"""


def command(arguments: Sequence[str]) -> int:
    """`install` or `check`. The exit status: 0 good, 1 something is wrong, 2 the command line is."""
    options = _parser().parse_args(arguments)
    if options.browser == "firefox":
        sys.stderr.write(FIREFOX)
        return 1
    try:
        return _install(options) if options.what == "install" else _check(options)
    except OSError as error:
        sys.stderr.write(f"cardd-browser-host: {error.filename}: {error.strerror}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cardd-browser-host", description="Card readers for web pages of the office.")
    words = parser.add_subparsers(dest="what", required=True)
    for name, told in (("install", "write what the browser needs"), ("check", "say what is missing or wrong")):
        word = words.add_parser(name, help=told)
        word.add_argument("--browser", choices=[*BROWSERS, "firefox"], default="chromium")
        word.add_argument("--root", type=Path, default=Path("/"), help="of the file system to write to")
        if name == "install":
            word.add_argument(
                "--origin", action="append", required=True, type=_origin, help="of a page; may be repeated"
            )
            word.add_argument("--program", type=Path, help="the host, where it is not found on the PATH")
    return parser


def _origin(text: str) -> str:
    if not ORIGIN.fullmatch(text):
        raise argparse.ArgumentTypeError("must be like https://counter.example.lg.jp, without a path")
    return text


def _install(options: argparse.Namespace) -> int:
    root, browser = options.root, BROWSERS[options.browser]
    found = options.program or shutil.which("cardd-browser-host")
    if found is None:
        sys.stderr.write("cardd-browser-host: the program is not on the PATH; say --program\n")
        return 1
    public_key = _public_key(root / KEY, make=True)
    extension = made.extension_id(public_key)
    folder = root / EXTENSION
    _write(folder / "manifest.json", _json(made.manifest(public_key, options.origin)))
    _write(folder / made.SCRIPT, made.script())
    _write(
        root / browser.hosts / f"{made.HOST_NAME}.json",
        _json(made.host_manifest(str(Path(found).resolve()), extension)),
    )
    _write(root / browser.policies / POLICY, _json(made.policy(extension)))
    if not (root / SETTINGS).exists():
        rows = "".join(_ROW.format(origin=origin, extension=extension) for origin in options.origin)
        _write(root / SETTINGS, _STARTER.format(rows=rows))
    sys.stdout.write(f"extension {extension} in {folder}\n")
    return 0


def _check(options: argparse.Namespace) -> int:
    problems = list(_problems(options.root, BROWSERS[options.browser]))
    for problem in problems:
        sys.stdout.write(f"wrong: {problem}\n")
    sys.stdout.write("" if problems else "all is there\n")
    return 1 if problems else 0


def _problems(root: Path, browser: Browser) -> Iterator[str]:
    public_key = _public_key(root / KEY, make=False)
    if not public_key:
        yield f"{root / KEY} is not there: run `cardd-browser-host install`"
        return
    extension = made.extension_id(public_key)
    host = _loaded(root / browser.hosts / f"{made.HOST_NAME}.json")
    program = str(host.get("path", ""))
    if host != made.host_manifest(program, extension):
        yield f"{root / browser.hosts / made.HOST_NAME}.json is missing, or of another extension than {extension}"
    elif not os.access(program, os.X_OK):
        yield f"{program} cannot be run"
    if _loaded(root / browser.policies / POLICY) != made.policy(extension):
        yield f"{root / browser.policies / POLICY} is missing or changed"
    yield from _extension_problems(root, public_key)
    yield from _settings_problems(root, extension)


def _extension_problems(root: Path, public_key: bytes) -> Iterator[str]:
    folder = root / EXTENSION
    told = _loaded(folder / "manifest.json")
    origins = [match.removesuffix("/*") for match in told.get("externally_connectable", {}).get("matches", [])]
    if told != made.manifest(public_key, origins):
        yield f"{folder / 'manifest.json'} is missing or changed"
    if not (folder / made.SCRIPT).is_file() or (folder / made.SCRIPT).read_text("utf-8") != made.script():
        yield f"{folder / made.SCRIPT} is missing or changed"


def _settings_problems(root: Path, extension: str) -> Iterator[str]:
    try:
        settings = load(root / SETTINGS)
    except SettingsProblem as error:
        yield error.problem
        return
    if not settings.trusted:
        yield f"{root / SETTINGS} must be root's, and nobody else may write it"
    if not settings.knows(extension):
        yield f"{root / SETTINGS} does not name the extension {extension}"
    told = _loaded(root / EXTENSION / "manifest.json").get("externally_connectable", {}).get("matches", [])
    for origin in settings.origins:
        if f"{origin}/*" not in told:
            yield f"the extension does not let {origin} in: run `cardd-browser-host install` with it"


def _public_key(path: Path, *, make: bool) -> bytes:
    """The public half of the extension's key (SubjectPublicKeyInfo, DER); empty where there is none and none is to be made."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # the host itself needs no key
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    if not path.exists():
        if not make:
            return b""
        key = rsa.generate_private_key(65537, 2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    loaded = serialization.load_pem_private_key(path.read_bytes(), None)
    return loaded.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _write(path: Path, content: str) -> None:
    """Whole or not at all, readable for everybody, writable for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(content, "utf-8")
    fresh.chmod(stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IROTH)
    fresh.replace(path)
    sys.stdout.write(f"wrote {path}\n")


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _loaded(path: Path) -> dict[str, Any]:
    """The JSON object in a file; empty where there is none."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
