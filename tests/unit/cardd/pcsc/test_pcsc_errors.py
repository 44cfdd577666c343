import pytest

from cardd import errors
from cardd.pcsc.contexts import Contexts
from cardd.pcsc.errors import SERVICE_LOST, Pcsc, pcsc_error
from tests.unit.cardd.pcsc.fake_pcsc import FakePcsc


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (0x8010000C, errors.CardAbsent),
        (0x80100069, errors.CardRemoved),
        (0x80100016, errors.CardRemoved),
        (0x8010000B, errors.ReaderBusy),
        (0x80100068, errors.ReaderBusy),
        (0x80100066, errors.CardUnsupported),
        (0x80100009, errors.ReaderUnknown),
        (0x8010006A, errors.PcscRefused),
        (0x80100013, errors.PcscDown),
        (0x8010001D, errors.PcscDown),
        (0x8010001E, errors.PcscDown),
        (0x80100003, errors.PcscDown),
    ],
    ids=lambda value: f"{value:08X}" if isinstance(value, int) else value.code,
)
def test_code_becomes_error(code: int, expected: type[errors.CarddError]) -> None:
    error = pcsc_error(code, "SCardTransmit")
    assert type(error) is expected
    assert (error.facts.pcsc_code, error.facts.command) == (code, "SCardTransmit")


def test_code_without_a_row_is_named_by_its_number() -> None:
    error = pcsc_error(0x801000FE, "SCardConnect")
    assert type(error) is errors.Internal
    assert (error.facts.problem, error.facts.pcsc_code) == ("code_unknown", 0x801000FE)


@pytest.mark.proves("C10", "fault 40")
def test_the_four_codes_of_a_lost_service() -> None:
    assert frozenset({0x80100013, 0x8010001D, 0x8010001E, 0x80100003}) == SERVICE_LOST


@pytest.mark.proves("fault 142")
def test_a_pcscd_that_let_us_in_before_is_full_and_does_not_refuse_us() -> None:
    fake = FakePcsc()
    contexts = Contexts(fake)
    contexts.open()
    fake.establish_codes = [Pcsc.SECURITY_VIOLATION]
    with pytest.raises(errors.PcscFull) as caught:
        contexts.open()
    assert caught.value.facts.pcsc_code == 0x8010006A
    assert caught.value.facts.problem == "too_many_clients"


def test_a_pcscd_that_never_let_us_in_refuses() -> None:
    fake = FakePcsc()
    fake.establish_codes = [Pcsc.SECURITY_VIOLATION]
    with pytest.raises(errors.PcscRefused):
        Contexts(fake).open()
