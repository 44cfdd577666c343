"""Status words of ISO/IEC 7816-4:2020 clause 5.6 and of Japanese cards (JICSAP), and what they say about retry counters."""

from enum import IntEnum, unique

WRONG_WITH_COUNT = 0x63C0
"""63Cx: verification failed, x tries left (ISO/IEC 7816-4:2020, table 7)."""


@unique
class StatusWord(IntEnum):
    """The status words that cardd reacts to. Others stay plain numbers."""

    SUCCESS = 0x9000
    END_OF_FILE = 0x6282
    WRONG_NO_COUNT = 0x6300
    """Verification failed, the card tells no count."""
    PAD_TIMEOUT = 0x6400
    """From the reader (PC/SC part 10, 2.5.4): nobody entered a PIN in time."""
    PAD_CANCELLED = 0x6401
    """From the reader: the person pressed cancel."""
    PAD_WRONG_LENGTH = 0x6403
    """From the reader: too few or too many digits."""
    WRONG_LENGTH = 0x6700
    SECURITY_STATUS_NOT_SATISFIED = 0x6982
    AUTHENTICATION_BLOCKED = 0x6983
    """Blocked, in the ISO meaning."""
    REFERENCE_BLOCKED = 0x6984
    """Blocked, in the JICSAP meaning ("referenced IEF blocked")."""
    CONDITIONS_NOT_SATISFIED = 0x6985
    WRONG_DATA = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    NOT_FOUND = 0x6A82
    NO_SPACE = 0x6A84
    WRONG_P1_P2 = 0x6A86
    REFERENCE_NOT_FOUND = 0x6A88
    OUTSIDE_FILE = 0x6B00
    WRONG_INS = 0x6D00
    WRONG_CLA = 0x6E00
    NO_DIAGNOSIS = 0x6F00


BLOCKED = frozenset({StatusWord.AUTHENTICATION_BLOCKED, StatusWord.REFERENCE_BLOCKED})

SFI_REFUSED = frozenset(
    {
        StatusWord.WRONG_LENGTH,
        StatusWord.NOT_FOUND,
        StatusWord.WRONG_P1_P2,
        StatusWord.REFERENCE_NOT_FOUND,
        StatusWord.OUTSIDE_FILE,
    }
)
"""Answers after which a file named in P1/P2 is tried again by SELECT EF. They may also simply mean that it is not there."""


def tries_left(sw: int) -> int | None:
    """Tries left as told by 63Cx (0 to 15); None for every other status word (requirement C6)."""
    return sw & 0x0F if sw & 0xFFF0 == WRONG_WITH_COUNT else None


def more_bytes(sw: int) -> int | None:
    """For 61xx the bytes still waiting (xx 00 = 256 or more); None for every other status word."""
    return (sw & 0xFF) or 0x100 if sw >> 8 == 0x61 else None


def right_length(sw: int) -> int | None:
    """For 6Cxx the length the card wants to be asked for (00 = 256); None for every other status word."""
    return (sw & 0xFF) or 0x100 if sw >> 8 == 0x6C else None
