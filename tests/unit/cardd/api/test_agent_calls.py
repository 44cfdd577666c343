"""Asking a person: who is asked, what counts as an answer, and that no octet of a wrong one survives."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cardd.api.agent_calls import shape_problem
from cardd.api.limits import Limits
from cardd.api.peer import ClientRow
from cardd.model import PinKind, PinShape, SeatName
from cardd.pin import Pin
from cardd.ports import Call, PinPrompt
from tests.unit.cardd.api.house import CLERK, House, Raw, pin_prompt, running

DIGITS = PinShape(4, 4, "digits")
SIGNATURE = PinShape(6, 16, "upper_alnum", needs_letter_and_digit=True)
SHORT_WAIT = Limits(requests_per_second=1000, agent_seconds=0.05)


def asking(prompt: PinPrompt, pins: list[Pin] | None = None) -> Callable[[Call], Awaitable[str]]:
    """A call that asks for one PIN and tells only its length."""

    async def behave(call: Call) -> str:
        with await call.prompter.pin(prompt) as pin:
            if pins is not None:
                pins.append(pin)
            return str(len(pin))

    return behave


def confirming(house: House) -> None:
    async def behave(call: Call) -> str:
        return str(await call.prompter.agrees_to_last_try(pin_prompt()))

    house.probe.behave = behave


async def answer_pin(raw: Raw, secret: bytes) -> dict[str, Any]:
    """Take the prompt that comes, answer it, and give it back."""
    prompt = await raw.line()
    assert prompt["method"] == "agent.pin"
    raw.send({"jsonrpc": "2.0", "id": prompt["id"], "result": {"secret": len(secret)}})
    raw.send(secret)
    return prompt


@pytest.mark.proves("P6")
async def test_a_pin_comes_behind_its_line_and_is_wiped_after_use(tmp_path: Path) -> None:
    pins: list[Pin] = []
    async with running(tmp_path) as house, house.ready(locale="ja") as raw:
        house.probe.behave = asking(pin_prompt(), pins)
        await raw.result("agent.register", scope="connection")
        raw.ask("probe.text")
        prompt = await answer_pin(raw, b"2718")
        assert (await raw.line())["result"] == {"text": "4"}
        assert len(pins[0]) == 0
        (connection,) = house.server._live
        assert not any(connection._reader._buffer)
    told = prompt["params"]
    assert prompt["id"] == "s-1"
    assert (told["which"], told["tries_left"], told["purpose"], told["client"]) == (
        "authentication", 3, "juminhyo", "counter-app",
    )  # fmt: skip
    assert (told["locale"], told["seconds"]) == ("ja", 60)
    assert told["shape"] == {"shortest": 4, "longest": 4, "alphabet": "digits", "needs_letter_and_digit": False}


WRONG_SHAPES = [
    (DIGITS, b"271", "length"),
    (DIGITS, b"27182", "length"),
    (DIGITS, b"27l8", "alphabet"),
    (DIGITS, "２７１８".encode(), "alphabet"),
    (DIGITS, b"271\0", "alphabet"),
    (DIGITS, "😀".encode(), "alphabet"),
    (DIGITS, b"271\n", "alphabet"),
    (SIGNATURE, b"abc271", "alphabet"),
    (SIGNATURE, b"ABCDEF", "letter_and_digit"),
    (SIGNATURE, b"271828", "letter_and_digit"),
    (SIGNATURE, b"AB271", "length"),
    (SIGNATURE, b"A" * 16 + b"1", "length"),
]
SHAPE_IDS = [
    "short", "long", "a letter", "full width", "NUL", "emoji", "newline", "lower case", "no digit", "no letter",
    "5 characters", "17 characters",
]  # fmt: skip


@pytest.mark.proves("fault 67", "P1")
@pytest.mark.parametrize(("shape", "octets", "problem"), WRONG_SHAPES, ids=SHAPE_IDS)
async def test_a_pin_of_another_shape_is_refused_before_any_card(
    tmp_path: Path, shape: PinShape, octets: bytes, problem: str
) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        house.probe.behave = asking(pin_prompt(shape, PinKind.SIGNATURE))
        await raw.result("agent.register", scope="connection")
        raw.ask("probe.text")
        await answer_pin(raw, octets)
        data = (await raw.line())["error"]["data"]
    assert (data["name"], data["which"], data["problem"]) == ("pin.format", "signature", problem)


@pytest.mark.parametrize(
    ("shape", "octets"), [(DIGITS, b"0000"), (SIGNATURE, b"A1B2C3"), (SIGNATURE, b"A" * 15 + b"1")]
)
def test_a_pin_of_the_right_shape_passes(shape: PinShape, octets: bytes) -> None:
    assert shape_problem(bytearray(octets), shape) is None


def test_every_character_outside_the_alphabet_is_refused() -> None:
    allowed = set(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    for octet in range(256):
        problem = shape_problem(bytearray(b"A1A1A") + bytes([octet]), SIGNATURE)
        assert problem == (None if octet in allowed else "alphabet")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"result": {"cancelled": True}}, None),
        ({"result": {"cancelled": True, "secret": 4}}, "agent_answer"),
        ({"result": {"pin": "2718"}}, "agent_answer"),
        ({"result": "2718"}, "agent_answer"),
        ({"result": None}, "agent_answer"),
        ({"error": {"code": 1, "message": "2718"}}, "agent_error"),
    ],
)
async def test_any_other_answer_counts_as_cancelled(
    tmp_path: Path, answer: dict[str, Any], problem: str | None
) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        house.probe.behave = asking(pin_prompt())
        await raw.result("agent.register", scope="connection")
        raw.ask("probe.text")
        raw.send({"jsonrpc": "2.0", "id": (await raw.line())["id"], **answer})
        error = (await raw.line())["error"]
    assert (error["data"]["name"], error["data"].get("problem")) == ("pin.cancelled", problem)
    assert "2718" not in str(error)


async def test_without_an_agent_nobody_is_asked(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        house.probe.behave = asking(pin_prompt())
        assert (await raw.error("probe.text"))["data"]["name"] == "agent.none"


async def test_the_time_for_an_answer_is_limited_and_the_agent_is_told(tmp_path: Path) -> None:
    async with running(tmp_path, SHORT_WAIT) as house, house.ready() as raw:
        house.probe.behave = asking(pin_prompt())
        await raw.result("agent.register", scope="connection")
        raw.ask("probe.text")
        prompt = await raw.line()
        notice = await raw.line()
        assert (notice["method"], notice["params"]) == (
            "agent.cancel",
            {"prompt": prompt["params"]["prompt"], "reason": "pin.timeout"},
        )
        assert (await raw.line())["error"]["data"]["name"] == "pin.timeout"


@pytest.mark.proves("P6")
async def test_a_pin_that_comes_too_late_is_consumed_and_wiped(tmp_path: Path) -> None:
    async with running(tmp_path, SHORT_WAIT) as house, house.ready() as raw:
        house.probe.behave = asking(pin_prompt())
        await raw.result("agent.register", scope="connection")
        raw.ask("probe.text")
        prompt = await raw.line()
        await raw.line()
        await raw.line()
        raw.send({"jsonrpc": "2.0", "id": prompt["id"], "result": {"secret": 4}})
        raw.send(b"2718")
        assert (await raw.result("whoami"))["seat"] == "s1"
        (connection,) = house.server._live
        assert not any(connection._reader._buffer)


async def test_a_cancelled_call_takes_its_prompt_back(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as agent, house.ready() as raw:
        house.probe.behave = asking(pin_prompt())
        await agent.result("agent.register", scope="seat")
        number = raw.ask("probe.text")
        prompt = await agent.line()
        raw.ask("request.cancel", id=number)
        notice = await agent.line()
        assert notice["params"] == {"prompt": prompt["params"]["prompt"], "reason": "request.cancelled"}
        agent.send({"jsonrpc": "2.0", "id": prompt["id"], "result": {"secret": 4}})
        agent.send(b"2718")
        assert (await raw.line())["error"]["data"]["name"] == "request.cancelled"
        assert (await agent.result("whoami"))["seat"] == "s1"


@pytest.mark.proves("fault 61")
async def test_a_prompt_is_taken_back_when_the_client_hangs_up(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as agent:
        house.probe.behave = asking(pin_prompt())
        await agent.result("agent.register", scope="seat")
        async with house.ready() as raw:
            raw.ask("probe.text")
            await agent.line()
        assert (await agent.line())["params"]["reason"] == "client.gone"


async def test_an_agent_that_leaves_while_it_is_asked_counts_as_none(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        house.probe.behave = asking(pin_prompt())
        async with house.ready() as agent:
            await agent.result("agent.register", scope="seat")
            raw.ask("probe.text")
            await agent.line()
        data = (await raw.line())["error"]["data"]
        assert (data["name"], data["problem"]) == ("agent.none", "agent_gone")
        assert (await raw.error("probe.text"))["data"]["name"] == "agent.none"


async def test_the_agent_of_a_connection_goes_before_the_agent_of_its_seat(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as agent, house.ready() as raw:
        house.probe.behave = asking(pin_prompt())
        await agent.result("agent.register", scope="seat")
        await raw.result("agent.register", scope="connection")
        raw.ask("probe.text")
        await answer_pin(raw, b"2718")
        assert (await raw.line())["result"] == {"text": "4"}


async def test_the_agent_of_a_connection_is_not_asked_for_other_connections(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as agent, house.ready() as raw:
        house.probe.behave = asking(pin_prompt())
        await agent.result("agent.register", scope="connection")
        assert (await raw.error("probe.text"))["data"]["name"] == "agent.none"


async def test_a_seat_has_one_agent_and_gets_another_when_it_has_left(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as second:
        async with house.ready() as first:
            await first.result("agent.register", scope="seat")
            assert (await first.result("agent.register", scope="seat"))["registered"] is True
            assert (await second.error("agent.register", scope="seat"))["data"]["name"] == "agent.taken"
            (leaving,) = [c for c in house.server._live if c is house.services.agents.find(c, SeatName("s1"))]
        await leaving.closed
        assert (await second.result("agent.register", scope="seat"))["registered"] is True


@pytest.mark.parametrize("scope", ["seat", "connection"])
async def test_who_may_not_prompt_may_not_be_an_agent(tmp_path: Path, scope: str) -> None:
    silent = ClientRow("reports", CLERK.seats, may_prompt=False)
    async with running(tmp_path, client=silent) as house, house.ready() as raw:
        assert (await raw.error("agent.register", scope=scope))["data"]["name"] == "agent.not_allowed"


@pytest.mark.proves("P3")
@pytest.mark.parametrize(
    ("answer", "agreed"),
    [
        ({"agreed": True}, True),
        ({"agreed": False}, False),
        ({"agreed": 1}, False),
        ({"agreed": "yes"}, False),
        ({"agreed": True, "more": 1}, False),
        (True, False),
        ({}, False),
    ],
)
async def test_only_a_plain_yes_spends_the_last_try(tmp_path: Path, answer: object, agreed: bool) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        confirming(house)
        await raw.result("agent.register", scope="connection")
        raw.ask("probe.text")
        asked = await raw.line()
        assert (asked["method"], asked["params"]["question"]) == ("agent.confirm", "last_try")
        raw.send({"jsonrpc": "2.0", "id": asked["id"], "result": answer})
        assert (await raw.line())["result"] == {"text": str(agreed)}


@pytest.mark.proves("P3")
async def test_silence_is_no_consent(tmp_path: Path) -> None:
    async with running(tmp_path, SHORT_WAIT) as house, house.ready() as raw:
        confirming(house)
        await raw.result("agent.register", scope="connection")
        raw.ask("probe.text")
        await raw.line()
        assert (await raw.line())["params"]["reason"] == "pin.timeout"
        assert (await raw.line())["result"] == {"text": "False"}


async def test_an_answer_to_no_question_is_wiped_and_harms_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        raw.send({"jsonrpc": "2.0", "id": "s-9", "result": {"secret": 8}})
        raw.send(b"27182818")
        assert (await raw.result("whoami"))["seat"] == "s1"


async def test_a_pin_in_two_pieces_is_one_pin(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        house.probe.behave = asking(pin_prompt())
        await raw.result("agent.register", scope="connection")
        raw.ask("probe.text")
        prompt = await raw.line()
        raw.send({"jsonrpc": "2.0", "id": prompt["id"], "result": {"secret": 4}})
        raw.send(b"27")
        await raw.writer.drain()
        await asyncio.sleep(0.01)
        raw.send(b"18")
        assert (await raw.line())["result"] == {"text": "4"}
