"""PINs of cards: their shape before the card is touched, the one VERIFY, and what its status word says (requirements C6, P1, P4)."""

from collections.abc import Callable

from cardd.errors import (
    CardBadAnswer,
    CarddError,
    CardItemAbsent,
    CardNoAnswer,
    CardRemoved,
    PinCancelled,
    PinFormat,
    PinNowBlocked,
    PinRejected,
    PinTimeout,
    PinUnknown,
    PinWasBlocked,
)
from cardd.iso7816 import commands
from cardd.iso7816.apdu import CommandApdu, ResponseApdu
from cardd.iso7816.connection import SmartCardConnection
from cardd.iso7816.files import reference_of, select_file
from cardd.iso7816.status import BLOCKED, SFI_REFUSED, StatusWord, tries_left
from cardd.model import CardOutcome, PinKind, PinOutcome, PinShape
from cardd.pin import Pin

DIGITS = frozenset(b"0123456789")
LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
ALPHABETS = {"digits": DIGITS, "upper_alnum": DIGITS | LETTERS}

VERIFY = "VERIFY"
NOT_THERE = frozenset({StatusWord.NOT_FOUND, StatusWord.REFERENCE_NOT_FOUND})
PAD_REFUSALS: dict[int, type[CarddError]] = {
    StatusWord.PAD_TIMEOUT: PinTimeout,
    StatusWord.PAD_CANCELLED: PinCancelled,
    StatusWord.PAD_WRONG_LENGTH: PinFormat,
}
"""Status words that come from the reader's pad: the card saw nothing (PC/SC part 10 v2.02.09, 2.5.4)."""


def check_shape(pin: Pin, shape: PinShape, which: PinKind) -> None:
    """Raise `PinFormat` unless `pin` looks as this card wants it. Lower case is not raised to upper case here (decision: shapes)."""
    octets = pin.octets
    fits = shape.shortest <= len(octets) <= shape.longest and ALPHABETS[shape.alphabet].issuperset(octets)
    if fits and shape.needs_letter_and_digit:
        fits = not DIGITS.isdisjoint(octets) and not LETTERS.isdisjoint(octets)
    if not fits:
        raise PinFormat(which=which, pin=PinOutcome.UNTOUCHED)


def ask_tries(connection: SmartCardConnection, reference: int) -> ResponseApdu:
    """The status question as 4 bytes, or with Le where card or reader refuse case 1 with 6700; the latter is remembered."""
    notes = connection.notes
    answer = connection.transmit(commands.verify_status(reference, with_le=notes.status_query_needs_le))
    if answer.sw == StatusWord.WRONG_LENGTH and not notes.status_query_needs_le:
        answer = connection.transmit(commands.verify_status(reference, with_le=True))
        notes.status_query_needs_le = answer.sw != StatusWord.WRONG_LENGTH
    return answer


def ask_tries_of_file(connection: SmartCardConnection, ef: int) -> ResponseApdu:
    """The status question for a PIN that is an EF, by short identifier, else after SELECT EF. Raises `CardItemAbsent`, `CardBadAnswer`.

    Asked before VERIFY it also settles which form VERIFY uses: that one is never tried in two forms.
    """
    by_sfi = connection.notes.files_by_sfi
    answer = ask_tries(connection, reference_of(connection, ef))
    if by_sfi and answer.sw in SFI_REFUSED:
        select_file(connection, ef)
        answer = ask_tries(connection, commands.SPECIFIC_REFERENCE)
        connection.notes.files_by_sfi = answer.sw in SFI_REFUSED
    return answer


def read_tries(answer: ResponseApdu, which: PinKind) -> tuple[int | None, bool]:
    """What the status question told: tries left (None = not told) and whether the PIN counts as verified.

    Raises `CardItemAbsent` when there is no such PIN, `CardBadAnswer` for a status word with another meaning.
    """
    if answer.sw in BLOCKED:
        return 0, False
    if answer.sw in NOT_THERE:
        raise CardItemAbsent(command=VERIFY, sw=answer.sw, which=which)
    count = tries_left(answer.sw)
    verified = answer.sw == StatusWord.SUCCESS
    if count is None and not verified and answer.sw != StatusWord.WRONG_NO_COUNT:
        raise CardBadAnswer(command=VERIFY, sw=answer.sw, which=which)
    return count, verified


def verify(connection: SmartCardConnection, command: CommandApdu, which: PinKind) -> None:
    """Send VERIFY `command` once. Returns when the PIN is right.

    Raises `PinRejected`, `PinNowBlocked`, `PinWasBlocked`, `CardBadAnswer` (not understood, count unknown), and `PinUnknown`
    when card or reader went silent and a try may be spent.
    """
    judge_verify(_once(lambda: connection.transmit(command), which, VERIFY), which, VERIFY)


def verify_on_pad(
    connection: SmartCardConnection, reference: int, which: PinKind, shape: PinShape, *, padded_to: int | None = None
) -> None:
    """Let the person enter the PIN on the reader's pad. Raises as `verify`, and `PinTimeout`, `PinCancelled`, `PinFormat`."""
    if not shape.numeric:
        raise PinFormat(which=which, pin=PinOutcome.UNTOUCHED, problem="not_for_a_pad")
    command = commands.verify_header(reference)
    answer = _once(lambda: connection.verify_on_pad(command, shape, padded_to=padded_to), which, VERIFY)
    refusal = PAD_REFUSALS.get(answer.sw)
    if refusal is not None:
        raise refusal(command=VERIFY, sw=answer.sw, which=which, pin=PinOutcome.UNTOUCHED)
    judge_verify(answer, which, VERIFY)


def change(connection: SmartCardConnection, command: CommandApdu, which: PinKind) -> None:
    """Send CHANGE REFERENCE DATA `command` once. Raises as `verify`, and `PinFormat` when the card refuses the new value (6A80)."""
    name = "CHANGE REFERENCE DATA"
    answer = _once(lambda: connection.transmit(command), which, name)
    if answer.sw == StatusWord.WRONG_DATA:
        raise PinFormat(command=name, sw=answer.sw, which=which)
    judge_verify(answer, which, name)


def judge_verify(answer: ResponseApdu, which: PinKind, command: str) -> None:
    """Turn the answer to VERIFY or CHANGE REFERENCE DATA into the error it stands for; 9000 passes.

    Tries left come from 63Cx alone; 63C0 = this try was the last; 6983 and 6984 = blocked before; 6300 = wrong, count unknown;
    anything else = not understood (requirement C6).
    """
    sw = answer.sw
    if sw == StatusWord.SUCCESS:
        return
    count = tries_left(sw)
    if sw in BLOCKED:
        raise PinWasBlocked(command=command, sw=sw, which=which, tries_left=0)
    if count == 0:
        raise PinNowBlocked(command=command, sw=sw, which=which, tries_left=0, pin=PinOutcome.SPENT)
    if count is not None or sw == StatusWord.WRONG_NO_COUNT:
        raise PinRejected(command=command, sw=sw, which=which, tries_left=count, pin=PinOutcome.SPENT)
    raise CardBadAnswer(command=command, sw=sw, which=which, pin=PinOutcome.MAY_BE_SPENT)


def _once(send: Callable[[], ResponseApdu], which: PinKind, name: str) -> ResponseApdu:
    """Send a secret. When it fails on the way nobody knows what the card made of it, and the error says so."""
    try:
        return send()
    except CardBadAnswer as error:
        error.with_outcome(pin=PinOutcome.MAY_BE_SPENT)
        raise
    except CarddError as error:
        lost = error.facts.pcsc_code is not None or isinstance(error, CardRemoved | CardNoAnswer)
        if not lost:
            raise
        raise _outcome_unknown(error, which, name) from error


def _outcome_unknown(error: CarddError, which: PinKind, command: str) -> PinUnknown:
    gone = CardOutcome.REMOVED if isinstance(error, CardRemoved) else None
    code = error.facts.pcsc_code
    return PinUnknown(command=command, which=which, pcsc_code=code, card=gone, pin=PinOutcome.MAY_BE_SPENT)
