"""Every secret that comes in has one owner, or is zeroed: looked at in the very buffers, with an agent of the test's own."""

import asyncio
from collections.abc import Mapping

import pytest

from cardd.api.agent_calls import AgentPrompter, Asking
from cardd.api.agents import AgentAnswer, AgentRegistry
from cardd.api.reverse import ReverseCalls
from cardd.errors import PinFormat
from cardd.model import SeatName
from cardd.wire.envelope import Response
from cardd.wire.fault import Locale
from tests.unit.cardd.api.house import pin_prompt

SEAT = SeatName("s1")


class Answering:
    """An agent that gives always the same answer."""

    locale: Locale = "en"

    def __init__(self, result: object, secret: bytearray | None) -> None:
        self._answer = AgentAnswer(result, secret)

    async def ask(self, _method: str, _params: Mapping[str, object], _limit_s: float) -> AgentAnswer:
        return self._answer

    def notify(self, method: str, _params: Mapping[str, object]) -> None:
        raise AssertionError(method)


def prompter(agent: Answering) -> AgentPrompter:
    agents = AgentRegistry()
    agents.register_for_itself(agent)
    return AgentPrompter(agents, agent, SEAT, 1.0, Asking("test", None, "r-1"))


def open_calls() -> tuple[ReverseCalls, list[dict[str, object]]]:
    sent: list[dict[str, object]] = []
    return ReverseCalls(sent.append), sent


@pytest.mark.proves("P6")
async def test_a_pin_of_a_wrong_shape_is_wiped() -> None:
    octets = bytearray(b"27l8")
    with pytest.raises(PinFormat):
        await prompter(Answering({"secret": 4}, octets)).pin(pin_prompt())
    assert not any(octets)


@pytest.mark.proves("P6")
async def test_a_pin_of_the_right_shape_is_handed_on_without_a_copy() -> None:
    octets = bytearray(b"2718")
    pin = await prompter(Answering({"secret": 4}, octets)).pin(pin_prompt())
    assert pin.octets is octets


@pytest.mark.proves("P6")
async def test_a_secret_in_answer_to_a_question_is_wiped_and_no_consent() -> None:
    octets = bytearray(b"2718")
    assert not await prompter(Answering({"secret": 4}, octets)).agrees_to_last_try(pin_prompt())
    assert not any(octets)


@pytest.mark.proves("P6")
async def test_a_secret_that_nobody_asked_for_is_wiped() -> None:
    calls, _ = open_calls()
    octets = bytearray(b"2718")
    calls.take(Response("s-7", {"secret": 4}, None), octets)
    assert not any(octets)


@pytest.mark.proves("P6")
async def test_a_secret_that_comes_in_the_moment_of_cancelling_is_wiped() -> None:
    calls, sent = open_calls()
    octets = bytearray(b"2718")
    asking = asyncio.create_task(calls.ask("agent.pin", {}, 1.0))
    await asyncio.sleep(0)
    calls.take(Response("s-1", {"secret": 4}, None), octets)
    asking.cancel()
    await asyncio.wait([asking])
    assert asking.cancelled()
    assert not any(octets)
    assert [body["id"] for body in sent] == ["s-1"]


async def test_a_secret_that_is_asked_for_reaches_its_caller_untouched() -> None:
    calls, _ = open_calls()
    octets = bytearray(b"2718")
    asking = asyncio.create_task(calls.ask("agent.pin", {}, 1.0))
    await asyncio.sleep(0)
    calls.take(Response("s-1", {"secret": 4}, None), octets)
    assert (await asking).secret is octets
    assert octets == b"2718"
