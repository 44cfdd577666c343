"""`card.pin_status`: a thin handler; what happens stands in `cardd.reading`."""

from typing import Literal

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt, target
from cardd.model import PinKind
from cardd.ports import Call
from cardd.reading.service import PinStatus
from cardd.wire.methods import card_pin_status as words

StateWord = Literal["ready", "last_try", "blocked", "unknown", "absent"]


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    pins = [PinKind(which) for which in params.pins] if params.pins is not None else None
    performed = await use_cases.reading.pin_status(call, target(params), pins)
    return words.Result(pins=tuple(map(_state, performed.result)), receipt=receipt(performed.receipt))


def _state(status: PinStatus) -> words.PinState:
    count = status.left.count if status.left is not None else None
    return words.PinState(
        which=status.which.value, state=_word(status), tries_left=count, tries_fresh=status.tries_fresh
    )


def _word(status: PinStatus) -> StateWord:
    if status.left is None:
        return "absent"
    if status.left.count is None:
        return "unknown"
    if status.left.blocked:
        return "blocked"
    return "last_try" if status.left.count == 1 else "ready"


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
