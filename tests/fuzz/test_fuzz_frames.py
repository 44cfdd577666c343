"""Hostile octets against the whole socket: whatever comes, the daemon answers or closes, echoes nothing, and lives on."""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardd.wire.base import CardCall
from cardd.wire.catalogue import METHODS
from cardd.wire.framing import FrameReader, FramingError
from cardd.wire.strict_json import dump, parse
from tests.unit.cardd.api.house import running

CANARY = "ZQ271828"
HELLO = {"jsonrpc": "2.0", "id": "h", "method": "hello", "params": {"level": 1, "client": "f", "version": "1"}}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(CANARY),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
params = st.dictionaries(
    st.sampled_from([*CardCall.model_fields, "items", "id", "since", "topics", "level", "pin", CANARY]),
    json_values | st.sampled_from(["c-5f1e-7", "juminhyo", "R8-1", 1, 0, -1, 2**63]),
    max_size=5,
)
requests = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0") | json_values, "id": st.integers(1, 9) | json_values},
    optional={
        "method": st.sampled_from([row.name for row in METHODS if row.name != "hello"]) | st.text(max_size=8),
        "params": params | json_values,
        "result": st.fixed_dictionaries({"secret": st.integers(-1, 70)}) | json_values,
        CANARY: json_values,
    },
)
lines = requests.map(lambda body: json.dumps(body).encode() + b"\n")
traffic = st.lists(lines | st.binary(max_size=80) | st.just(f'{{"{CANARY}'.encode()), min_size=1, max_size=6)


async def _talk(octets: bytes) -> bytes:
    """Send `octets` after hello, hang up for sending, and give everything that came back."""
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder)) as house:
            reader, writer = await asyncio.open_unix_connection(house.path)
            writer.write(dump(HELLO) + b"\n" + octets)
            writer.write_eof()
            came = bytearray()
            try:
                async with asyncio.timeout(30):
                    while chunk := await reader.read(65536):
                        came += chunk
            except ConnectionResetError:
                pass  # closed with octets unread: an answer too
            writer.close()
            async with house.ready() as other:
                assert (await other.result("whoami"))["seat"] == "s1"
            return bytes(came)


@pytest.mark.proves("I2", "fault 57", "fault 70", "T4")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(traffic)
def test_any_traffic_is_answered_in_the_words_of_the_contract_or_closed(pieces: list[bytes]) -> None:
    came = asyncio.run(_talk(b"".join(pieces)))
    answers: list[dict[str, Any]] = [json.loads(line) for line in came.splitlines()]
    assert answers[0]["method"] == "server.greeting"
    for answer in answers:
        assert answer["jsonrpc"] == "2.0"
        if "error" in answer:
            assert answer["error"]["data"]["name"] != "internal", answer
            assert CANARY not in json.dumps(answer["error"])


@given(json_values)
def test_every_value_that_can_be_written_is_read_back(value: object) -> None:
    try:
        written = dump(value)
    except ValueError:
        return  # NaN, infinity, half a character: refused on the way out
    assert parse(written) == value


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_no_octets_bring_the_framing_to_anything_but_its_own_error(chunks: list[bytes]) -> None:
    reader = FrameReader(line_limit=256)
    for chunk in chunks:
        for start in range(0, len(chunk), 64):
            piece = chunk[start : start + 64]
            room = reader.room()
            piece = piece[: len(room)]
            room[: len(piece)] = piece
            reader.received(len(piece), 0.0)
            try:
                while reader.next_frame() is not None:
                    pass
            except FramingError as error:
                if error.fatal:
                    return
