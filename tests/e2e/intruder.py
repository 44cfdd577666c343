"""Programs on the same machine that use PC/SC themselves: one that wants to use PINs which others verified, and careless victims.

`python -m tests.e2e.intruder hammer READER TARGET` opens the card again and again in every way there is and tries what only
a verified PIN allows; `hold READER SHARE` keeps one handle open; both end when their standard input does. `victim READER
TARGET HOW` verifies a PIN, signs, and leaves the card as HOW says. Each writes "ready" first and a report, as JSON, last.
"""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from smartcard import scard

BOTH = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
SHARES = {
    "shared": scard.SCARD_SHARE_SHARED,
    "exclusive": scard.SCARD_SHARE_EXCLUSIVE,
    "direct": scard.SCARD_SHARE_DIRECT,
}
FORMS = ("shared", "waiting", "exclusive", "direct")
"""How the card is opened; `waiting`: shared, and then for a transaction."""
POWERED = 0x0008
"""Of SCardStatus: SCARD_POWERED (pcsclite.h, which pyscard does not repeat)."""
REST_S = 0.02
"""After each time it had the card, so that others come to the card as well."""
PAUSE_S = 0.001
VICTIM_TRIES = 20_000

DIGEST_INFO = "3031300D060960864801650304020105000420" + "11" * 32
SELECT_JPKI = "00A4040C0AD392F000260100000001"
SELECT_PIV = "00A4040009A0000003080000100000"
PIV_CHALLENGE = "7C2482008120" + "11" * 32


@dataclass(frozen=True)
class Target:
    """A PIN, and what it opens. `tries`: names and commands that succeed (9000) only when it is verified."""

    select: str
    verify: str
    sign: str
    others: dict[str, str]

    @property
    def tries(self) -> dict[str, str]:
        return {"sign": self.sign, **self.others}


TARGETS = {
    "authentication": Target(SELECT_JPKI, "0020009804", f"802A009733{DIGEST_INFO}00", {"status": "00200098"}),
    "signature": Target(
        SELECT_JPKI, "0020009B06", f"802A009A33{DIGEST_INFO}00", {"status": "0020009B", "read": "00B0810000"}
    ),
    "badge": Target(SELECT_PIV, "0020008008", f"0087119A26{PIV_CHALLENGE}00", {"status": "00200080"}),
}


@dataclass
class Report:
    """What an intruder did. `spoils`: what succeeded, and when (CLOCK_MONOTONIC, the same in every process)."""

    attempts: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    commands: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    attacks: list[float] = field(default_factory=list)
    kept_out: list[float] = field(default_factory=list)
    spoils: list[tuple[str, float]] = field(default_factory=list)


def send(card: int, protocol: int, command: str) -> tuple[int, bytes]:
    """PC/SC's code, and the answer."""
    header = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
    code, answer = scard.SCardTransmit(card, header, list(bytes.fromhex(command)))
    return code, bytes(answer)


class Hammer:
    """Opens the card of one reader in all forms in turn and tries `target`'s commands."""

    def __init__(self, reader: str, target: Target) -> None:
        self._reader, self._target = reader, target
        _, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        self.report = Report()

    def strike(self) -> None:
        """One attempt."""
        report = self.report
        form = FORMS[report.attempts % len(FORMS)]
        report.attempts += 1
        share = SHARES.get(form, scard.SCARD_SHARE_SHARED)
        wanted = 0 if form == "direct" else BOTH
        code, card, protocol = scard.SCardConnect(self._context, self._reader, share, wanted)
        if code != 0:
            report.refused[f"{code & 0xFFFFFFFF:08X}"] += 1
            report.kept_out.append(time.monotonic())
            time.sleep(PAUSE_S)
            return
        try:
            self._use(card, protocol, form)
        finally:
            scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
        self._rest()

    def _rest(self) -> None:
        """Leave the card to others, and wake when somebody takes it."""
        ends = time.monotonic() + REST_S
        while time.monotonic() < ends:
            _, [(_, state, _)] = scard.SCardGetStatusChange(
                self._context, 0, [(self._reader, scard.SCARD_STATE_UNAWARE)]
            )
            if state & (scard.SCARD_STATE_EXCLUSIVE | scard.SCARD_STATE_INUSE):
                return
            time.sleep(PAUSE_S)

    def _use(self, card: int, protocol: int, form: str) -> None:
        code, _, state, _, _ = scard.SCardStatus(card)
        if form == "direct":
            if not state & POWERED:  # pcscd would let commands pass to a card that cannot hear them
                self.report.refused["no power"] += 1
                return
            code, protocol = scard.SCardReconnect(card, scard.SCARD_SHARE_SHARED, BOTH, scard.SCARD_LEAVE_CARD)
            if code != 0:
                return
        if form == "waiting" and scard.SCardBeginTransaction(card) != 0:
            return
        self.report.attacks.append(time.monotonic())
        self.try_all(card, protocol)
        self._command(card, protocol, "select", self._target.select)
        self.try_all(card, protocol)
        if form == "waiting":
            scard.SCardEndTransaction(card, scard.SCARD_LEAVE_CARD)

    def try_all(self, card: int, protocol: int) -> None:
        for name, command in self._target.tries.items():
            if self._command(card, protocol, name, command):
                self.report.spoils.append((name, time.monotonic()))

    def _command(self, card: int, protocol: int, name: str, command: str) -> bool:
        self.report.commands += 1
        code, answer = send(card, protocol, command)
        word = answer[-2:].hex().upper() if code == 0 else f"{code & 0xFFFFFFFF:08X}"
        self.report.answers[f"{name} {word}"] += 1
        return word == "9000" or word.startswith("61")


def stop_event() -> threading.Event:
    """Set when standard input ends."""
    stop = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        stop.set()

    threading.Thread(target=wait, daemon=True).start()
    return stop


def tell(said: object) -> None:
    print(json.dumps(said), flush=True)


def hammer(reader: str, target: str) -> None:
    stop, tool = stop_event(), Hammer(reader, TARGETS[target])
    while not tool.report.attacks:
        tool.strike()
    tell("ready")
    while not stop.is_set():
        tool.strike()
    tell(vars(tool.report))


def hold(reader: str, share: str) -> None:
    """Keep one handle, and try with it at the end what the authentication PIN opens."""
    stop = stop_event()
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    wanted = 0 if share == "direct" else BOTH
    code, card, protocol = scard.SCardConnect(context, reader, SHARES[share], wanted)
    tell("ready" if code == 0 else f"refused {code & 0xFFFFFFFF:08X}")
    stop.wait()
    if share == "direct":
        _, protocol = scard.SCardReconnect(card, scard.SCARD_SHARE_SHARED, BOTH, scard.SCARD_LEAVE_CARD)
    tool = Hammer(reader, TARGETS["authentication"])
    tool.try_all(card, protocol)
    tell(vars(tool.report))


def victim(reader: str, target: str, how: str) -> None:
    """What a careless program does. The PIN comes on standard input, in hexadecimal."""
    aim, pin = TARGETS[target], sys.stdin.readline().strip()
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    card, protocol = patiently(lambda: scard.SCardConnect(context, reader, scard.SCARD_SHARE_EXCLUSIVE, BOTH))
    words = [send(card, protocol, command)[1][-2:].hex() for command in (aim.select, aim.verify + pin, aim.sign)]
    disposition = {"leave": scard.SCARD_LEAVE_CARD, "reset": scard.SCARD_RESET_CARD}[how]
    scard.SCardDisconnect(card, disposition)
    tell(words)


def patiently(connect: Callable[[], tuple[int, int, int]]) -> tuple[int, int]:
    """Try until the intruder rests."""
    for _ in range(VICTIM_TRIES):
        code, card, protocol = connect()
        if code == 0:
            return card, protocol
        time.sleep(PAUSE_S)
    raise SystemExit("the card was never free")


if __name__ == "__main__":
    programs: dict[str, Callable[..., None]] = {"hammer": hammer, "hold": hold, "victim": victim}
    programs[sys.argv[1]](*sys.argv[2:])
