"""The PC/SC calls that move data: transmit, control, and the attributes of a reader.

Source: LudovicRousseau/PCSC, `src/winscard.c`; the features of a PIN pad: PC/SC v2 part 10.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable

from applets_spec.insertion import CardGone
from applets_spec.pcscd import connections
from applets_spec.pcscd.numbers import Attribute, Control, Feature, Protocol, Result
from applets_spec.pcscd.pin_pad import BAD_BLOCK, BadBlock, PinBlock, PinPad, read_modify_block, read_verify_block
from applets_spec.pcscd.profile import PadProfile, ReaderProfile
from applets_spec.pcscd.reader import Reader

_log = logging.getLogger(__name__)

_USB_CHANNEL = 0x0020  # high half of CHANNEL_ID for a USB reader, as libccid writes it
_PAD_CONTROLS = {
    Feature.VERIFY_PIN_DIRECT: Control.VERIFY_PIN_DIRECT,
    Feature.MODIFY_PIN_DIRECT: Control.MODIFY_PIN_DIRECT,
    Feature.PIN_PROPERTIES: Control.PIN_PROPERTIES,
}
_OK_KEY = 0x02  # bEntryValidationCondition: the person presses OK


def transmit(reader: Reader, number: int, protocol: int, command: bytes) -> tuple[Result, bytes]:
    """SCardTransmit: the response APDU, or why there is none."""
    result = connections.status(reader, number)
    if result is Result.SUCCESS and not reader.has_card and protocol != Protocol.RAW:
        result = Result.E_NO_SMARTCARD
    if result is Result.SUCCESS and protocol not in (Protocol.RAW, Protocol.ANY_OLD, reader.protocol):
        result = Result.E_PROTO_MISMATCH
    if result is not Result.SUCCESS:
        return result, b""
    return _ask_card(reader, lambda: reader.slot.transmit(command))


def control(reader: Reader, number: int, code: int, data: bytes) -> tuple[Result, bytes]:
    """SCardControl: what the reader itself offers; unknown codes are unsupported."""
    result = reader.sharing.check(number)
    if result is not Result.SUCCESS:
        return result, b""
    if code == Control.GET_FEATURE_REQUEST:
        return Result.SUCCESS, feature_list(reader.profile)
    if code == Control.TLV_PROPERTIES:
        return Result.SUCCESS, tlv_properties(reader.profile)
    if code == Control.GET_USB_PATH and reader.profile.usb_path is not None:
        return Result.SUCCESS, reader.profile.usb_path.encode() + b"\0"
    if reader.slot.pad is not None:
        return _pad_control(reader, reader.slot.pad, code, data)
    return Result.E_UNSUPPORTED_FEATURE, b""


def get_attribute(reader: Reader, number: int, attribute: int) -> tuple[Result, bytes]:
    """SCardGetAttrib."""
    result = connections.status(reader, number)
    if result is not Result.SUCCESS:
        return result, b""
    value = _attribute(reader, attribute)
    return (Result.E_UNSUPPORTED_FEATURE, b"") if value is None else (Result.SUCCESS, value)


def feature_list(profile: ReaderProfile) -> bytes:
    """The answer to GET_FEATURE_REQUEST: six bytes a feature (tag, 04, control code big-endian)."""
    features = {Feature.TLV_PROPERTIES: Control.TLV_PROPERTIES}
    if profile.pad is not None:
        features |= _PAD_CONTROLS
    return b"".join(struct.pack(">BBI", tag, 4, code) for tag, code in sorted(features.items()))


def tlv_properties(profile: ReaderProfile) -> bytes:
    """The answer to GET_TLV_PROPERTIES (part 10, 2.6.14): tag, length, little-endian value."""
    entries = [_tlv(10, profile.max_input, 4)]
    if profile.pad is not None:
        pad = profile.pad
        entries = [
            _tlv(1, pad.display_columns | pad.display_lines << 8, 2),  # wLcdLayout
            _tlv(2, _OK_KEY, 1),
            _tlv(3, 0, 1),  # bTimeOut2: no second time-out
            _tlv(6, pad.min_digits, 1),
            _tlv(7, pad.max_digits, 1),
            *entries,
        ]
    return b"".join(entries)


def _tlv(tag: int, value: int, size: int) -> bytes:
    return bytes([tag, size]) + value.to_bytes(size, "little")


def _pad_control(reader: Reader, pad: PinPad, code: int, data: bytes) -> tuple[Result, bytes]:
    if code == Control.PIN_PROPERTIES:
        return Result.SUCCESS, _pin_properties(pad.profile)
    readers_of: dict[int, Callable[[bytes], PinBlock]] = {
        Control.VERIFY_PIN_DIRECT: read_verify_block,
        Control.MODIFY_PIN_DIRECT: read_modify_block,
    }
    if code not in readers_of:
        return Result.E_UNSUPPORTED_FEATURE, b""
    if not pad.profile.works:
        return Result.E_NOT_TRANSACTED, b""
    try:
        block = readers_of[code](data)
    except BadBlock:
        return Result.SUCCESS, BAD_BLOCK
    if not reader.has_card:
        return Result.E_NO_SMARTCARD, b""
    return _ask_card(reader, lambda: reader.slot.enter_pin(lambda: pad.enter(block)))


def _pin_properties(pad: PadProfile) -> bytes:
    """PIN_PROPERTIES_STRUCTURE (part 10, 2.5.5), 4 bytes."""
    return struct.pack("=HBB", pad.display_columns | pad.display_lines << 8, _OK_KEY, 0)


def _ask_card(reader: Reader, question: Callable[[], bytes]) -> tuple[Result, bytes]:
    try:
        return Result.SUCCESS, question()
    except CardGone:
        return reader.profile.lost_answer, b""
    except Exception:  # a defect of a virtual card ends its command, not the daemon
        _log.exception("the card in %r failed", reader.profile.name)
        return Result.E_NOT_TRANSACTED, b""


def _attribute(reader: Reader, attribute: int) -> bytes | None:
    profile = reader.profile
    values: dict[int, bytes | None] = {
        Attribute.ATR_STRING: reader.atr or None,
        Attribute.VENDOR_NAME: profile.vendor.encode() + b"\0",
        Attribute.VENDOR_IFD_TYPE: profile.name_bytes + b"\0",
        Attribute.VENDOR_IFD_SERIAL_NO: None if profile.serial is None else profile.serial.encode() + b"\0",
        Attribute.CHANNEL_ID: None if profile.usb is None else _channel(*profile.usb),
        Attribute.MAXINPUT: struct.pack("=I", profile.max_input),
        Attribute.ICC_PRESENCE: bytes([2 if reader.has_card else 0]),
        Attribute.ICC_INTERFACE_STATUS: bytes([1 if reader.has_card else 0]),
        Attribute.DEVICE_FRIENDLY_NAME: profile.name_bytes + b"\0",
        Attribute.DEVICE_SYSTEM_NAME: profile.name_bytes + b"\0",
    }
    return values.get(attribute)


def _channel(bus: int, device: int) -> bytes:
    return struct.pack("=I", _USB_CHANNEL << 16 | bus << 8 | device)
