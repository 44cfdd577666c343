"""The numbers of PC/SC as pcsc-lite writes them on its socket: commands, results, modes, states, attributes.

Source: LudovicRousseau/PCSC, `src/winscard_msg.h`, `src/PCSC/pcsclite.h.in`, `src/PCSC/reader.h`, `src/eventhandler.h`.
"""

from enum import IntEnum, IntFlag

MAX_READER_NAME = 128
MAX_ATR = 33
MAX_SHORT_BUFFER = 264
MAX_EXTENDED_BUFFER = 4 + 3 + (1 << 16) + 3 + 2
FIXED_READER_SLOTS = 16

PROTOCOL_MAJOR = 4
OLDEST_MINOR = 4  # libpcsclite up to 1.9.9
SIZED_ARRAY_MINOR = 6  # from here the client asks for the size of the reader-state array
NEWEST_MINOR = 6


class Command(IntEnum):
    """What a client asks for; the second word of the message header."""

    ESTABLISH_CONTEXT = 0x01
    RELEASE_CONTEXT = 0x02
    CONNECT = 0x04
    RECONNECT = 0x05
    DISCONNECT = 0x06
    BEGIN_TRANSACTION = 0x07
    END_TRANSACTION = 0x08
    TRANSMIT = 0x09
    CONTROL = 0x0A
    STATUS = 0x0B
    CANCEL = 0x0D
    GET_ATTRIB = 0x0F
    SET_ATTRIB = 0x10
    VERSION = 0x11
    GET_READERS_STATE = 0x12
    WAIT_READER_STATE_CHANGE = 0x13
    STOP_WAITING_READER_STATE_CHANGE = 0x14
    GET_READER_EVENTS = 0x15
    GET_READERS_STATE_SIZE = 0x16
    GET_READERS_STATE_ARRAY = 0x17


class Result(IntEnum):
    """Return values of the PC/SC calls, as unsigned 32-bit words."""

    SUCCESS = 0x00000000
    F_INTERNAL_ERROR = 0x80100001
    E_CANCELLED = 0x80100002
    E_INVALID_HANDLE = 0x80100003
    E_INVALID_PARAMETER = 0x80100004
    E_NO_MEMORY = 0x80100006
    E_INSUFFICIENT_BUFFER = 0x80100008
    E_UNKNOWN_READER = 0x80100009
    E_SHARING_VIOLATION = 0x8010000B
    E_NO_SMARTCARD = 0x8010000C
    E_PROTO_MISMATCH = 0x8010000F
    E_INVALID_VALUE = 0x80100011
    E_NOT_TRANSACTED = 0x80100016
    E_READER_UNAVAILABLE = 0x80100017
    E_NO_SERVICE = 0x8010001D
    E_SERVICE_STOPPED = 0x8010001E
    E_UNSUPPORTED_FEATURE = 0x8010001F
    W_UNRESPONSIVE_CARD = 0x80100066
    W_UNPOWERED_CARD = 0x80100067
    W_RESET_CARD = 0x80100068
    W_REMOVED_CARD = 0x80100069
    W_SECURITY_VIOLATION = 0x8010006A


class ShareMode(IntEnum):
    """How a connection wants to share the card."""

    EXCLUSIVE = 1
    SHARED = 2
    DIRECT = 3


class Disposition(IntEnum):
    """What happens to the card at disconnect, reconnect, or the end of a transaction."""

    LEAVE = 0
    RESET = 1
    UNPOWER = 2
    EJECT = 3


class Protocol(IntFlag):
    """Transmission protocols; `ANY_OLD` is what clients of old sent for "T=0 or T=1"."""

    UNDEFINED = 0x0000
    T0 = 0x0001
    T1 = 0x0002
    RAW = 0x0004
    T15 = 0x0008
    ANY_OLD = 0x1000


class ReaderBits(IntFlag):
    """The state word of a reader as the daemon keeps it (the library turns it into SCARD_STATE_*)."""

    UNKNOWN = 0x0001
    ABSENT = 0x0002
    PRESENT = 0x0004
    SWALLOWED = 0x0008
    POWERED = 0x0010
    NEGOTIABLE = 0x0020
    SPECIFIC = 0x0040


class Sharing(IntEnum):
    """The `sharing` word of a reader state: the number of connections, or -1."""

    EXCLUSIVE = -1
    NONE = 0
    LAST = 1


class Attribute(IntEnum):
    """SCARD_ATTR_*: class in the high half, tag in the low half."""

    VENDOR_NAME = 0x00010100
    VENDOR_IFD_TYPE = 0x00010101
    VENDOR_IFD_VERSION = 0x00010102
    VENDOR_IFD_SERIAL_NO = 0x00010103
    CHANNEL_ID = 0x00020110
    ICC_PRESENCE = 0x00090300
    ICC_INTERFACE_STATUS = 0x00090301
    ATR_STRING = 0x00090303
    MAXINPUT = 0x0007A007
    DEVICE_FRIENDLY_NAME = 0x7FFF0003
    DEVICE_SYSTEM_NAME = 0x7FFF0004


def control_code(code: int) -> int:
    """SCARD_CTL_CODE of pcsc-lite."""
    return 0x42000000 + code


class Control(IntEnum):
    """Control codes of this daemon. The feature codes are ours to choose, the two others are fixed."""

    GET_FEATURE_REQUEST = 0x42000000 + 3400
    GET_USB_PATH = 0x42000000 + 3601  # libccid from 1.7.1 on
    VERIFY_PIN_DIRECT = 0x42330006
    MODIFY_PIN_DIRECT = 0x42330007
    PIN_PROPERTIES = 0x4233000A
    TLV_PROPERTIES = 0x42330012


class Feature(IntEnum):
    """Tags of the feature list (PC/SC v2 part 10, 2.3)."""

    VERIFY_PIN_DIRECT = 0x06
    MODIFY_PIN_DIRECT = 0x07
    PIN_PROPERTIES = 0x0A
    TLV_PROPERTIES = 0x12
