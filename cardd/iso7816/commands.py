"""The commands that cardd sends to cards, each as a small function that builds one `CommandApdu`. Nothing is sent here."""

from enum import IntEnum, unique

from cardd.iso7816 import tlv
from cardd.iso7816.apdu import EXTENDED_LE_MAX, SHORT_LE_MAX, CommandApdu

INTERINDUSTRY = 0x00
JICSAP = 0x80
"""Class byte of COMPUTE DIGITAL SIGNATURE on Japanese cards (OpenSC card-jpki.c; jpki/myna src/reader.rs)."""

SELECT_BY_AID = 0x04
SELECT_EF_UNDER_DF = 0x02
NO_FCI = 0x0C
FIRST_FCI = 0x00
"""P1 and P2 of SELECT (ISO/IEC 7816-4:2020, 11.2.2, tables 62 and 63)."""

SFI_IN_P1 = 0x80
SPECIFIC_REFERENCE = 0x80
"""P2 of VERIFY: reference inside the current application, bits 1 to 5 its number; 0 = the current EF (JICSAP)."""
LOG_OUT = 0xFF
"""P1 of VERIFY that ends the verified state (ISO/IEC 7816-4:2020, 11.6.6; SP 800-73-4 part 2, 3.2.1)."""
NEW_ONLY = 0x01
"""P1 of CHANGE REFERENCE DATA: data is the new value alone (ISO/IEC 7816-4:2020, 11.6.7)."""
CURRENT_DF = 0x3FFF
"""P1-P2 of GET DATA with a tag list (SP 800-73-4 part 2, 3.1.2)."""
TAG_LIST = 0x5C
DISCRETIONARY_DATA = 0x53
NO_TOUCH = 0xFF
"""P2 of SET MANAGEMENT KEY: nobody needs to touch the token (docs.yubico.com, PIV APDU reference, Set management key)."""
KEY_GENERATION_S = 120.0
"""RSA-2048 in software of a Java Card takes half a minute and more; where the card is lucky with its primes, two seconds."""


@unique
class Ins(IntEnum):
    """Instruction bytes (ISO/IEC 7816-4:2020, table 4; ISO/IEC 7816-8)."""

    VERIFY = 0x20
    CHANGE_REFERENCE_DATA = 0x24
    PERFORM_SECURITY_OPERATION = 0x2A
    RESET_RETRY_COUNTER = 0x2C
    GENERATE_ASYMMETRIC_KEY_PAIR = 0x47
    GENERAL_AUTHENTICATE = 0x87
    SELECT = 0xA4
    READ_BINARY = 0xB0
    GET_DATA = 0xCB
    PUT_DATA = 0xDB
    SET_MANAGEMENT_KEY = 0xFF
    """No command of ISO/IEC 7816: Yubico's, and PivApplet's after it."""


def select_application(aid: bytes, *, fci: bool = False) -> CommandApdu:
    """SELECT by AID (5 to 16 bytes). Japanese cards give no answer data (P2 = 0C); PIV wants to (`fci`)."""
    if fci:
        return CommandApdu(INTERINDUSTRY, Ins.SELECT, SELECT_BY_AID, FIRST_FCI, aid, SHORT_LE_MAX)
    return CommandApdu(INTERINDUSTRY, Ins.SELECT, SELECT_BY_AID, NO_FCI, aid)


def select_file(ef: int) -> CommandApdu:
    """SELECT an EF of the current application by its 2-byte identifier."""
    return CommandApdu(INTERINDUSTRY, Ins.SELECT, SELECT_EF_UNDER_DF, NO_FCI, ef.to_bytes(2, "big"))


def read_binary(offset: int, length: int) -> CommandApdu:
    """READ BINARY of the current EF: `length` 1 to 256 bytes from `offset` 0 to 32,767 (ISO/IEC 7816-4:2020, 11.3.3)."""
    return CommandApdu(INTERINDUSTRY, Ins.READ_BINARY, offset >> 8 & 0x7F, offset & 0xFF, le=length)


def read_binary_sfi(sfi: int, length: int) -> CommandApdu:
    """READ BINARY from the start of the EF with short identifier `sfi` (1 to 30), which becomes the current EF."""
    return CommandApdu(INTERINDUSTRY, Ins.READ_BINARY, SFI_IN_P1 | sfi, 0x00, le=length)


def verify_status(reference: int, *, with_le: bool = False) -> CommandApdu:
    """VERIFY without data: the tries left, none is used. Four bytes, or five where a reader refuses case 1."""
    return CommandApdu(INTERINDUSTRY, Ins.VERIFY, 0x00, reference, le=SHORT_LE_MAX if with_le else None)


def verify(reference: int, value: bytearray) -> CommandApdu:
    """VERIFY with the PIN as it is. `value` must not be empty: that would be the status question (requirement P1)."""
    if not value:
        raise ValueError("VERIFY without a value is another command")
    return CommandApdu(INTERINDUSTRY, Ins.VERIFY, 0x00, reference, value, secret=True)


def verify_header(reference: int) -> CommandApdu:
    """VERIFY for a PIN pad: the reader puts the value in."""
    return CommandApdu(INTERINDUSTRY, Ins.VERIFY, 0x00, reference, secret=True)


def log_out(reference: int) -> CommandApdu:
    """VERIFY that ends the verified state of `reference`."""
    return CommandApdu(INTERINDUSTRY, Ins.VERIFY, LOG_OUT, reference)


def change_to(reference: int, new: bytearray) -> CommandApdu:
    """CHANGE REFERENCE DATA after a successful VERIFY of the old value."""
    return CommandApdu(INTERINDUSTRY, Ins.CHANGE_REFERENCE_DATA, NEW_ONLY, reference, new, secret=True)


def change_from_to(reference: int, old_and_new: bytearray) -> CommandApdu:
    """CHANGE REFERENCE DATA with old and new value, each of the card's fixed length, one behind the other."""
    return CommandApdu(INTERINDUSTRY, Ins.CHANGE_REFERENCE_DATA, 0x00, reference, old_and_new, secret=True)


def compute_signature(reference: int, digest_info: bytes) -> CommandApdu:
    """COMPUTE DIGITAL SIGNATURE in the form of Japanese cards: the card adds PKCS#1 v1.5 padding to `digest_info`."""
    ins = Ins.PERFORM_SECURITY_OPERATION
    return CommandApdu(JICSAP, ins, 0x00, reference, digest_info, SHORT_LE_MAX)


def get_data(tag: bytes, *, first_part_only: bool = False) -> CommandApdu:
    """GET DATA of one PIV object (tag 1 to 3 bytes); whole, or as much as comes in one answer."""
    le = SHORT_LE_MAX if first_part_only else EXTENDED_LE_MAX
    high, low = CURRENT_DF >> 8, CURRENT_DF & 0xFF
    data = bytes((TAG_LIST, len(tag))) + tag
    return CommandApdu(INTERINDUSTRY, Ins.GET_DATA, high, low, data, le, first_part_only=first_part_only)


def general_authenticate(algorithm: int, key: int, template: bytes) -> CommandApdu:
    """GENERAL AUTHENTICATE with key reference `key` over a `7C` template (SP 800-73-4 part 2, 3.2.4)."""
    return CommandApdu(INTERINDUSTRY, Ins.GENERAL_AUTHENTICATE, algorithm, key, template, SHORT_LE_MAX)


def put_data(tag: bytes, content: bytes) -> CommandApdu:
    """PUT DATA of one PIV object, `53` around its content; no content empties it (SP 800-73-4 part 2, 3.3.1)."""
    data = tlv.encode(TAG_LIST, tag) + tlv.encode(DISCRETIONARY_DATA, content)
    return CommandApdu(INTERINDUSTRY, Ins.PUT_DATA, CURRENT_DF >> 8, CURRENT_DF & 0xFF, data)


def generate_key_pair(key: int, control: bytes) -> CommandApdu:
    """GENERATE ASYMMETRIC KEY PAIR for key reference `key` after an `AC` template (SP 800-73-4 part 2, 3.3.2)."""
    ins = Ins.GENERATE_ASYMMETRIC_KEY_PAIR
    return CommandApdu(INTERINDUSTRY, ins, 0x00, key, control, SHORT_LE_MAX, patience_s=KEY_GENERATION_S)


def reset_retry_counter(reference: int, puk_and_new: bytearray) -> CommandApdu:
    """RESET RETRY COUNTER with PUK and new PIN, each of the card's fixed length, one behind the other (SP 800-73-4 part 2, 3.2.3)."""
    return CommandApdu(INTERINDUSTRY, Ins.RESET_RETRY_COUNTER, 0x00, reference, puk_and_new, secret=True)


def set_management_key(key: bytearray) -> CommandApdu:
    """SET MANAGEMENT KEY, a vendor's command: algorithm, `9B`, length, octets (docs.yubico.com, PIV APDU reference)."""
    return CommandApdu(INTERINDUSTRY, Ins.SET_MANAGEMENT_KEY, 0xFF, NO_TOUCH, key, secret=True)
