"""`hello` with a web page: who may bring one, what it must look like, and where it is told."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from cardd.model import WebPage
from cardd.ports import Call
from tests.unit.cardd.api.house import CLERK, pin_prompt, running

ORIGIN, EXTENSION = "https://counter.example.lg.jp", "abcdefghijklmnopabcdefghijklmnop"
PAGE = {"origin": ORIGIN, "extension": EXTENSION}
RELAY = dataclasses.replace(CLERK, relays_origins=True)
HELLO: dict[str, Any] = {"level": 1, "client": "test", "version": "1"}


async def test_only_a_client_that_relays_may_name_a_page(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.raw() as raw:
        await raw.line()
        assert (await raw.error("hello", **HELLO, **PAGE))["data"]["name"] == "client.origin_not_allowed"
        assert (await raw.error("whoami"))["data"]["name"] == "request.hello_required"


@pytest.mark.parametrize(("left", "missing"), [("origin", "params.extension"), ("extension", "params.origin")])
async def test_a_page_is_both_origin_and_extension(tmp_path: Path, left: str, missing: str) -> None:
    async with running(tmp_path, client=RELAY) as house, house.raw() as raw:
        await raw.line()
        error = await raw.error("hello", **HELLO, **{left: PAGE[left]})
    assert (error["data"]["name"], error["data"]["field"], error["data"]["problem"]) == (
        "request.bad",
        missing,
        "missing",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://counter.example.lg.jp/residents/42"},
        {"origin": "https://COUNTER.example.lg.jp"},
        {"origin": "https://窓口.example.jp"},
        {"origin": "https://clerk@counter.example.lg.jp"},
        {"origin": "http://counter.example.lg.jp"},
        {"origin": "http://localhost.example.lg.jp"},
        {"origin": "file://"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": f"https://{'a' * 300}"},
        {"extension": "abcdefghijklmnopabcdefghijklmno"},
        {"extension": "qbcdefghijklmnopabcdefghijklmnop"},
        {"extension": "chrome-extension://abcdefghijklmnopabcdefghijklmnop/"},
    ],
    ids=range(13),
)
async def test_what_is_no_origin_or_no_extension_is_refused(tmp_path: Path, wrong: dict[str, str]) -> None:
    async with running(tmp_path, client=RELAY) as house, house.raw() as raw:
        await raw.line()
        error = await raw.error("hello", **HELLO, **PAGE | wrong)
    assert (error["data"]["name"], error["data"]["field"]) == ("request.bad", f"params.{next(iter(wrong))}")


@pytest.mark.proves("P6")
async def test_a_page_never_becomes_an_agent(tmp_path: Path) -> None:
    async with running(tmp_path, client=RELAY) as house, house.ready(**PAGE) as raw:
        for scope in ("connection", "seat"):
            assert (await raw.error("agent.register", scope=scope))["data"]["name"] == "agent.not_allowed"


async def test_the_page_is_told_to_the_use_case_and_to_the_person(tmp_path: Path) -> None:
    calls: list[Call] = []

    async def behave(call: Call) -> str:
        calls.append(call)
        return str(len(await call.prompter.pin(pin_prompt())))

    async with (
        running(tmp_path, client=RELAY) as house,
        house.ready() as agent,
        house.ready(**PAGE) as page,
    ):
        house.probe.behave = behave
        await agent.result("agent.register", scope="seat")
        for raw, origin in ((page, ORIGIN), (agent, None)):
            raw.ask("probe.text")
            asked = await agent.line()
            assert (asked["params"]["client"], asked["params"]["origin"]) == ("counter-app", origin)
            agent.send({"jsonrpc": "2.0", "id": asked["id"], "result": {"cancelled": True}})
            await raw.line()
    assert [call.caller.page for call in calls] == [WebPage(ORIGIN, EXTENSION), None]


async def test_a_question_names_the_page(tmp_path: Path) -> None:
    async def behave(call: Call) -> str:
        return str(await call.prompter.agrees_to_last_try(pin_prompt()))

    async with (
        running(tmp_path, client=RELAY) as house,
        house.ready() as agent,
        house.ready(**PAGE) as page,
    ):
        house.probe.behave = behave
        await agent.result("agent.register", scope="seat")
        page.ask("probe.text")
        asked = await agent.line()
        assert (asked["method"], asked["params"]["origin"]) == ("agent.confirm", ORIGIN)
        agent.send({"jsonrpc": "2.0", "id": asked["id"], "result": {"agreed": False}})
        assert (await page.line())["result"] == {"text": "False"}
