"""The client library and the question about a document: who agrees says what to, and who cannot ask agrees to nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cardd.client import connect, connect_async
from tests.unit.cardd.api.house import running
from tests.unit.cardd.api.test_document_question import PROMPT, asking
from tests.unit.cardd.test_client import in_thread


@pytest.mark.parametrize("agrees", [True, False])
async def test_a_yes_to_a_document_names_it(tmp_path: Path, agrees: bool) -> None:
    shown: list[Any] = []

    def look(asked: Mapping[str, Any]) -> bool:
        shown.append(asked["document"]["sha256"])
        return agrees

    def call() -> dict[str, Any]:
        with connect(house.path, client="x", pin_prompt=lambda _: None, confirm={"document": look}) as counter:
            return counter.call("probe.text")

    async def look_async(asked: Mapping[str, Any]) -> bool:
        return look(asked)

    async def no_pin(_: Mapping[str, Any]) -> None:
        return None

    async with running(tmp_path) as house:
        asking(house)
        assert await in_thread(call) == {"text": str(agrees)}
        async with await connect_async(
            house.path, client="x", pin_prompt=no_pin, confirm={"document": look_async}
        ) as counter:
            assert await counter.call("probe.text") == {"text": str(agrees)}
    assert shown == [PROMPT.document.sha256] * 2


@pytest.mark.proves("P3")
async def test_a_program_that_asks_about_last_tries_alone_agrees_to_no_document(tmp_path: Path) -> None:
    """Its function does not look at the question, and says yes to what it asked instead."""

    def call() -> dict[str, Any]:
        with connect(house.path, client="x", pin_prompt=lambda _: None, confirm=lambda _: True) as counter:
            return counter.call("probe.text")

    async def yes(_: Mapping[str, Any]) -> bool:
        return True

    async def no_pin(_: Mapping[str, Any]) -> None:
        return None

    async with running(tmp_path) as house:
        asking(house)
        assert await in_thread(call) == {"text": "False"}
        async with await connect_async(house.path, client="x", pin_prompt=no_pin, confirm=yes) as counter:
            assert await counter.call("probe.text") == {"text": "False"}
