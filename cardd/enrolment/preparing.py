"""A factory badge gets the office's PUK and its holder's PIN, and goes on wherever an earlier run was broken off.

Shared by enrolment under the gate and by the first set-up, which has no gate yet.
"""

from datetime import date

from cardd.cards.card_type import CardType
from cardd.cards.piv_admin import BadgeCondition
from cardd.cards.piv_puk import FACTORY_PUK
from cardd.enrolment.card_steps import CardSteps
from cardd.enrolment.course import PIN_WRONG, Course, Done, Puk
from cardd.enrolment.secrets import BadgeMasterKey
from cardd.errors import BadgeUnfit, PinRejected, PukRejected
from cardd.model import PinKind
from cardd.pin import Pin

CARD_YEARS = 6
"""How long the badge itself may be used, as its CHUID says (FIPS 201-3, 2.9.1: no longer than six years); certificates end earlier."""


def check_factory_pin(card_type: CardType, found: BadgeCondition) -> None:
    """Whether the PIN can be the factory's, as far as that costs no try: its counter is full. Raises `BadgeUnfit`."""
    full = card_type.pins[PinKind.BADGE].tries
    if found.pin_tries is None or full is None or found.pin_tries < full:
        raise BadgeUnfit(problem="pin_not_factory", tries_left=found.pin_tries)


def card_ends(today: date) -> date:
    """What a badge's CHUID says of its end when it is made out today."""
    return today.replace(year=today.year + CARD_YEARS, day=min(today.day, 28))


async def own_puk(course: Course, steps: CardSteps, master: BadgeMasterKey) -> None:
    """The derived PUK in the place of the factory's. What was lost before decides which one to try (`Course.next_puk`)."""
    while True:
        which = course.next_puk()
        course.puk_goes(which)
        old = Pin(bytearray(FACTORY_PUK)) if which is Puk.FACTORY else master.puk(bytes.fromhex(course.guid))
        try:
            with old:
                await steps.change_puk(old)
        except PukRejected as error:
            course.puk_was_wrong(which, error)
            continue
        course.note(Done.PUK)
        return


async def holders_pin(course: Course, steps: CardSteps, pin: Pin) -> None:
    """The holder's PIN: with the factory's, once. Where that was tried before, with the PUK, which costs the PIN no try."""
    if course.has(Done.PIN_SENT):
        if course.fact(PIN_WRONG) is not None:
            raise BadgeUnfit(problem="pin_not_factory")
        await steps.reset_pin(pin)
    else:
        course.note(Done.PIN_SENT)
        try:
            await steps.first_pin(pin)
        except PinRejected as error:
            course.note(Done.PIN_SENT, **{PIN_WRONG: "1"})
            raise BadgeUnfit(problem="pin_not_factory", tries_left=error.facts.tries_left) from error
    course.note(Done.PIN)
