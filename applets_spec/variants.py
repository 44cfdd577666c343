"""The differences between cards of the real world, as switches of one card. The standing of each is in `clauses.py`."""

from dataclasses import asdict, dataclass, fields
from enum import StrEnum, unique
from functools import reduce
from operator import xor
from typing import Any, Self

ATRS: dict[str, bytes] = {
    "contact-plain": bytes.fromhex("3BE000FF8131FE4514"),
    "contact-extended": bytes.fromhex("3BDA13FF8131FB468012392F31C173C601C03B"),
    "contact-short": bytes.fromhex("3BC5FF8131FB458073C6010000"),
    "contact-d1": bytes.fromhex("3BF59100FF918171FE400042000100D1D6"),
    "contact-b3": bytes.fromhex("3BF59100FF918171FE4000420001B3A115"),
    "contactless-05": bytes.fromhex("3B888001000005E0B381A1007F"),
    "contactless-41": bytes.fromhex("3B888001000041E0B381A1003B"),
    "contactless-4b-slow": bytes.fromhex("3B888001004B51FF0081D100BC"),
    "contactless-4b": bytes.fromhex("3B888001004B51FFB381D1000F"),
    "contactless-bare": bytes.fromhex("3B80800101"),
}
"""Answers to reset by name (OpenSC win32/customactions.cpp; the bare one: OpenSC and fortify issue 153)."""

RANDOM_PUPI_ATR = "contactless-pupi"
"""A reader that shows the whole ATQB, random PUPI included: new at each power-on."""

PIV_ATR = "piv-contact"
ATRS[PIV_ATR] = bytes.fromhex("3BD518FF8131FE45504956424773")
"""A made-up T=1 contact ATR with historical bytes `PIVBG`; badges are recognised by AID, never by ATR."""

PIV_EXTENDED_ATR = "piv-extended"
PIV_SHORT_ATR = "piv-short"
ATRS[PIV_EXTENDED_ATR] = bytes.fromhex("3BD518FF8131FE458073C021C0EB")
ATRS[PIV_SHORT_ATR] = bytes.fromhex("3BD518FF8131FE458073C02180AB")
"""Made-up as well; card capabilities in the historical bytes: command chaining, with and without extended length
(ISO/IEC 7816-4:2020, table 119)."""


@unique
class BlockedAnswer(StrEnum):
    """Status word of VERIFY on a blocked PIN."""

    JICSAP = "6984"
    ISO = "6983"


@dataclass(frozen=True, slots=True)
class Variants:
    """How this one card behaves where cards differ. The defaults are a My Number card in a contact reader."""

    atr: str = "contact-extended"
    """A name of `ATRS`, or `contactless-pupi`, or the ATR itself in hexadecimal (2 to 33 bytes)."""
    short_apdus_only: bool = False
    """Extended length answers 6700."""
    case_1_refused: bool = False
    """Four-byte commands answer 6700."""
    first_command_fails: bool = False
    """The first command after power-up answers 6F00 and is not carried out."""
    blocked: str = BlockedAnswer.JICSAP
    """`6984` or `6983`."""
    blocked_status_as_count: bool = True
    """The status question on a blocked PIN answers 63C0; else the same as a try."""
    verified_status_as_success: bool = False
    """The status question on a verified PIN answers 9000; else 63Cx."""
    t0: bool = False
    """T=0: answers to case 4 commands wait behind 61xx, a wrong Le answers 6Cxx, no extended length."""
    answers_without_le: bool = False
    """A command without Le is answered with up to 256 bytes, as Java Card does over T=1; else the data waits behind 61xx."""
    warm_reset_keeps_state: bool = True
    """PIN state and current application survive a warm reset. PIV badges lose them."""
    reselect_keeps_verified: bool = False
    """SELECT of the application that is selected already keeps its PIN state."""
    files_by_sfi: bool = True
    """Files may be named in P1 or P2 (short EF identifier); else 6A86."""
    end_of_file_warning: bool = False
    """READ BINARY that reaches the end answers 6282; else 9000."""
    signature_delay_ms: int = 0
    """Time a signature takes, in milliseconds; real cards need hundreds."""

    def __post_init__(self) -> None:
        BlockedAnswer(self.blocked)
        if self.atr not in ATRS and self.atr != RANDOM_PUPI_ATR and not 2 <= len(bytes.fromhex(self.atr)) <= 33:
            raise ValueError(f"atr: not a known name and not 2 to 33 bytes in hexadecimal: {self.atr}")
        if self.signature_delay_ms < 0:
            raise ValueError("signature_delay_ms: must not be negative")

    @property
    def blocked_sw(self) -> int:
        return int(self.blocked, 16)

    def make_atr(self, pupi: bytes) -> bytes:
        """The ATR for one power-on; `pupi`: 4 random bytes, used only by `contactless-pupi`."""
        if self.atr == RANDOM_PUPI_ATR:
            return _pupi_atr(pupi)
        return ATRS.get(self.atr) or bytes.fromhex(self.atr)

    def to_state(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Read switches from a card file. Raises `ValueError` on an unknown switch."""
        if unknown := set(state) - {field.name for field in fields(cls)}:
            raise ValueError(f"unknown variants: {', '.join(sorted(unknown))}")
        return cls(**state)


def _pupi_atr(pupi: bytes) -> bytes:
    atqb = b"\x50" + pupi + bytes.fromhex("00000000") + bytes.fromhex("B381A1")
    head = bytes([0x3B, 0x80 | len(atqb), 0x80, 0x01])
    return head + atqb + bytes([reduce(xor, head[1:] + atqb)])
