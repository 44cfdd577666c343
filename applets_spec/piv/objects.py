"""The badge's data objects: finding them by tag, putting new ones in. PIN and management key are looked at by the applet."""

from base64 import b64decode, b64encode
from collections.abc import Mapping

from applets_spec.iso7816 import CardRefusal, Command, StatusWord, read_tlvs, tlv
from applets_spec.piv.spec import BARE_OBJECTS, DATA, LARGEST_OBJECT, OBJECTS, TAG_LIST
from applets_spec.piv.templates import only


def requested_tag(command: Command) -> int:
    """Which object GET DATA names. 6A80 when the tag list is broken, 6A82 when there is no such object on any badge."""
    name = only(command.data, TAG_LIST)
    tag = int.from_bytes(name)
    if tag not in OBJECTS:
        raise CardRefusal(StatusWord.FILE_NOT_FOUND)
    return tag


def find(objects: Mapping[int, bytes], tag: int) -> bytes:
    """The object as it travels: inside 53, or under its own tag. 6A82 when it is not there."""
    content = objects.get(tag)
    if content is None:
        raise CardRefusal(StatusWord.FILE_NOT_FOUND)
    return tlv(tag if tag in BARE_OBJECTS else DATA, content)


def put(objects: dict[int, bytes], command: Command) -> None:
    """Store what PUT DATA brings; an empty object deletes (piv.put-data)."""
    tag, content = _named_content(command.data)
    if len(content) > LARGEST_OBJECT:
        raise CardRefusal(StatusWord.NO_SPACE)
    if content:
        objects[tag] = content
    else:
        objects.pop(tag, None)


def _named_content(data: bytes) -> tuple[int, bytes]:
    """`5C tag, 53 content`, or one of the objects that travel under their own tag."""
    parts = list(read_tlvs(data))
    if len(parts) == 1 and parts[0][0] in BARE_OBJECTS:
        return parts[0]
    if len(parts) != 2 or (parts[0][0], parts[1][0]) != (TAG_LIST, DATA):
        raise CardRefusal(StatusWord.WRONG_DATA)
    tag = int.from_bytes(parts[0][1])
    if tag not in OBJECTS - BARE_OBJECTS:
        raise CardRefusal(StatusWord.FUNCTION_NOT_SUPPORTED)
    return tag, parts[1][1]


def to_state(objects: Mapping[int, bytes]) -> dict[str, str]:
    """Objects by tag, for the card file."""
    return {f"{tag:X}": b64encode(content).decode() for tag, content in objects.items()}


def from_state(state: Mapping[str, str]) -> dict[int, bytes]:
    """Read objects from a card file. Raises `ValueError` for a tag that no badge has."""
    objects = {int(tag, 16): b64decode(content, validate=True) for tag, content in state.items()}
    if unknown := objects.keys() - OBJECTS:
        raise ValueError(f"no PIV objects: {sorted(unknown)}")
    return objects
