"""A canary's day with everything around it that takes parts of the record elsewhere: witness, index, questions, files, report, backup,
database of the fleet. Whatever lies or is printed anywhere afterwards is kept by `Outlets`."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cardd.japan_time import JAPAN
from cardd.keeping import archive
from cardd.keeping.age_pipe import age
from cardd.keeping.places import PUBLIC, SEAL
from cardd.keeping.recovery import BackupKey, Recovery
from demo.office import Office, Person
from tests.daemon.canaries import Needle, of_bytes, of_text
from tests.daemon.canary_scene import HOLDER, WRONG, Day, Recorded, hire
from tests.daemon.test_canary_care import FIRST, NAMES, SECOND
from tests.daemon.tools import PATIENT_S, Stage
from tests.daemon.witness_house import SENDER, WitnessProcess
from tests.e2e.fault_house import take_out
from tests.e2e.fleet_house import AUDITOR, Fleet, database_toml, running_fleet
from tests.fixtures.counter import BADGE_SLOT, CONTEXT, RESIDENT_SLOT, SIGN_CONTEXT, until
from tests.fixtures.postgres import Authority

CASE = "R8-MEJIRO-2209"
"""A reception number: the one text of a person's own that is meant to be on record. Where it is found, the search would find a canary."""
TERMINAL, CLERK = "mihon-01", "op-17"
ME = pwd.getpwuid(os.getuid()).pw_name
APPROVAL_ASKED = 34
CLOCK_TIME = re.compile(rb"\d\d:\d\d:\d\d\.\d+")
"""PostgreSQL leaves zeros off the end of a time, so that four digits of one may stand alone."""
PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
GIVEN = ("policy.toml", "register.toml", "operator-ca.pem", "pseudonym.key", "cardd.toml")
"""Files of the office's own: names and certificates of its people stand in them because the office wrote them there."""


def hire_all(office: Office) -> None:
    """The clerk of the canary's day, who is a supervisor; another one, and an auditor."""
    hire(office)
    first, second = NAMES["first administrator"], NAMES["second administrator"]
    office.hire("sup-2", first, "supervisor", name_on_badge="YAMABUKI NANAO", secrets_of_badge=FIRST)
    office.hire("aud-3", second, "auditor", name_on_badge="HIWA KANARIYA", secrets_of_badge=SECOND)


class Surroundings:
    """A witness, and settings of the daemon that name it. Made before the daemon starts."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.folder, self.log = folder, folder / "witness.log"
        self.cosigned = folder / "cosigned"
        self.authority = authority = Authority(folder)
        self.witness = WitnessProcess(folder, authority, [])
        certificate, key = authority.make(TERMINAL)
        settings = stage.office.config_file
        self._edit(settings, "[audit]\n", f'[audit]\ncosigned_directory = "{self.cosigned}"\n')
        settings.write_text(
            f"{settings.read_text()}\n[[audit.witnesses]]\n"
            f'url = "https://localhost:{self.witness.port}"\nkey = "{self.witness.key}"\nca = "{authority.file}"\n'
            f'certificate = "{certificate}"\ncertificate_key = "{key}"\n'
        )

    @staticmethod
    def _edit(file: Path, old: str, new: str) -> None:
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    @contextmanager
    def running(self, first_key: str) -> Iterator[None]:
        text = self.witness.settings.read_text(encoding="utf-8")
        self.witness.settings.write_text(
            f'{text}[[logs]]\nname = "{TERMINAL}"\nkey = "{first_key}"\n', encoding="utf-8"
        )
        assert self.witness.start("sh", "-c", f'exec "$@" 2>>"{self.log}"', "sh")
        try:
            yield
        finally:
            self.witness.end()


class Outlets:
    """The day. `seen`: what came out, by its place; `log_id` and `leaf` of a record, to know heads and hashes by."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.folder = stage, folder
        self.day = Day(stage.office)
        self.seen = self.day.seen
        self.surroundings = Surroundings(stage, folder)
        self.badges = {person.id: Recorded(person.badge) for person in stage.office.people}
        self.badges[CLERK] = self.day.badge
        self.receipt: dict[str, str | int] = {}
        self.first_key = ""

    @property
    def log_id(self) -> str:
        return str(self.receipt["log_id"])

    @property
    def month(self) -> str:
        """Of the reading, as Japan counts: by now it may be the next one."""
        (utc_us,) = [record["utc_us"] for record in self.stage.records() if record["seq"] == self.receipt["sequence"]]
        return datetime.fromtimestamp(utc_us / 1e6, JAPAN).strftime("%Y-%m")

    def person(self, name: str) -> Person:
        return next(person for person in self.stage.office.people if person.id == name)

    def needles(self) -> Iterator[Needle]:
        """Without what the office publishes itself, and what stands in every certificate and every picture of these kinds."""
        public = (
            (self.stage.office.folder / "policy.toml").read_bytes()
            + self.surroundings.authority.file.read_bytes()
            + PNG_END
        )
        return (needle for needle in self._needles() if needle.octets not in public)

    def _needles(self) -> Iterator[Needle]:
        yield from self.day.needles()
        for name, text in NAMES.items():
            yield from of_text(name, text)
        for whose, secrets in (("first", FIRST), ("second", SECOND)):
            yield from of_text(f"PIN of the {whose}", secrets.pin)
            yield from of_text(f"PUK of the {whose}", secrets.puk)
        others = {data for name, badge in self.badges.items() if name != CLERK for data in badge.data}
        for number, data in enumerate(sorted(others)):
            yield from of_bytes(f"data of another badge {number}", data[:256])

    # --- everything ------------------------------------------------------------------------------------------------

    def everything(self) -> None:
        """The whole day and the evening."""
        self.stage.start()
        self.first_key = (self.stage.office.audit / "first.key").read_text().strip()
        with self.surroundings.running(self.first_key):
            self.work()
            self.questions()
            self.files_for_outsiders()
            self.closing_time()
            self.index_of_the_running_daemon()
            assert self.stage.stop() == 0
            self.send_heads()
        self.day.keep("log of the witness", self.surroundings.log.read_bytes())
        self.log_and_state()
        self.report_and_replay()
        self.backup()
        self.fleet()
        self.day.keep("log of the daemon", self.stage.log)

    # --- at the counter --------------------------------------------------------------------------------------------

    def sit(self, name: str, *, log_in: bool = True) -> str:
        """Their badge goes in, whatever lay there; its handle."""
        take_out(self.stage, BADGE_SLOT)
        handle = self.stage.insert(self.badges[name], BADGE_SLOT, kind="badge")
        if log_in:
            self.stage.call("session.login", self.person(name).pin, badge=handle)
        return handle

    def work(self) -> None:
        """Readings, a wrong PIN, a refusal, signatures, and a card on a list, so that an alarm is raised."""
        stage, pins = self.stage, HOLDER.pins
        card = stage.insert(self.day.card, RESIDENT_SLOT, kind="my_number")
        listing = ("audit", "watch-list", "protected", "--purpose", "watch_list", "--case", CASE)
        self.agreed("watch list", CLERK, "sup-2", *listing)
        asked = {"card": card, "items": ["name", "address", "birth_date", "sex"], **CONTEXT, "case": CASE}
        read = stage.call("card.read", pins.card_info, with_source=True, **asked)
        assert HOLDER.name in {item["text"] for item in read["items"]}
        self.receipt = read["receipt"]
        with self.day.failing("wrong PIN"):
            stage.call("card.read", WRONG["card_info"], **asked)
        with self.day.failing("refused"):
            stage.call("card.read", pins.card_info, **{**asked, "items": ["my_number"]})
        stage.call("card.read", pins.card_info, card=card, items=["my_number"], purpose="move_in", case=CASE)
        stage.call("card.read", HOLDER.verification_b, **{**asked, "items": ["photo", "card_expiry"]})
        digest = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
        for key in ("authentication", "signature"):
            signing = {"key": key, "hash": "sha256", "digests_base64": [digest], "signature_format": "pkcs1v15"}
            stage.call("sign.digest", getattr(pins, key), card=card, **signing, **SIGN_CONTEXT)

    def ctl(self, place: str, *arguments: str, pins: tuple[str, ...] = (), ends: int = 0) -> str:
        """A command of cardctl; its screen is kept under this place."""
        done = self.stage.cardctl(*arguments, pins=pins)
        assert done.returncode == ends, (arguments, done.stdout, done.stderr)
        self.day.keep(place, done.stdout + done.stderr)
        return done.stdout

    def agreed(self, place: str, who: str, by: str, *command: str) -> None:
        """Asked by one, agreed to by another, done by the first."""
        self.sit(who)
        asked = json.loads(self.ctl(f"{place}, asked", "--json", *command, ends=APPROVAL_ASKED))
        number = asked["error"]["approval"]
        self.sit(by, log_in=False)
        rows = self.stage.call("approval.list")["approvals"]
        (content_hash,) = [row["content_hash"] for row in rows if row["approval"] == number]
        self.stage.call("approval.give", self.person(by).pin, approval=number, content_hash=content_hash)
        self.sit(who)
        self.ctl(place, "--locale", "ja", *command, "--approval", number)

    # --- what people ask of the record ---------------------------------------------------------------------------------

    def questions(self) -> None:
        self.sit("sup-2")
        until(lambda: _about_clerk(self.stage.cardctl("--json", "audit", "alarms").stdout), PATIENT_S)
        about_clerk = _about_clerk(self.ctl("alarms", "--json", "audit", "alarms", "--state", "all", "--shares"))
        self.ctl("review", "audit", "review", str(about_clerk[0]), "explained", "work")
        self.ctl("questions", "--json", "audit", "query", "--case", CASE)
        self.ctl("questions", "--json", "audit", "query", "--present", "--limit", "200")
        self.ctl("questions", "audit", "tail", "--lines", "100")
        self.ctl("questions", "--json", "audit", "query", "--operator", CLERK, "--event", "card.read")
        self.ctl("head", "audit", "head")
        told = ("audit", "disclose", "--purpose", "disclosure", "--case", CASE)
        self.agreed("disclosure", CLERK, "sup-2", *told, "--out", str(self.folder / "list.txt"))
        self.day.keep("disclosure", (self.folder / "list.txt").read_bytes())

    def files_for_outsiders(self) -> None:
        number, digest = self.receipt["sequence"], self.receipt["record_hash"]
        self.sit("aud-3")
        intent = next(record["seq"] for record in self.stage.records() if record.get("case") == CASE)
        for name, receipt in (("proof", f"{number}:{digest}"), ("proof of an intent", str(intent))):
            self.ctl(f"{name}, screen", "audit", "proof", receipt, "--out", str(self.folder / f"{name}.json"))
            self.day.keep(name, (self.folder / f"{name}.json").read_bytes())
        for form in ("jsonl", "csv"):
            out = self.folder / f"export.{form}"
            order = ("audit", "export", "--form", form, "--reason", "audit", "--operator", CLERK, "--out", str(out))
            self.agreed(f"screen of the export as {form}", "aud-3", "sup-2", *order)
            self.day.keep(f"export as {form}", out.read_bytes())
            self.day.keep("head of an export", out.with_name(f"{out.name}.head").read_bytes())

    def closing_time(self) -> None:
        """The head as text, drawing and picture; the picture says what a camera reads of it."""
        badge, files = (
            self.sit("sup-2", log_in=False),
            {kind: self.folder / f"head.{kind}" for kind in ("png", "svg", "text")},
        )
        options = [word for kind, file in files.items() for word in (f"--{kind}", str(file))]
        pin = (self.person("sup-2").pin,)
        self.ctl("head taken out by hand", "audit", "export-head", "--badge", badge, *options, pins=pin)
        for kind, file in files.items():
            self.day.keep(f"head as {kind}", file.read_bytes())
        read = subprocess.run(
            ["zbarimg", "-q", "--raw", "-Sbinary", str(files["png"])], capture_output=True, check=True
        )
        self.day.keep("text of the QR code", read.stdout)

    def index_of_the_running_daemon(self) -> None:
        """Its files while they are open, the write-ahead log of SQLite with them."""
        (folder,) = (self.stage.folder / "state" / "audit-index").iterdir()
        until(lambda: _knows(folder, self.folder, int(self.receipt["sequence"])), PATIENT_S)
        for path in sorted(folder.iterdir()):
            self.day.keep("index", path.read_bytes())
            self.day.keep(f"index, {path.name}", path.read_bytes())

    # --- what programs take elsewhere ------------------------------------------------------------------------------

    def program(self, place: str, *command: str, ends: tuple[int, ...] = (0,)) -> bytes:
        """A helper program; its output and its log are kept under this place."""
        done = subprocess.run(
            [sys.executable, "-m", *command], env=self.stage.environment, capture_output=True, check=False
        )
        assert done.returncode in ends, (command, done.stdout, done.stderr)
        self.day.keep(place, done.stdout + done.stderr)
        return done.stdout

    def send_heads(self) -> None:
        self.program("log of the sender", *SENDER[2:], "--config", str(self.stage.office.config_file), "--once")
        for path in sorted(self.surroundings.witness.folder.glob("witness.db*")):
            self.day.keep("database of the witness", path.read_bytes())
        for path in sorted(self.surroundings.cosigned.rglob("*")):
            if path.is_file():
                self.day.keep("what witnesses signed", path.read_bytes())
        self.day.keep("pages of the witness", self.surroundings.witness.show())
        self.day.keep("pages of the witness", self.surroundings.witness.show(f"cardd/{self.log_id}"))

    def log_and_state(self) -> None:
        for path in sorted(self.stage.office.audit.rglob("*")):
            if path.is_file() and path.name != "reserve":
                self.day.keep("heads" if path.parent.name == "heads" else "record", path.read_bytes())
        for path in sorted((self.stage.folder / "state").rglob("*")):
            if path.is_file() and path.name not in GIVEN:
                self.day.keep("state", path.read_bytes())
        self.day.keep("record, decoded", "\n".join(map(repr, self.stage.records())))

    def report_and_replay(self) -> None:
        office, month = self.stage.office, self.month
        page = self.folder / "report.html"
        given = ("--log", str(office.audit), "--policy", str(office.folder / "policy.toml"), "--month", month)
        self.ctl("screen of the report", "audit", "report", *given, "--key", self.first_key, str(page))
        self.day.keep("report", page.read_bytes())
        settings = ("--settings", str(office.config_file), "--hits", "100")
        self.ctl("replay", "--json", "audit", "replay", *settings, str(office.audit))

    def backup(self) -> None:
        """Made by the program, opened as two people would, and looked at file by file."""
        settings, identity = self.stage.office.config_file, age().x25519.Identity.generate()
        key = BackupKey(str(identity.to_public()), os.urandom(32))
        (settings.parent / PUBLIC).write_bytes(key.public_text())
        (self.stage.folder / "state" / SEAL).write_bytes(key.seed)
        folder = self.folder / "backups"
        folder.mkdir()
        self.program(
            "log of the backup",
            "cardd.keeping",
            "--config",
            str(settings),
            "--user",
            ME,
            "--json",
            "backup",
            str(folder),
        )
        (made,) = folder.iterdir()
        self.day.keep("backup as it lies there", made.read_bytes())
        parts: dict[int, bytes] = {}

        def take(number: int, pieces: Iterator[bytes]) -> None:
            parts[number] = b"".join(pieces)

        with made.open("rb") as source:
            manifest = archive.read(source, Recovery(identity, key.seal), lambda seal: seal == key.seal, take)
        self.day.keep("backup, opened", manifest.model_dump_json())
        given = {(self.stage.office.folder / name).read_bytes() for name in GIVEN}
        for number, row in enumerate(manifest.files):
            if parts[number] not in given:  # names of its people stand where the office wrote them
                self.day.keep("backup, opened", row.path.encode() + b"\n" + parts[number])
        assert len(parts) == len(manifest.files)

    def fleet(self) -> None:
        with running_fleet() as fleet:
            fleet.enrol(TERMINAL, self.first_key)
            ship = self.folder / "ship.toml"
            ship.write_text(
                f'log_directory = "{self.stage.office.audit}"\nlog_level = "debug"\n'
                f"[database]\n{database_toml(fleet.postgres.database(TERMINAL))}"
            )
            self.program("log of the shipper", "cardd.collector", "--config", str(ship), "--once")
            self._ask_the_fleet(fleet)
            self._dump(fleet)

    def _ask_the_fleet(self, fleet: Fleet) -> None:
        config = fleet.settings(AUDITOR, self.folder)
        policy = self.stage.office.folder / "policy.toml"
        config.write_text(f'policy = "{policy}"\n{config.read_text()}')
        start = ("cardd.fleet", "--config", str(config))
        card = next(str(record["card"]) for record in self.stage.records() if record.get("case") == CASE)
        self.program("answers of the fleet", *start, "--json", "query", "--case", CASE)
        self.program("answers of the fleet", *start, "--locale", "ja", "disclose", card)
        month, page = self.month, self.folder / "fleet.html"
        self.program("answers of the fleet", *start, "report", "--month", month, "--out", str(page))
        self.day.keep("report of the fleet", page.read_bytes())

    def _dump(self, fleet: Fleet) -> None:
        server = fleet.postgres
        file = server.socket / "dump.sql"  # the server's user writes there
        server.run(
            "pg_dump", "-h", str(server.socket), "-p", str(server.port), "-U", server.owner, "-f", str(file), "cardd"
        )
        self.day.keep("database of the fleet", CLOCK_TIME.sub(b"", file.read_bytes()))
        self.day.keep("log of the database", CLOCK_TIME.sub(b"", (server.folder / "server.log").read_bytes()))


def _about_clerk(told: str) -> list[int]:
    """Numbers of the alarms about what the clerk did; others may come before them."""
    return [each["alarm"] for each in json.loads(told)["alarms"] if each["about"].get("operator") == CLERK]


def _knows(index: Path, folder: Path, sequence: int) -> bool:
    """Whether a copy of the index has a row of the receipt's use."""
    copy = folder / "copy-of-index"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(index, copy)
    file = next(path for path in copy.iterdir() if path.read_bytes()[:6] == b"SQLite")
    database = sqlite3.connect(file)
    try:
        return bool(database.execute("SELECT 1 FROM uses WHERE closed = ?", (sequence,)).fetchone())
    except sqlite3.DatabaseError:  # its files were copied one after the other, and it was written meanwhile
        return False
    finally:
        database.close()
