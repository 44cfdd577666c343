"""TLV templates in PIV commands: taken apart once, every mistake a 6A80."""

from applets_spec.iso7816 import CardRefusal, StatusWord, read_tlvs


def only(encoded: bytes, tag: int) -> bytes:
    """The value of the one object `encoded` consists of, which must have that tag."""
    objects = list(read_tlvs(encoded))
    if len(objects) != 1 or objects[0][0] != tag:
        raise CardRefusal(StatusWord.WRONG_DATA)
    return objects[0][1]


def members(encoded: bytes, *allowed: int) -> dict[int, bytes]:
    """The objects in a template by tag: only the allowed ones, each at most once."""
    found: dict[int, bytes] = {}
    for tag, value in read_tlvs(encoded):
        if tag not in allowed or tag in found:
            raise CardRefusal(StatusWord.WRONG_DATA)
        found[tag] = value
    return found
