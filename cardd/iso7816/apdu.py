"""Command and response APDUs of ISO/IEC 7816-3:2006 clause 12.1: the four cases, short and extended length, to and from bytes."""

from dataclasses import dataclass

from cardd.errors import CardBadAnswer, CardRemoved

SHORT_LC_MAX = 255
SHORT_LE_MAX = 256
EXTENDED_LC_MAX = 65_535
HEADER_LENGTH = 4
"""CLA INS P1 P2."""
EXTENDED_LE_MAX = 65_536


@dataclass(frozen=True, slots=True, repr=False)
class CommandApdu:
    """One command. `data` 0 to 65,535 bytes; `le` None = no answer data expected, 256 = all in short form.

    `le` 65,536 = all there is: one extended command where that works, else short form followed by GET RESPONSE.
    `secret`: the data is a PIN; it is never shown, and buffers made from it are wiped.
    `first_part_only`: of a long answer the first part is enough; 61xx is then not followed.
    `patience_s`: seconds that the card may compute, where that is longer than commands take otherwise.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes | bytearray = b""
    le: int | None = None
    secret: bool = False
    first_part_only: bool = False
    patience_s: float | None = None

    @property
    def needs_extended(self) -> bool:
        """Whether one APDU of short form cannot say this."""
        return len(self.data) > SHORT_LC_MAX or (self.le or 0) > SHORT_LE_MAX

    def __repr__(self) -> str:
        return f"<{self.cla:02X} {self.ins:02X} {self.p1:02X} {self.p2:02X} Lc {len(self.data)} Le {self.le}>"


@dataclass(frozen=True, slots=True, repr=False)
class ResponseApdu:
    """One answer: data without the status word, and the status word (16 bits)."""

    data: bytes
    sw: int

    def __repr__(self) -> str:
        return f"<{len(self.data)} bytes, SW {self.sw:04X}>"


def encode(command: CommandApdu, *, extended: bool = False) -> bytearray:
    """The bytes of one command (4 to 65,544), in a buffer that the caller owns and can wipe.

    Extended form turns `le` 256 into "all" (00 00), as it means "all" in short form. Raises `ValueError` when data or
    Le do not fit the form. ISO/IEC 7816-3:2006, 12.1.3 and table 12.
    """
    lc_max, le_max = (EXTENDED_LC_MAX, EXTENDED_LE_MAX) if extended else (SHORT_LC_MAX, SHORT_LE_MAX)
    if len(command.data) > lc_max or (command.le is not None and not 1 <= command.le <= le_max):
        raise ValueError("command does not fit this form of APDU")
    octets = bytearray((command.cla, command.ins, command.p1, command.p2))
    if extended and (command.data or command.le is not None):
        octets.append(0)
    if command.data:
        octets += len(command.data).to_bytes(2 if extended else 1, "big")
        octets += command.data
    if command.le is not None:
        octets += _le_field(command.le, extended=extended)
    return octets


def length_over_t0(octets: bytearray) -> int:
    """How many bytes of a short command go over T=0: all, but for case 4 without its Le (ISO/IEC 7816-3:2006, 12.2.5).

    The card then says 61xx how much there is to fetch.
    """
    case_4 = len(octets) > HEADER_LENGTH + 1 and len(octets) == HEADER_LENGTH + 1 + octets[HEADER_LENGTH] + 1
    return len(octets) - 1 if case_4 else len(octets)


def _le_field(le: int, *, extended: bool) -> bytes:
    if not extended:
        return bytes((le % 0x100,))
    return (0 if le == SHORT_LE_MAX else le % 0x1_0000).to_bytes(2, "big")


def wipe(octets: bytearray) -> None:
    """Overwrite a buffer with zeros; its length stays."""
    octets[:] = bytes(len(octets))


def decode_answer(octets: bytes) -> ResponseApdu:
    """Take an answer apart: length first, then the status word, then data (requirement C2).

    Raises `CardRemoved` for an empty answer (what a card pulled in mid-command looks like, requirement C3),
    `CardBadAnswer` for one byte.
    """
    if not octets:
        raise CardRemoved(problem="empty_answer")
    if len(octets) < 2:
        raise CardBadAnswer(problem="answer_too_short")
    return ResponseApdu(bytes(octets[:-2]), int.from_bytes(octets[-2:], "big"))
