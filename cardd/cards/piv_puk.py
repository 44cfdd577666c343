"""The PUK of a PIV card: another one, or with it a new PIN (SP 800-73-4 part 2, 3.2.2 and 3.2.3).

The PUK has a counter like a PIN. Each function sends exactly one command that may cost a try, and never sends it again.
"""

from cardd.cards import operator_card
from cardd.errors import CardBadAnswer, CarddError, PinFormat, PukBlocked, PukRejected
from cardd.iso7816 import commands, pins
from cardd.iso7816.apdu import CommandApdu, wipe
from cardd.iso7816.connection import SmartCardConnection
from cardd.iso7816.status import BLOCKED, StatusWord, tries_left
from cardd.model import PinKind, PinOutcome, PinShape
from cardd.pin import Pin

REFERENCE = 0x81
"""Key reference of the PUK (SP 800-73-4 part 1, table 4a)."""
SHAPE = PinShape(8, 8, "digits")
"""8 bytes of any value by the standard; ours are digits, as makers set them and arekinath/PivApplet wants them."""
FACTORY_PIN, FACTORY_PUK = b"123456", b"12345678"
"""What makers deliver cards with, published by them (docs.yubico.com, PIV PIN and PUK; arekinath/PivApplet README)."""


def change_puk(connection: SmartCardConnection, old: Pin, new: Pin) -> None:
    """CHANGE REFERENCE DATA with old and new PUK, 8 digits each: one try of the old one. The padded copy is wiped.

    Raises `PinFormat` before anything is sent, `PukRejected` (with the tries left), `PukBlocked`, `CardBadAnswer`, and what
    `SmartCardConnection.transmit` raises, which then says that a try may be spent.
    """
    for puk in (old, new):
        pins.check_shape(puk, SHAPE, PinKind.BADGE)
    both = old.octets + new.octets
    try:
        _send_once(connection, commands.change_from_to(REFERENCE, both), "CHANGE REFERENCE DATA")
    finally:
        wipe(both)


def reset_pin(connection: SmartCardConnection, puk: Pin, new_pin: Pin) -> None:
    """RESET RETRY COUNTER with the PUK (8 digits) and a new PIN (6 to 8): one try of the PUK; the PIN's counter starts anew.

    Raises as `change_puk`, and `PinFormat` when the card refuses the new PIN.
    """
    shape = operator_card.PINS[PinKind.BADGE].shape
    pins.check_shape(puk, SHAPE, PinKind.BADGE)
    pins.check_shape(new_pin, shape, PinKind.BADGE)
    both = puk.octets + new_pin.octets.ljust(operator_card.PIN_LENGTH, bytes((operator_card.FILLER,)))
    try:
        _send_once(connection, commands.reset_retry_counter(operator_card.PIN_REFERENCE, both), "RESET RETRY COUNTER")
    finally:
        wipe(both)


def _send_once(connection: SmartCardConnection, command: CommandApdu, name: str) -> None:
    try:
        sw = connection.transmit(command).sw
    except CarddError as error:
        error.with_outcome(pin=PinOutcome.MAY_BE_SPENT)
        raise
    if sw == StatusWord.SUCCESS:
        return
    count = tries_left(sw)
    if sw in BLOCKED:
        raise PukBlocked(command=name, sw=sw, tries_left=0, pin=PinOutcome.UNTOUCHED)
    if count == 0:
        raise PukBlocked(command=name, sw=sw, tries_left=0, pin=PinOutcome.SPENT)
    if count is not None or sw == StatusWord.WRONG_NO_COUNT:
        raise PukRejected(command=name, sw=sw, tries_left=count, pin=PinOutcome.SPENT)
    if sw == StatusWord.WRONG_DATA:
        raise PinFormat(command=name, sw=sw, which=PinKind.BADGE, pin=PinOutcome.MAY_BE_SPENT)
    raise CardBadAnswer(command=name, sw=sw, pin=PinOutcome.MAY_BE_SPENT)
