"""Who sees what waits for a second person."""

from types import SimpleNamespace
from typing import Any

import pytest

from cardd.api.methods.approval_list import METHOD
from cardd.model import Peer, SeatName
from cardd.ports import Call, Caller
from cardd.wire.base import Nothing
from tests.unit.cardd.gate.gate_house import Person
from tests.unit.cardd.proving.people_house import People


@pytest.mark.proves("S9")
@pytest.mark.parametrize(("private", "seat", "seen"), [(False, "shop", 1), (True, "shop", 0), (True, "counter", 1)])
async def test_a_private_client_sees_what_was_asked_at_its_own_seat_alone(private: bool, seat: str, seen: int) -> None:
    people = People()
    people.asked()  # at the seat `counter`

    async def use_cases() -> Any:
        return SimpleNamespace(approvals=people.approvals)

    caller = Caller(Peer(7, 7, 1), "shop", SeatName(seat), "en", private)
    call = Call("r-1", METHOD.name, caller, Person(), lambda _: None, None)
    services: Any = SimpleNamespace(load_use_cases=use_cases)
    connection: Any = None
    assert len((await METHOD.handler(services, connection, call, Nothing())).approvals) == seen
