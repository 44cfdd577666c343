"""Every message is a call, a notice or an answer, and anything else is refused by name."""

import pytest

from cardd.wire.envelope import EnvelopeError, Notification, Request, Response, read


def test_the_four_messages_are_told_apart() -> None:
    assert read({"jsonrpc": "2.0", "id": 1, "method": "health"}) == Request(1, "health", {})
    assert read({"jsonrpc": "2.0", "method": "x", "params": {"a": 1}}) == Notification("x", {"a": 1})
    assert read({"jsonrpc": "2.0", "id": "s-1", "result": None}) == Response("s-1", None, None)
    assert read({"jsonrpc": "2.0", "id": None, "error": {"code": 1}}) == Response(None, None, {"code": 1})


@pytest.mark.parametrize(
    ("body", "field", "request_id"),
    [
        ({"id": 1, "method": "x"}, "jsonrpc", 1),
        ({"jsonrpc": 2.0, "id": 1, "method": "x"}, "jsonrpc", 1),
        ({"jsonrpc": "2.0", "id": 1, "method": 7}, "method", 1),
        ({"jsonrpc": "2.0", "id": 1, "method": ""}, "method", 1),
        ({"jsonrpc": "2.0", "id": 1, "method": "x" * 65}, "method", 1),
        ({"jsonrpc": "2.0", "id": 1, "method": "x", "params": [1]}, "params", 1),
        ({"jsonrpc": "2.0", "id": 1, "method": "x", "uid": 0}, "uid", 1),
        ({"jsonrpc": "2.0", "id": None, "method": "x"}, "id", None),
        ({"jsonrpc": "2.0", "id": True, "method": "x"}, "id", None),
        ({"jsonrpc": "2.0", "id": 1.5, "method": "x"}, "id", None),
        ({"jsonrpc": "2.0", "id": 2**53 + 1, "method": "x"}, "id", None),
        ({"jsonrpc": "2.0", "id": "i" * 65, "method": "x"}, "id", None),
        ({"jsonrpc": "2.0", "id": 1}, "method", 1),
        ({"jsonrpc": "2.0", "id": 1, "result": 1, "error": {}}, "method", 1),
        ({"jsonrpc": "2.0", "id": 1, "error": "no"}, "error", 1),
        ({"jsonrpc": "2.0", "result": 1}, "id", None),
        ({"jsonrpc": "2.0", "id": 1, "result": 1, "extra": 1}, "extra", 1),
    ],
)
@pytest.mark.proves("fault 57")
def test_what_is_no_message_is_refused_naming_the_member(
    body: dict[str, object], field: str, request_id: int | None
) -> None:
    with pytest.raises(EnvelopeError) as error:
        read(body)
    assert (error.value.field, error.value.id) == (field, request_id)
