from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.errors import ReaderBusy
from cardd.model import ReaderName
from cardd.pcsc.contexts import Contexts
from cardd.pcsc.errors import Pcsc
from cardd.pcsc.traits import (
    ATTR_CHANNEL_ID,
    ATTR_SERIAL,
    TraitsAsker,
    UsbAddress,
    ask_traits,
    usb_address,
    usb_port,
)
from cardd.ports import ReaderTraits
from tests.unit.cardd.pcsc.fake_pcsc import FakePcsc

LEFT, RIGHT = ReaderName("Sony RC-S300 00 00"), ReaderName("Sony RC-S300 01 00")


def usb_tree(root: Path, **devices: tuple[int, int]) -> Path:
    for port, (bus, address) in devices.items():
        folder = root / port.replace("_", "-").replace("p", ".")
        folder.mkdir(parents=True)
        (folder / "busnum").write_text(f"{bus}\n")
        (folder / "devnum").write_text(f"{address}\n")
    (root / "usb1").mkdir(exist_ok=True)
    (root / "1-4:1.0").mkdir(exist_ok=True)
    return root


def channel(bus: int, address: int, size: int = 4) -> bytes:
    return (0x0020_0000 | bus << 8 | address).to_bytes(size, "little")


@pytest.mark.parametrize("size", [4, 8])
def test_usb_address_out_of_the_channel_id(size: int) -> None:
    assert usb_address(channel(1, 23, size)) == UsbAddress(1, 23)


@pytest.mark.proves("C11")
@pytest.mark.parametrize("value", [b"", b"\0\0\0\0", b"\1\0\1\0", b"\0"], ids=["none", "zero", "serial", "short"])
def test_a_reader_without_usb_channel_is_virtual(value: bytes) -> None:
    fake = FakePcsc()
    fake.plug(LEFT, attributes={ATTR_CHANNEL_ID: value} if value else {})
    assert ask_traits(fake, Contexts(fake), LEFT).virtual


@given(st.binary(max_size=16))
def test_any_channel_id_is_an_address_or_none(value: bytes) -> None:
    place = usb_address(value)
    assert place is None or (place.bus < 256 and place.address < 256)


@pytest.mark.proves("fault 48", "fault 36", "C11")
def test_the_port_stays_when_names_and_addresses_change(tmp_path: Path) -> None:
    before = usb_tree(tmp_path / "before", **{"1_4p2": (1, 5), "1_4p3": (1, 6)})
    after = usb_tree(tmp_path / "after", **{"1_4p2": (1, 9), "1_4p3": (1, 8)})
    fake = FakePcsc()
    fake.plug(LEFT, attributes={ATTR_CHANNEL_ID: channel(1, 5)})
    fake.plug(RIGHT, attributes={ATTR_CHANNEL_ID: channel(1, 6)})
    contexts = Contexts(fake)
    assert ask_traits(fake, contexts, LEFT, before).usb_path == "1-4.2"
    assert ask_traits(fake, contexts, RIGHT, before).usb_path == "1-4.3"
    # The hub was reset: pcscd found the readers in the other order.
    fake.readers[LEFT].attributes[ATTR_CHANNEL_ID] = channel(1, 8)
    fake.readers[RIGHT].attributes[ATTR_CHANNEL_ID] = channel(1, 9)
    assert ask_traits(fake, contexts, LEFT, after).usb_path == "1-4.3"
    assert ask_traits(fake, contexts, RIGHT, after).usb_path == "1-4.2"


def test_a_device_that_is_not_there_has_no_port(tmp_path: Path) -> None:
    assert usb_port(UsbAddress(3, 3), usb_tree(tmp_path, **{"1_4": (1, 5)})) is None
    assert usb_port(UsbAddress(3, 3), tmp_path / "no such folder") is None


def test_the_drivers_own_word_for_the_path_comes_first(tmp_path: Path) -> None:
    fake = FakePcsc()
    attributes = {ATTR_CHANNEL_ID: channel(1, 5)}
    fake.plug(LEFT, attributes=attributes, controls={0x42000000 + 3601: b"1-4.2.1\0"})
    assert ask_traits(fake, Contexts(fake), LEFT, usb_tree(tmp_path, **{"1_4": (1, 5)})).usb_path == "1-4.2.1"


@pytest.mark.parametrize("told", [b"../../etc", b"\xff\xfe", b"", b"1-4.2\n; rm"], ids=repr)
def test_a_path_of_another_shape_is_not_believed(told: bytes, tmp_path: Path) -> None:
    fake = FakePcsc()
    fake.plug(LEFT, attributes={ATTR_CHANNEL_ID: channel(1, 5)}, controls={0x42000000 + 3601: told})
    assert ask_traits(fake, Contexts(fake), LEFT, usb_tree(tmp_path, **{"1_4": (1, 5)})).usb_path == "1-4"


@pytest.mark.parametrize(
    ("value", "serial"),
    [(b"53391234\0", "53391234"), (b"\x1b[31m", None), (b"\xff", None), (b"x" * 65, None), (b"\0", None)],
    ids=["good", "escape", "not ASCII", "long", "empty"],
)
def test_serial_is_printable_or_none(value: bytes, serial: str | None) -> None:
    fake = FakePcsc()
    fake.plug(LEFT, attributes={ATTR_SERIAL: value})
    assert ask_traits(fake, Contexts(fake), LEFT).serial == serial


def test_asking_leaves_no_context_behind() -> None:
    fake = FakePcsc()
    fake.plug(LEFT)
    ask_traits(fake, Contexts(fake), LEFT)
    fake.connect_codes = [Pcsc.SHARING_VIOLATION]
    with pytest.raises(ReaderBusy):
        ask_traits(fake, Contexts(fake), LEFT)
    assert fake.contexts == set()


def test_a_reader_held_by_another_program_tells_nothing_for_now() -> None:
    fake = FakePcsc()
    fake.plug(LEFT)
    asker = TraitsAsker(fake, Contexts(fake))
    fake.connect_codes = [Pcsc.SHARING_VIOLATION]
    assert asker(LEFT) is None
    assert asker(LEFT) == ReaderTraits()
