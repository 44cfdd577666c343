"""A machine whose login asks a running cardd: PAM with a service file of its own, and what one types at its screen.

`pamtester` is the login screen, libpam_wrapper takes PAM's service files from a folder of the test, and pam_exec runs the helper as
it would from /etc/pam.d. Root logs others in; an ordinary user unlocks, as a screen locker does.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from applets_spec.piv.personalise import BadgeSecrets
from demo.office import Office, Person
from tests.e2e.badge_house import BAD_BADGES, enter
from tests.e2e.fault_house import take_out
from tests.fixtures.counter import BADGE_SLOT, ROOMY, Counter, open_counter
from tests.fixtures.pcscd import StandInBox

PIN = BadgeSecrets().pin
WRONG = "99999999"
SERVICE = "cardd-test"
ROOT_RUNS = os.getuid() == 0
OWNER = pwd.getpwnam("daemon") if ROOT_RUNS else pwd.getpwuid(os.getuid())
"""Who sits down at the machine."""
OTHER_ACCOUNT = "games"
"""An account of the machine, and of no client."""
LINE = "auth [success=done default=die] pam_exec.so quiet stdout expose_authtok"
PATIENCE_S = 120
ROOT = Path(__file__).parents[2]
HELPER = [sys.executable, "-I", "-m", "terminal.pam"]


@dataclass(frozen=True)
class Screen:
    """What came of a login: whether the machine opened, and all that stood on the screen."""

    opened: bool
    text: str


@dataclass
class Machine:
    """A counter and its login."""

    counter: Counter
    folder: Path
    people: dict[str, Person] = field(default_factory=dict)

    def login(
        self,
        typed: str | bytes = PIN,
        *,
        user: str = OWNER.pw_name,
        lang: str = "en",
        options: Sequence[str] = (),
        lines: Sequence[str] | None = None,
        operations: Sequence[str] = ("authenticate",),
        runs_as: pwd.struct_passwd | None = None,
    ) -> Screen:
        """One try at the login screen. `lines`: of the service file, where they are others than the documented one. `runs_as`: the
        screen is a program of this user."""
        service = self.folder / SERVICE
        helper = HELPER if runs_as is None else for_everybody(self.folder)
        own = [" ".join([LINE, *helper, "--socket", str(self.counter.socket), "--lang", lang, *options])]
        service.write_text("\n".join([*(lines or own), "account required pam_permit.so"]) + "\n")
        return run_pamtester(self.folder, SERVICE, user, typed, operations, runs_as)

    def put_in(self, name: str) -> None:
        """This person's badge into the reader, whatever lay there."""
        take_out(self.counter, BADGE_SLOT)
        self.counter.insert(self.people[name].badge, BADGE_SLOT, kind="badge")

    def tries(self, name: str) -> int:
        """What the badge itself says of its PIN."""
        return self.people[name].badge.references()["piv.pin"].tries

    def whose(self) -> int | None:
        """The owner's uid while a session of theirs is open."""
        return OWNER.pw_uid if status_of(self.counter, OWNER.pw_uid)["logged_in"] else None

    def records(self, event: str) -> list[dict[str, Any]]:
        """Records of this method: refusals, and outcomes with the fields of their intents."""
        records = self.counter.records()
        intents = {record["seq"]: record for record in records if record["phase"] == 1}
        found = [{**intents.get(record.get("intent", -1), {}), **record} for record in records if record["phase"] != 1]
        return [record for record in found if record.get("event") == event]


def status_of(counter: Counter, uid: int) -> dict[str, Any]:
    """What the daemon says of the session to this user."""
    return call_as(counter, uid, "session.status")


def call_as(counter: Counter, uid: int, method: str, **params: Any) -> dict[str, Any]:
    """One call of this user, without a PIN; the result, or what the error says of itself."""
    program = (
        "import json, os, sys; from cardd.client import RemoteError, connect; import encodings.idna\n"
        "path, uid, method, params = sys.argv[1:]\n"
        "if int(uid) != os.getuid(): os.setgroups([]); os.setgid(int(uid)); os.setuid(int(uid))\n"
        "with connect(path, client='desk', pin_prompt=lambda asked: None) as desk:\n"
        "    try: print(json.dumps(desk.call(method, **json.loads(params))))\n"
        "    except RemoteError as error: print(json.dumps({'name': error.name, **error.data}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(counter.socket), str(uid), method, json.dumps(params)],
        capture_output=True, text=True, check=True, timeout=PATIENCE_S,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def for_everybody(folder: Path) -> list[str]:
    """The helper as another user can run it: the checkout, and the Python of its environment, may be closed to them."""
    place = folder / "installed"
    if not place.exists():
        for part in (
            "cardd/__init__.py",
            "cardd/client.py",
            "cardd/wire",
            "cardd/cli",
            "terminal/__init__.py",
            "terminal/pam",
        ):
            target = place / part
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, target)
        (place / "helper.py").write_text("from terminal.pam.__main__ import run\n\nrun()\n")
    return ["/usr/bin/python3", "-B", "-E", "-s", str(place / "helper.py")]


def run_pamtester(
    services: Path,
    service: str,
    user: str,
    typed: str | bytes,
    operations: Sequence[str] = ("authenticate",),
    runs_as: pwd.struct_passwd | None = None,
) -> Screen:
    """The login screen: types one line, and gives what stood there."""
    line = typed.encode() if isinstance(typed, str) else typed
    as_user: dict[str, Any] = (
        {} if runs_as is None else {"user": runs_as.pw_uid, "group": runs_as.pw_gid, "extra_groups": []}
    )
    done = subprocess.run(
        ["pamtester", service, user, *operations],
        input=line + b"\n",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={
            "PATH": os.environ["PATH"],
            "LD_PRELOAD": "libpam_wrapper.so",
            "PAM_WRAPPER": "1",
            "PAM_WRAPPER_SERVICE_DIR": str(services),
            "PAM_WRAPPER_DEBUGLEVEL": "0",
        },
        check=False,
        timeout=PATIENCE_S,
        **as_user,
    )
    return Screen(done.returncode == 0, done.stdout.decode("utf-8", "replace"))


def hire(office: Office) -> None:
    """Beside `sato`, whose account is `OWNER`: `kato` has another one, `mori` has none."""
    office.hire("kato", "加藤 次郎", name_on_badge="KATO JIRO")
    office.hire("mori", "森 一", name_on_badge="MORI HAJIME")
    office.hire("day-1", "佐藤 花子", name_on_badge="DAY BADGE", same_as="sato")
    office.hire("blocked", "山田 三郎", name_on_badge="YAMADA SABURO")
    office.hire("ended", "中村 春", name_on_badge="NAKAMURA HARU")
    enter(office, "expired", BAD_BADGES["expired"][0]())
    change(office, 'id = "blocked"', 'id = "blocked"\nstatus = "blocked"')
    change(office, 'id = "ended"', 'id = "ended"\nuntil = 2020-01-01')
    for name, account in {"sato": OWNER.pw_name, "kato": OTHER_ACCOUNT, "day-1": OWNER.pw_name}.items():
        change(office, f'id = "{name}"', f'id = "{name}"\nunix_user = "{account}"')
    write = office.write

    def with_right(*arguments: Any, **more: Any) -> None:
        write(*arguments, **more)
        # The last table of the file is that of this test's own uid.
        with office.config_file.open("a", encoding="utf-8") as settings:
            settings.write("may_log_in_others = true\n")
            if ROOT_RUNS:
                settings.write(f'\n[[clients]]\nname = "desk"\nusers = [{OWNER.pw_uid}]\nmay_prompt = true\n')

    office.write = with_right  # type: ignore[method-assign]


def change(office: Office, old: str, new: str) -> None:
    """Write something into the register that the office itself has no word for."""
    written = office._register
    office._register = lambda: written().replace(old + "\n", new + "\n", 1)  # type: ignore[method-assign]


@contextmanager
def open_machine(
    config: str = ROOMY,
    make_box: Callable[[Path], StandInBox] = StandInBox,
    prepare: Callable[[Office], None] = lambda _office: None,
) -> Iterator[Machine]:
    """Daemon, readers, people with accounts. `prepare`: whoever else works there."""

    def people(office: Office) -> None:
        hire(office)
        prepare(office)

    with (
        open_counter(make_box, config=config, prepare=people) as counter,
        tempfile.TemporaryDirectory(prefix="pam-") as folder,
    ):
        counter.folder.chmod(0o711)
        counter.socket.chmod(0o666)
        Path(folder).chmod(0o755)
        yield Machine(counter, Path(folder), {person.id: person for person in counter.office.people})
