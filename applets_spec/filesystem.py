"""Tables of the elementary files of an application, and which of them is current. Contents come from the card file."""

from collections.abc import Iterable
from dataclasses import dataclass

from applets_spec.iso7816 import CardRefusal, Command, StatusWord

OpenedBy = tuple[int, ...] | None
"""EF identifiers of the PINs of which any one, verified, opens a file or key. None: free. Empty: never."""

CURRENT_EF = 0x80
"""P2 of VERIFY and kin: the current EF; with an SFI in the low five bits, that EF (JICSAP; myna-card src/ap)."""
SFI_BIT = 0x80
SFI_MASK = 0x1F


@dataclass(frozen=True, slots=True)
class FileRow:
    """A transparent EF. `size`: bytes on the card, content filled up with `filler`; None = as long as its content.

    `records`: the content is a list of records, read with READ RECORD.
    """

    ef: int
    name: str
    clause: str
    opened_by: OpenedBy = None
    size: int | None = None
    filler: int = 0x00
    records: bool = False


@dataclass(frozen=True, slots=True)
class PinRow:
    """An EF that holds a PIN (IEF). `shortest` and `longest`: characters a new value may have."""

    ef: int
    name: str
    clause: str
    tries: int
    shortest: int
    longest: int
    changeable: bool = False


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An EF that holds a private key, or a key reference whose purpose is not public (no key in the card file then)."""

    ef: int
    name: str
    clause: str
    opened_by: OpenedBy = None


EfRow = FileRow | PinRow | KeyRow


@dataclass(frozen=True, slots=True)
class CommandRow:
    """A command an applet knows."""

    cla: int
    ins: int
    clause: str


@dataclass(frozen=True, slots=True)
class AppletTable:
    """All that is to be said of one applet: its EFs, its commands, and what stands out."""

    name: str
    aid: bytes
    clause: str
    efs: tuple[EfRow, ...]
    commands: tuple[CommandRow, ...]
    internal_key: int | None = None
    """EF of the key that `80 2A 00 00` uses without any PIN."""
    session_key_sw: int = StatusWord.SECURITY_NOT_SATISFIED
    """What SET SESSION KEY answers."""


class FileSystem:
    """The EFs of one application and the current one. `by_sfi`: files may be named in P1 or P2."""

    def __init__(self, rows: Iterable[EfRow], by_sfi: bool) -> None:
        self._rows = {row.ef: row for row in rows}
        self._by_sfi = by_sfi
        self.current: EfRow | None = None

    def select(self, ef: int) -> None:
        """Make an EF current. Raises 6A82 (the current one stays)."""
        self.current = self._find(ef)

    def from_p1(self, command: Command) -> tuple[EfRow, int]:
        """EF and offset that READ BINARY names (ISO/IEC 7816-4:2020, 11.3.1): SFI and 8 bits, or current EF and 15 bits."""
        if not command.p1 & SFI_BIT:
            return self._current_or_refuse(), command.p1 << 8 | command.p2
        if command.p1 & ~(SFI_BIT | SFI_MASK):
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        return self._short(command.p1 & SFI_MASK), command.p2

    def from_p2(self, command: Command) -> EfRow:
        """EF that VERIFY, CHANGE and COMPUTE DIGITAL SIGNATURE name in P2: 80 = current EF, 81 to 9E = SFI."""
        if command.p2 == CURRENT_EF:
            return self._current_or_refuse()
        if command.p2 & ~SFI_MASK != CURRENT_EF:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        return self._short(command.p2 & SFI_MASK)

    def from_record_p2(self, command: Command) -> EfRow:
        """EF that READ RECORD names: SFI in the high five bits of P2, low bits 100 (ISO/IEC 7816-4:2020, 11.4.2)."""
        if command.p2 & 0x07 != 0x04:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        sfi = command.p2 >> 3
        return self._short(sfi) if sfi else self._current_or_refuse()

    def _current_or_refuse(self) -> EfRow:
        if self.current is None:
            raise CardRefusal(StatusWord.NO_CURRENT_EF)
        return self.current

    def _short(self, sfi: int) -> EfRow:
        if not self._by_sfi or sfi in (0, SFI_MASK):
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        return self._find(sfi)

    def _find(self, ef: int) -> EfRow:
        if ef not in self._rows:
            raise CardRefusal(StatusWord.FILE_NOT_FOUND)
        return self._rows[ef]
