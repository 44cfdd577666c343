"""What a virtual reader claims to be: its name, USB place, PIN pad and manners, as a frozen row."""

from __future__ import annotations

from dataclasses import dataclass

from applets_spec.pcscd.numbers import MAX_READER_NAME, Result

SHORT_APDU = 261


@dataclass(frozen=True)
class PadProfile:
    """A PIN pad. `works` False: the reader announces one and fails every entry, as some real ones do."""

    works: bool = True
    min_digits: int = 4
    max_digits: int = 16
    default_time_out: float = 30.0
    display_columns: int = 0
    display_lines: int = 0


@dataclass(frozen=True)
class ReaderProfile:
    """One reader. Times in seconds.

    `name` is shown as it is (pcscd itself would add " 00 00"), 1 to 127 bytes of UTF-8; surrogate escapes carry bytes
    that are no UTF-8. `usb` is (bus, device); without it the reader has no CHANNEL_ID, like vpcd.
    `reappears_after`: a contactless reader whose card is lost when powered down and found again after that time.
    `lost_answer`: what a command returns when its card vanishes: CCID drivers say `E_NOT_TRANSACTED`, vpcd `SUCCESS`
    with no bytes.
    `unused_off`, `grace_off`: power goes off that long after an insertion nobody uses, and after the last disconnect.
    """

    name: str
    usb: tuple[int, int] | None = None
    usb_path: str | None = None
    serial: str | None = None
    vendor: str = "cardd-vcard"
    max_input: int = SHORT_APDU
    pad: PadProfile | None = None
    reappears_after: float | None = None
    lost_answer: Result = Result.E_NOT_TRANSACTED
    unused_off: float = 0.4
    grace_off: float = 0.7
    sharing_notice: float = 0.4
    lock_poll: float = 0.1

    def __post_init__(self) -> None:
        if not 1 <= len(self.name_bytes) < MAX_READER_NAME or b"\0" in self.name_bytes:
            raise ValueError(f"a reader's name has 1 to {MAX_READER_NAME - 1} bytes and no NUL")
        if self.lost_answer not in (Result.SUCCESS, Result.E_NOT_TRANSACTED, Result.E_NO_SMARTCARD):
            raise ValueError(f"no driver answers {self.lost_answer.name} when a card vanishes")

    @property
    def name_bytes(self) -> bytes:
        """The name as it goes over the socket, without the NUL."""
        return self.name.encode("utf-8", "surrogateescape")
