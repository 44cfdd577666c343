"""A job that was given up sends no PIN any more: its owner wipes the buffer as soon as it is told."""

import pytest

from cardd import errors
from cardd.iso7816.apdu import CommandApdu
from cardd.iso7816.connection import InsertionNotes
from cardd.pcsc.connection import PcscConnection
from cardd.pcsc.job_clock import JobClock
from cardd.pcsc.part10 import ReaderFeatures
from tests.unit.cardd.pcsc.fake_pcsc import FakePcsc


class GivenUpMeanwhile(JobClock):
    """The limit passes right after the first look at it, while the command is being put into octets."""

    looks = 0

    @property
    def abandoned(self) -> bool:
        self.looks += 1
        return self.looks > 1


@pytest.mark.proves("P4", "P6", "C7")
def test_a_pin_that_may_be_wiped_already_is_not_sent() -> None:
    sent: list[list[int]] = []

    def answer(command: list[int]) -> tuple[int, list[int]]:
        sent.append(command)
        return 0, [0x63, 0xC1]

    fake = FakePcsc()
    fake.plug("R", atr=b"\x3b\x00", answer=answer)
    _, context = fake.establish_context()
    _, card, protocol = fake.connect(context, "R", 1, 3)
    connection = PcscConnection(
        fake,
        card,
        protocol,
        atr=b"\x3b\x00",
        notes=InsertionNotes(),
        features=ReaderFeatures(),
        clock=GivenUpMeanwhile(30, 10),
    )
    verify = CommandApdu(0x00, 0x20, 0x00, 0x80, bytearray(b"\x00\x0034"), secret=True)
    with pytest.raises(errors.CardNoAnswer):
        connection.transmit(verify)
    assert sent == []
