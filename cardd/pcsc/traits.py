"""A reader's place and nature: USB port, serial number, PIN pad, extended APDUs, virtual or not."""

import logging
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from cardd.errors import CarddError
from cardd.model import ReaderName
from cardd.pcsc.calls import CardProtocol, Disposition, PcscCalls, Share, control_code
from cardd.pcsc.contexts import Contexts
from cardd.pcsc.errors import Pcsc, pcsc_error
from cardd.pcsc.part10 import ask_features
from cardd.ports import ReaderTraits

LOG = logging.getLogger(__name__)

SYS_USB = Path("/sys/bus/usb/devices")

ATTR_CHANNEL_ID = 0x00020110
"""SCARD_ATTR_CHANNEL_ID (PC/SC part 3, 4.2.2): 0xDDDDCCCC, DDDD = 0x0020 for USB, CCCC = bus and address."""
ATTR_SERIAL = 0x00010103
"""SCARD_ATTR_VENDOR_IFD_SERIAL_NO (PC/SC part 3)."""
GET_USB_PATH = 3601
"""Number of the control code by which libccid 1.7.1 and later tell the USB path as text (its example `get_usb_path.py`)."""
USB_CHANNEL = 0x0020

USB_PORT = re.compile(r"\d{1,3}-\d{1,3}(\.\d{1,3}){0,6}")
"""Kernel name of a USB port: bus, root port, and the ports of up to six hubs (Linux `Documentation/ABI/testing/sysfs-bus-usb`)."""
SERIAL_LONGEST = 64


@dataclass(frozen=True, slots=True)
class UsbAddress:
    """Where a USB device is now; changes with each plugging in."""

    bus: int
    address: int


def ask_traits(calls: PcscCalls, contexts: Contexts, reader: ReaderName, sys_usb: Path = SYS_USB) -> ReaderTraits:
    """Ask a reader what it is, over a connection to the reader alone. Blocks; opens and releases a context of its own.

    Raises `ReaderBusy` when another program holds it, and what `Contexts.open` raises.
    """
    context = contexts.open()
    try:
        code, card, _ = calls.connect(context, reader, Share.DIRECT, CardProtocol.NONE)
        if code != Pcsc.SUCCESS:
            raise pcsc_error(code, "SCardConnect")
        try:
            return _read_traits(calls, card, sys_usb)
        finally:
            # No card was spoken to over this connection, so there is no state of ours to clear.
            calls.disconnect(card, Disposition.LEAVE)
    finally:
        calls.release_context(context)


def _read_traits(calls: PcscCalls, card: int, sys_usb: Path) -> ReaderTraits:
    place = usb_address(_attribute(calls, card, ATTR_CHANNEL_ID))
    features = ask_features(calls, card)
    return ReaderTraits(
        usb_path=None if place is None else _told_path(calls, card) or usb_port(place, sys_usb),
        serial=_serial(_attribute(calls, card, ATTR_SERIAL)),
        virtual=place is None,
        pin_pad=features.verify_direct is not None,
        extended_apdus=features.extended_apdus,
    )


def usb_address(channel_id: bytes) -> UsbAddress | None:
    """Bus and address out of SCARD_ATTR_CHANNEL_ID (4 or 8 bytes, little endian); None = not a USB reader."""
    number = int.from_bytes(channel_id, "little")
    if number >> 16 != USB_CHANNEL:
        return None
    return UsbAddress(bus=number >> 8 & 0xFF, address=number & 0xFF)


def usb_port(place: UsbAddress, sys_usb: Path = SYS_USB) -> str | None:
    """Kernel name of the port (`1-4.2`) at which the device with this bus and address sits; None = nothing there."""
    wanted = (place.bus, place.address)
    for device in sorted(sys_usb.glob("*-*")):
        if USB_PORT.fullmatch(device.name) and (_number(device / "busnum"), _number(device / "devnum")) == wanted:
            return device.name
    return None


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text("ascii"))
    except (OSError, ValueError):  # the device went away while we looked, or is no device
        return None


def _told_path(calls: PcscCalls, card: int) -> str | None:
    code, answer = calls.control(card, control_code(GET_USB_PATH), [])
    told = answer.rstrip(b"\0").decode("ascii", "replace").strip()
    return told if code == Pcsc.SUCCESS and USB_PORT.fullmatch(told) else None


def _serial(value: bytes) -> str | None:
    text = value.rstrip(b"\0").decode("ascii", "replace").strip()
    return text if text and text.isprintable() and "\ufffd" not in text and len(text) <= SERIAL_LONGEST else None


def _attribute(calls: PcscCalls, card: int, attribute: int) -> bytes:
    code, value = calls.get_attribute(card, attribute)
    return value if code == Pcsc.SUCCESS else b""


ANSWER_LIMIT_S = 3.0
"""A reader that a silent card holds lets nobody connect, not even to the reader alone: the monitor must not wait with it."""
ASK_AGAIN_S = 5.0


class TraitsAsker:
    """Asks for traits without ever waiting long: each question runs on a thread of its own, abandoned when it takes over 3 s."""

    def __init__(
        self, calls: PcscCalls, contexts: Contexts, sys_usb: Path = SYS_USB, *, ask_again_s: float = ASK_AGAIN_S
    ) -> None:
        self._ask_again_s = ask_again_s
        self._calls = calls
        self._contexts = contexts
        self._sys_usb = sys_usb
        self._hanging: dict[ReaderName, threading.Thread] = {}
        self._asked_at: dict[ReaderName, float] = {}

    def __call__(self, reader: ReaderName) -> ReaderTraits | None:
        """The traits, or None when the reader does not tell them now (held by another program, or silent)."""
        if reader in self._hanging and self._hanging[reader].is_alive():
            return None
        answers: list[ReaderTraits] = []
        asking = threading.Thread(target=self._ask, args=(reader, answers), name="reader traits", daemon=True)
        asking.start()
        asking.join(ANSWER_LIMIT_S)
        self._hanging[reader] = asking
        self._asked_at[reader] = time.monotonic()
        return answers[0] if answers else None

    def may_ask_again(self, reader: ReaderName) -> bool:
        """Whether it is time for another try with a reader that did not tell."""
        return time.monotonic() - self._asked_at.get(reader, 0.0) >= self._ask_again_s

    def _ask(self, reader: ReaderName, answers: list[ReaderTraits]) -> None:
        try:
            answers.append(ask_traits(self._calls, self._contexts, reader, self._sys_usb))
        except CarddError as refusal:
            LOG.info("the reader does not say what it is: %s", refusal)
