"""Command and response APDUs of ISO/IEC 7816-3:2006 clause 12.1: the four cases, short and extended length."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class CommandApdu:
    """One command. `data` 0 to 65,535 bytes; `le` None = no answer data expected, 256 = all in short form.

    `secret`: the data is a PIN; it is never shown, and buffers made from it are wiped.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes | bytearray = b""
    le: int | None = None
    secret: bool = False

    def __repr__(self) -> str:
        return f"<{self.cla:02X} {self.ins:02X} {self.p1:02X} {self.p2:02X} Lc {len(self.data)} Le {self.le}>"


@dataclass(frozen=True, slots=True, repr=False)
class ResponseApdu:
    """One answer: data without the status word, and the status word (16 bits)."""

    data: bytes
    sw: int

    def __repr__(self) -> str:
        return f"<{len(self.data)} bytes, SW {self.sw:04X}>"
