"""A long day at the canary's counter: normal use, wrong use, every error path. Whatever comes out of it is kept by `Day`."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from applets_spec.fault_script import Fault, Kind
from applets_spec.pcscd.slot import SlotEmpty
from cardd.client import Client, RemoteError
from tests.daemon import canary_documents
from tests.daemon.canary_scene import BADGE, DOCUMENT_NAME, HOLDER, NEW_PIN, WRONG, Day
from tests.daemon.tools import PATIENT_S, Lines, Stage, request_line
from tests.fixtures.counter import BADGE_SLOT, CONTEXT, RESIDENT_SLOT, SIGN_CONTEXT, until

NUMBER_CONTEXT = {"purpose": "move_in", "case": "R8-0099"}
PIN_CONTEXT = {"purpose": "card_delivery", "case": "R8-0100"}
DIGEST = base64.b64encode(bytes(range(32))).decode()
DOCUMENT_DIGEST = bytes(range(100, 132))
"""Goes to no card: what is signed names it."""
VERIFY, READ = bytes.fromhex("0020"), bytes.fromhex("00B0")
FAULTS = (Kind.DROP, Kind.DROP_MID_COMMAND, Kind.EMPTY, Kind.ONE_BYTE, Kind.GARBAGE, Kind.ANSWER, Kind.SILENCE)
TYPED = (HOLDER.pins.authentication, BADGE.pin, HOLDER.pins.signature, HOLDER.my_number)
"""What somebody may type where it does not belong."""


class Shift:
    """One stage, one day, and the watcher who sees every event."""

    def __init__(self, stage: Stage, day: Day) -> None:
        self.stage, self.day = stage, day
        self.resident = ""

    def everything(self) -> None:
        """The whole day."""
        with Lines(self.stage.socket) as watcher:
            watcher.result("events.subscribe")
            self.log_in()
            self.resident = self.insert_resident()
            self.normal_use()
            self.documents()
            canary_documents.documents(self)
            self.wrong_pins()
            self.wrong_fields()
            self.broken_frames()
            self.strange_agents()
            self.failing_cards()
            self.command_line()
            watcher.result("health")
            self.day.keep("events", b"".join(watcher.told))

    def insert_resident(self) -> str:
        return self.stage.insert(self.day.faulty, RESIDENT_SLOT, kind="my_number")

    def call(self, method: str, pins: Mapping[str, str] | None = None, /, **params: Any) -> dict[str, Any]:
        """One call by somebody who types; progress is kept, the result is theirs."""
        with self.client(pins) as client:
            return client.call(method, **params)

    def client(self, pins: Mapping[str, str] | None = None) -> Client:
        def on_progress(told: Mapping[str, Any]) -> None:
            self.day.keep("progress", repr(dict(told)))

        return self.stage.client(person=self.day.person(self.stage, pins), on_progress=on_progress)

    def fails(self, place: str, method: str, pins: Mapping[str, str] | None = None, /, **params: Any) -> None:
        with self.day.failing(place):
            self.call(method, pins, **params)

    def sign(self, key: str) -> dict[str, Any]:
        return {"key": key, "hash": "sha256", "digests_base64": [DIGEST], "signature_format": "pkcs1v15"}

    # --- what happens ----------------------------------------------------------------------------------------------

    def log_in(self) -> None:
        badge = self.stage.insert(self.day.badge, BADGE_SLOT, kind="badge")
        self.fails("login with a wrong PIN", "session.login", {"badge": WRONG["badge"]}, badge=badge)
        self.call("session.login", badge=badge)

    def normal_use(self) -> None:
        basic = ["name", "address", "birth_date", "sex"]
        read = self.call("card.read", card=self.resident, items=basic, with_source=True, **CONTEXT)
        assert HOLDER.name in {item["text"] for item in read["items"]}
        self.call("card.read", card=self.resident, items=["my_number"], **NUMBER_CONTEXT)
        self.call("card.read", card=self.resident, items=["age_over"], age=20, **CONTEXT)
        photo = self.call("card.read", card=self.resident, items=["photo", "card_expiry"], **CONTEXT)
        assert self.day.photo in {base64.b64decode(item.get("image_base64") or "") for item in photo["items"]}
        for key in ("authentication", "signature"):
            self.call("card.certificate", card=self.resident, key=key, **SIGN_CONTEXT)
            self.call("sign.digest", card=self.resident, **self.sign(key), **SIGN_CONTEXT)
        self.call("card.pin_status", card=self.resident, **CONTEXT)
        self.call("card.token_info", card=self.resident, **CONTEXT)
        old = HOLDER.pins.authentication
        for before, after in ((old, NEW_PIN), (NEW_PIN, old)):
            with self.stage.client(before, after, after) as client:
                client.call("card.change_pin", card=self.resident, which="authentication", **PIN_CONTEXT)

    def documents(self) -> None:
        """Signatures of a document whose name is a person's: agreed to, refused, broken off, asked for wrongly."""
        shown = {"name": DOCUMENT_NAME, "size": 4711, "sha256": DOCUMENT_DIGEST.hex(), "pages": 3}
        begin = {"card": self.resident, "key": "signature", "hash": "sha256", "document": shown, **SIGN_CONTEXT}
        end = {"digest_base64": DIGEST, "signature_format": "pkcs1v15"}
        order = {**self.sign("signature"), "card": self.resident, "document": shown, **SIGN_CONTEXT}
        order |= {"signature_format": "cades_b", "digests_base64": [base64.b64encode(DOCUMENT_DIGEST).decode()]}
        self.call("sign.digest", **order)
        with self.client() as client:
            for params in (end, {**end, "digest_base64": "AAAA"}):
                begun = client.call("sign.begin", **begin)["begun"]
                with contextlib.suppress(RemoteError):
                    client.call("sign.finish", begun=begun, **params)
            client.call("sign.begin", **begin)  # and goes
        self.fails("document: wrong PIN", "sign.begin", {"signature": WRONG["signature"]}, **begin)
        other = {**shown, "sha256": "00" * 32}
        self.fails("document: another", "sign.digest", **{**order, "document": other})
        with self.stage.client("") as unwilling, self.day.failing("document: not agreed"):
            unwilling.call("sign.begin", **begin)
        with Lines(self.stage.socket) as raw:
            for wrong in (
                {"name": DOCUMENT_NAME * 20},
                {"name": f"{DOCUMENT_NAME}\u202e"},
                {"sha256": DOCUMENT_NAME},
                {DOCUMENT_NAME: DOCUMENT_NAME},
            ):
                raw.error("sign.begin", **{**begin, "document": {**shown, **wrong}})
            raw.error("sign.begin", **{**begin, "document": DOCUMENT_NAME})
            raw.error("sign.begin", **begin)
            self.day.keep("answers about a document", b"".join(raw.told))

    def wrong_pins(self) -> None:
        for which in ("card_info", "card_info"):  # the second one is refused as a repetition
            self.fails("wrong PIN", "card.read", {which: WRONG[which]}, card=self.resident, items=["name"], **CONTEXT)
        self.call("card.read", card=self.resident, items=["name"], **CONTEXT)
        for key in ("authentication", "signature"):
            wrong = {key: WRONG[key]}
            self.fails("wrong PIN", "sign.digest", wrong, card=self.resident, **self.sign(key), **SIGN_CONTEXT)
            self.call("sign.digest", card=self.resident, **self.sign(key), **SIGN_CONTEXT)
        for misspelt in (HOLDER.pins.signature.lower(), HOLDER.pins.signature * 3, "０７３９", "0739\0", HOLDER.name):
            pins = {"signature": misspelt[:20]}
            self.fails("PIN's shape", "sign.digest", pins, card=self.resident, **self.sign("signature"), **SIGN_CONTEXT)

    def wrong_fields(self) -> None:
        """PINs and numbers typed where they do not belong. What is typed as `case` is the office's own: it goes on record."""
        good = {"card": self.resident, "items": ["name"], **CONTEXT}
        with Lines(self.stage.socket) as raw:
            for typed in TYPED:
                for field in ("purpose", "card", "items", "pin", "age", "with_source", "deadline_ms", typed):
                    raw.error("card.read", **{**good, field: typed})
                raw.error("card.read", **{**good, "items": [typed]})
                raw.error("card.read", **{**good, "extra": {typed: [typed, {"pin": typed}]}})
                raw.error(f"card.{typed}")
                raw.error(typed, pin=typed)
                raw.error("session.login", badge=typed, pin=typed)
                raw.error("card.change_pin", card=self.resident, which=typed, **PIN_CONTEXT)
                raw.error("card.certificate", card=self.resident, key=typed, **SIGN_CONTEXT)
                raw.error("events.subscribe", topics=[typed], boot_id=typed)
                raw.error("agent.register", scope=typed)
                raw.error("hello", level=1, client=typed, version=typed, locale=typed, seat=typed)
                raw.error("hello", level=typed, client="x", version="1")
                raw.error(
                    "sign.digest", card=self.resident, **{**self.sign("authentication"), "hash": typed}, **SIGN_CONTEXT
                )
                raw.error(
                    "sign.digest", card=self.resident, **self.sign("authentication"), fingerprint=typed, **SIGN_CONTEXT
                )
                raw.result("request.cancel", id=typed)
            self.day.keep("answers to wrong fields", b"".join(raw.told))
        with self.stage.client(seat=None) as polite:
            polite.call("whoami")
        with Lines(self.stage.socket, hello=False) as raw:
            raw.line()
            raw.result("hello", level=1, client=BADGE.pin, version=HOLDER.pins.signature)
            self.day.keep("hello with a PIN as name", json.dumps(raw.result("whoami")))

    def broken_frames(self) -> None:
        for number, octets in enumerate(_broken_frames()):
            with Lines(self.stage.socket) as raw:
                raw.told.clear()
                raw.send(octets)
                raw.socket.shutdown(1)
                raw.until_closed()
                self.day.keep(f"answers to broken frame {number}", b"".join(raw.told))

    def strange_agents(self) -> None:
        """Agents that put the PIN where it does not belong."""
        for number, answer in enumerate(_strange_answers(HOLDER.pins.authentication.encode())):
            with Lines(self.stage.socket) as raw:
                raw.result("agent.register", scope="connection")
                asked = raw.ask("sign.digest", card=self.resident, **self.sign("authentication"), **SIGN_CONTEXT)
                while (line := raw.line()).get("method") != "agent.pin":
                    pass
                raw.send(answer(line["id"]))
                # The connection is ended where what was announced did not fit.
                with contextlib.suppress(EOFError, ConnectionResetError):
                    assert "error" in raw.answer(asked), number
                self.day.keep(f"answers to strange agent {number}", b"".join(raw.told))

    def failing_cards(self) -> None:
        """Each fault at VERIFY and while data is read. A card that answered wrongly stays in; one that was lost goes in again."""
        for kind in FAULTS:
            for match in (VERIFY, READ):
                at = 2 if match == VERIFY else 1  # the first one is the status question
                fault = Fault(kind, at=at, match=match, sw=b"\x6f\x00", data=HOLDER.name.encode())
                self.day.faulty.follow([fault])
                self.fails(
                    f"{kind.value} at {match.hex()}",
                    "card.read",
                    card=self.resident,
                    items=["name", "address"],
                    **CONTEXT,
                )
                self.day.faulty.follow([])
                with contextlib.suppress(SlotEmpty):  # it may have gone by itself
                    self.stage.pull(RESIDENT_SLOT)
                until(lambda: self.resident not in {row["card"] for row in self.stage.cards()}, PATIENT_S)
                self.resident = self.insert_resident()

    # --- the command line ------------------------------------------------------------------------------------------

    def command_line(self) -> None:
        read = ("read", "--card", self.resident, "--purpose", "identity_check", "--case", "R8-0042")
        right, wrong = HOLDER.pins.card_info, WRONG["card_info"]
        for arguments, pin in (
            ((*read, "name"), wrong),
            (("--json", *read, "name"), right + "9"),
            ((*read, "my_number"), right),
            (("sign", "--card", self.resident, "--purpose", "x", "--case", "1", "/nonexistent"), right),
            (("login",), BADGE.pin),
            (("--socket", "/nonexistent", "status"), BADGE.pin),
        ):
            self.watched_cardctl(arguments, pin)
        self.at_a_terminal((*read, "name"), WRONG["signature"])

    def watched_cardctl(self, arguments: Sequence[str], pin: str) -> None:
        """cardctl that fails; it is looked at while it waits for the PIN, and while it has it."""
        source, typed = os.pipe()
        with _cardctl(self.stage, ("--pin-fd", str(source), *arguments), source, subprocess.PIPE) as program:
            self.day.watch_process("cardctl before its PIN", program.pid)
            os.write(typed, f"{pin}\n".encode())  # into the pipe, also when the program has ended without reading
            os.close(source)
            self.day.watch_process("cardctl with its PIN", program.pid)
            os.close(typed)
            out, err = program.communicate(timeout=60)
        assert program.returncode != 0, arguments
        self.day.keep("cardctl stdout", out)
        self.day.keep("cardctl stderr", err)

    def at_a_terminal(self, arguments: Sequence[str], pin: str) -> None:
        """cardctl at a terminal of its own: nothing that is typed appears there."""
        keyboard, terminal = pty.openpty()
        with _cardctl(self.stage, arguments, terminal, terminal, stdin=terminal) as program:
            os.close(terminal)
            screen = b""
            while b": " not in screen:
                screen += os.read(keyboard, 4096)
            os.write(keyboard, f"{pin}\n".encode())
            try:
                while part := os.read(keyboard, 4096):
                    screen += part
            except OSError:
                pass  # the other side of the terminal is closed: the program has ended
            program.wait(60)
        os.close(keyboard)
        assert program.returncode != 0
        self.day.keep("terminal of cardctl", screen)


def _cardctl(stage: Stage, arguments: Sequence[str], passed: int, out: int, stdin: int = subprocess.DEVNULL) -> Any:
    command = [sys.executable, "-m", "cardd.cli", *arguments]
    return subprocess.Popen(command, env=stage.environment, stdin=stdin, stdout=out, stderr=out, pass_fds=(passed,))


def _broken_frames() -> list[bytes]:
    pin, name = HOLDER.pins.signature.encode(), HOLDER.name.encode()
    secret = b'{"jsonrpc":"2.0","id":"s-77","result":{"secret":%d}}\n'
    return [
        secret % len(pin) + pin,
        secret % 64 + pin,
        secret % 65 + pin,
        secret % len(pin) + pin[:3],
        pin + b"\n",
        b"\xff\xfe" + pin + b"\n",
        name,
        b'{"jsonrpc":"2.0","id":1,"method":"card.read","params":{"pin":"' + pin,
        b'{"jsonrpc":"2.0","id":1,"' + pin + b'":1,"' + pin + b'":2}\n',
        b'{"jsonrpc":"2.0","id":1,"method":"' + pin + b'","params":["' + pin + b'"]}\n',
        b'{"jsonrpc":"2.0","method":"' + pin + b'"}\n',
        b'["' + pin + b'"]\n"' + pin + b'"\nNaN\n',
        b'{"jsonrpc":"2.0","id":{"' + pin + b'":1},"method":"health"}\n',
        b'{"jsonrpc":"2.0","id":1,"method":"health","' + pin + b'":"' + name + b'"}\n',
        b'{"' + pin + b'":' * 40 + b"1" + b"}" * 40 + b"\n",
        pin * 8000 + b"\n",
        request_line(1, "hello", {"level": 1, "client": HOLDER.name, "version": "1"}),
    ]


def _strange_answers(pin: bytes) -> list[Callable[[str], bytes]]:
    text = pin.decode()

    def line(name: str, **members: Any) -> bytes:
        return json.dumps({"jsonrpc": "2.0", "id": name, **members}).encode() + b"\n"

    return [
        lambda name: line(name, result=text),
        lambda name: line(name, result={"pin": text}),
        lambda name: line(name, result={"secret": text}),
        lambda name: line(name, result={"secret": 4, "pin": text}),
        lambda name: line(name, result={"secret": 4}) + b"\x00\x01\x02\x03",
        lambda name: line(name, result={"secret": 5}) + pin + b"\n",
        lambda name: line(name, error={"code": 1, "message": text, "data": {"pin": text}}),
        lambda name: line(name, error=text) + line(name, result={"cancelled": True}),
        lambda name: line("s-99", result={"secret": 4}) + pin + line(name, result={"cancelled": True}),
        lambda name: line(name, result={"cancelled": text}),
    ]
