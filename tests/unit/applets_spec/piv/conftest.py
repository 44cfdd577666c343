"""A desk with a badge on it: sends commands the way a plain reader does, with chaining and GET RESPONSE, and looks at the answer."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from applets_spec.card import Card
from applets_spec.piv.personalise import badge_variants, make_badge, make_blank_badge
from applets_spec.testca.issue import BadgeCertificates, Operator, issue_badge
from applets_spec.testca.keys import KeyAlgorithm

OPERATOR = Operator("TEST Hanako", "A0001")
SELECT = "00A4040009A0000003080000100000"


@dataclass
class Desk:
    """Sends to one card. Every answer is (data, status word)."""

    card: Card

    def raw(self, command: str | bytes) -> tuple[bytes, int]:
        """One command APDU as it is."""
        sent = bytes.fromhex(command) if isinstance(command, str) else command
        answer = self.card.transmit(sent)
        return answer[:-2], int.from_bytes(answer[-2:])

    def send(self, header: str, data: bytes = b"", le: bool = True) -> tuple[bytes, int]:
        """A short command, chained where the data is longer than 255 bytes; the whole answer fetched."""
        head = bytes.fromhex(header)
        while len(data) > 255:
            answer = self.raw(bytes([head[0] | 0x10]) + head[1:] + b"\xff" + data[:255])
            if answer != (b"", 0x9000):
                return answer
            data = data[255:]
        body = bytes([len(data)]) + data if data else b""
        content, sw = self.raw(head + body + (b"\x00" if le else b""))
        while sw & 0xFF00 == 0x6100:
            more, sw = self.raw(bytes([0x00, 0xC0, 0x00, 0x00, sw & 0xFF]))
            content += more
        return content, sw

    def sw(self, header: str, data: bytes = b"") -> int:
        """The status word alone, of a command without Le."""
        return self.send(header, data, le=False)[1]

    def select(self) -> None:
        assert self.raw(SELECT)[1] == 0x9000

    def verify(self, pin: str = "246813") -> int:
        return self.sw("00200080", pin.encode().ljust(8, b"\xff"))

    def object(self, tag: str) -> tuple[bytes, int]:
        name = bytes.fromhex(tag)
        return self.send("00CB3FFF", b"\x5c" + bytes([len(name)]) + name)

    def reference(self, name: str = "pin"):
        return self.card.references()[f"piv.{name}"]


@pytest.fixture(scope="session", name="certificates")
def certificates_fixture() -> dict[KeyAlgorithm, BadgeCertificates]:
    return {one: issue_badge(OPERATOR, one) for one in (KeyAlgorithm.RSA_2048, KeyAlgorithm.P256)}


@pytest.fixture(name="badge")
def badge_fixture(certificates: dict[KeyAlgorithm, BadgeCertificates]) -> Callable[..., Desk]:
    """Makes a personalised badge with these switches, powered and selected."""

    def make(algorithm: KeyAlgorithm = KeyAlgorithm.P256, *, quirks=None, secrets=None, variants=None) -> Desk:
        switches = badge_variants() if variants is None else variants
        card = make_badge(OPERATOR, certificates[algorithm], switches, quirks=quirks, secrets=secrets)
        return _ready(card)

    return make


@pytest.fixture(name="blank")
def blank_fixture() -> Callable[..., Desk]:
    """Makes a factory-fresh badge, powered and selected."""

    def make(**options: object) -> Desk:
        return _ready(make_blank_badge(**options))

    return make


def _ready(card: Card) -> Desk:
    card.power_on()
    desk = Desk(card)
    desk.select()
    return desk
