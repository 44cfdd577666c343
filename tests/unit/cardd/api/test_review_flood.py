"""What is no call costs like a call: nobody keeps the daemon busy with lines that mean nothing."""

from pathlib import Path

import pytest

from cardd.api.limits import Limits
from tests.unit.cardd.api.house import running

ANSWER = b'{"jsonrpc":"2.0","id":"s-1","result":{"agreed":true}}\n'
WITH_SECRET = b'{"jsonrpc":"2.0","id":"s-1","result":{"secret":4}}\n1234'


@pytest.mark.proves("I3")
@pytest.mark.parametrize("line", [b"1\n", b"{}\n", ANSWER, WITH_SECRET], ids=["number", "empty", "answer", "secret"])
async def test_a_flood_of_lines_that_mean_nothing_is_cut(tmp_path: Path, line: bytes) -> None:
    async with running(tmp_path, Limits(requests_per_second=3)) as house, house.ready() as raw:
        raw.send(line * 50)
        while (last := await raw.line())["method" if "method" in last else "error"] != "server.closing":
            assert last["error"]["data"]["name"] == "request.bad"
        assert (last["params"]["name"], last["params"]["problem"]) == ("request.too_many", "nonsense")
        await raw.ends()


@pytest.mark.proves("I3")
@pytest.mark.parametrize("line", [b"1\n", ANSWER], ids=["number", "answer"])
async def test_one_of_them_is_forgiven(tmp_path: Path, line: bytes) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        raw.send(line)
        if line is not ANSWER:
            assert (await raw.line())["error"]["data"]["name"] == "request.bad"
        assert (await raw.result("whoami"))["seat"] == "s1"
