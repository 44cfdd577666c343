"""The first policy and register, from their drafts to where the daemon finds them."""

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from cardd.model import Operation
from cardd.office.at_start import AtStart, load
from cardd.office.contents import Kind
from cardd.office.files import signatures_of
from cardd.policy import load as policy_file
from cardd.policy.rules import Policy
from cardd.register import Operator
from cardd.register import from_bytes as register_from_bytes
from cardd.setup.parts import Parts
from cardd.setup.place import CONFIGURATION_MODE, OPEN_TO_CARDD
from cardd.setup.stopped import Stopped
from cardd.tomlfile import BrokenFile, read_bytes
from certs.ca.names import LONGEST_OFFICE, fits

EXAMPLE = Path(policy_file.__file__).parent / "example.toml"
ADMINISTRATOR = "administrator"
MODE = 0o600
FILES = (Kind.POLICY, Kind.REGISTER)


class Drafts:
    """Policy and register until both administrators have signed them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def path(self, kind: Kind) -> Path:
        return self._parts.drafts / kind.file_name

    def content(self, kind: Kind) -> bytes:
        return self.path(kind).read_bytes()

    def signatures(self, kind: Kind) -> bytes | None:
        """What has been signed so far."""
        path = signatures_of(self.path(kind))
        return path.read_bytes() if path.exists() else None

    def put_signatures(self, kind: Kind, p7s: bytes) -> None:
        self._write(signatures_of(self.path(kind)), p7s)

    def drop_signatures(self, kind: Kind) -> None:
        signatures_of(self.path(kind)).unlink(missing_ok=True)

    # --- policy ------------------------------------------------------------------------------------------------------

    def policy(self) -> Policy:
        """The draft; where there is none yet `--policy FILE`, else what lies in its place, else the example. Raises `Stopped`."""
        parts, path = self._parts, self.path(Kind.POLICY)
        there, given = path.exists(), parts.given.policy
        if there and given is not None and read_bytes(given) != path.read_bytes():
            raise Stopped("other_policy", path=path)
        if not there:
            source = given or (parts.settings.policy if parts.settings.policy.exists() else None)
            self._write(path, read_bytes(source) if source is not None else self._from_example())
        try:
            policy = policy_file.from_bytes(path.read_bytes(), str(given or path))
        except BrokenFile as error:
            path.unlink()
            raise Stopped("policy_broken", problems=error) from None
        if _role(policy) is None:
            path.unlink()
            raise Stopped("policy_without_administrator")
        if not fits(policy.table.office, LONGEST_OFFICE):
            path.unlink()
            raise Stopped("bad.office")
        parts.talk.done("policy", already=there, path=path)
        return policy

    def _from_example(self) -> bytes:
        talk = self._parts.talk
        office = talk.ask("ask.office", talk.answers.office if talk.answers else None, _check_office)
        text = EXAMPLE.read_text(encoding="utf-8")
        line = "office = " + json.dumps(office, ensure_ascii=False)
        return re.sub(r"(?m)^office = .*$", lambda _: line, text, count=1).encode()

    # --- register ----------------------------------------------------------------------------------------------------

    def register(self, operators: Sequence[Operator]) -> None:
        """Write it, unless it says just that already; signatures under another one are thrown away."""
        content = _register(operators).encode()
        register_from_bytes(content)
        path = self.path(Kind.REGISTER)
        there = path.exists() and path.read_bytes() == content
        if not there:
            self.drop_signatures(Kind.REGISTER)
            self._write(path, content)
        self._parts.talk.done("register", already=there, path=path)

    # --- in place ----------------------------------------------------------------------------------------------------

    def check(self) -> AtStart:
        """What the daemon would say of them. Raises `Stopped` for anything that it would not start with."""
        parts = self._parts
        drafted = {"policy": self.path(Kind.POLICY), "register_file": self.path(Kind.REGISTER), "block_list": None}
        with parts.account.acting():
            start = load(parts.settings.model_copy(update=drafted), parts.now())
        problems = [*start.problems, *(f"{kind}: unsigned" for kind in FILES if len(start.persons.get(kind, ())) != 2)]
        if problems:
            raise Stopped("drafts_refused", problems="\n".join(problems))
        return start

    def put_in_place(self) -> None:
        """Where the settings name them; root's, so that the daemon cannot exchange them. The register last: with it it is done."""
        parts = self._parts
        for kind, path in ((Kind.POLICY, parts.settings.policy), (Kind.REGISTER, parts.settings.register_file)):
            parts.account.make_folder(path.parent, by_root=True, mode=OPEN_TO_CARDD)
            p7s = self.signatures(kind)
            assert p7s is not None
            parts.account.write(signatures_of(path), p7s, by_root=True, mode=CONFIGURATION_MODE)
            parts.account.write(path, self.content(kind), by_root=True, mode=CONFIGURATION_MODE)
        shutil.rmtree(parts.drafts)

    def _write(self, path: Path, content: bytes) -> None:
        self._parts.account.make_folder(path.parent)
        self._parts.account.write(path, content, mode=MODE)


def role_of_administrators(policy: Policy) -> str:
    """The role that may sign files of the office. Raises `Stopped`."""
    role = _role(policy)
    if role is None:
        raise Stopped("policy_without_administrator")
    return role


def _role(policy: Policy) -> str | None:
    may = [role.code for role in policy.table.roles if Operation.OFFICE_FILES in role.rights]
    return ADMINISTRATOR if ADMINISTRATOR in may else next(iter(may), None)


def _check_office(text: str) -> str | None:
    return None if fits(text, LONGEST_OFFICE) else "bad.office"


def _register(operators: Sequence[Operator]) -> str:
    lines = [
        "# The first register, made by cardctl setup. A change needs a higher version and two signatures.",
        "version = 1",
    ]
    for operator in operators:
        lines += [
            "",
            "[[operators]]",
            f"id = {json.dumps(operator.id)}",
            f"name = {json.dumps(operator.name, ensure_ascii=False)}",
            f"role = {json.dumps(operator.role)}",
            f"certificates = {json.dumps(list(operator.certificates))}",
            f"guid = {json.dumps(operator.guid)}",
        ]
    return "\n".join(lines) + "\n"
