"""The card holder unique identifier of a PIV badge: the GUID in it (SP 800-73-4 part 1, 3.1.2 and table 9)."""

from cardd.iso7816.tlv import read_header

OBJECT = 0x53
GUID = 0x34
GUID_LENGTH = 16


def guid_of(chuid: bytes | None) -> str | None:
    """The card UUID, 32 lower-case hex digits, from the beginning of a CHUID object; None where there is none.

    `chuid` may be cut behind the GUID: the first 64 bytes are enough. Raises `CardBadAnswer` for broken TLV.
    """
    if not chuid:
        return None
    outer = read_header(chuid)
    if outer is None or outer.tag != OBJECT:
        return None
    place = outer.size
    while (header := read_header(chuid, place)) is not None and place + header.total <= len(chuid):
        if header.tag == GUID and header.length == GUID_LENGTH:
            return chuid[place + header.size : place + header.total].hex()
        place += header.total
    return None
