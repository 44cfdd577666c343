"""The native-messaging host over its pipes, with a real daemon behind it: who gets in, what gets through, and how it ends."""

import struct
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fixtures.counter import (
    BADGE_SLOT,
    CONTEXT,
    READY_SECONDS,
    RESIDENT_SLOT,
    SIGN_CONTEXT,
    Counter,
    PinScript,
    until,
)
from tests.vendors.browser_house import (
    EXTENSION,
    LOCAL,
    METHODS,
    ORIGIN,
    OTHER_EXTENSION,
    SeatAgent,
    host,
    relaying_counter,
)


@pytest.fixture(scope="module")
def house() -> Iterator[Counter]:
    with relaying_counter() as opened:
        begin(opened)  # from then on the daemon's own connections to the readers are there
        end(opened)
        yield opened


def begin(house: Counter) -> None:
    house.log_in(house.office.people[0])
    house.insert(house.office.resident().card, RESIDENT_SLOT, kind="my_number")


def end(house: Counter) -> None:
    house.call("session.logout")
    for slot in (BADGE_SLOT, RESIDENT_SLOT):
        house.pull(slot)
    until(lambda: not house.cards(), READY_SECONDS)


@pytest.fixture
def served(house: Counter) -> Iterator[Counter]:
    """Badge and resident's card are in, the operator is logged in; taken away behind the test."""
    begin(house)
    yield house
    end(house)


def test_an_allowed_page_calls_what_it_may(served: Counter) -> None:
    with host(served) as program:
        opened = program.opens()
        assert (opened["opened"]["client"], opened["mode"]) == ("counter-app", "test")
        cards = program.asks(1, "cards.list")["result"]["cards"]
        assert {row["kind"] for row in cards} == {"badge", "my_number"}
        assert program.asks("two", "session.status")["result"]["logged_in"] is True
        assert program.ends() == 0
        assert program.stderr() == ""


@pytest.mark.proves("P6", "A1")
def test_origin_and_extension_stand_in_the_record_and_before_the_person(served: Counter) -> None:
    resident = served.office.resident()
    card = next(row for row in served.cards() if row["kind"] == "my_number")
    with SeatAgent(served, resident.holder.pins.card_info) as agent, host(served) as program:
        program.opens()
        read = program.asks(1, "card.read", card=card["card"], items=["name"], **CONTEXT)
        assert read["result"]["items"][0]["text"] == resident.holder.name
        (asked,) = agent.person.asked
        assert (asked["client"], asked["origin"]) == ("counter-app", ORIGIN)
    records = {record["seq"]: record for record in served.records()}
    outcome = records[read["result"]["receipt"]["sequence"]]
    intent = records[outcome["intent"]]
    assert (intent["event"], intent["origin"], intent["extension"]) == ("card.read", ORIGIN, EXTENSION)
    login = [record for record in records.values() if record.get("event") == "session.login"]
    assert login
    assert all("origin" not in record for record in login), "the login came over a plain connection"


@pytest.mark.parametrize(
    ("origin", "extension", "name"),
    [
        ("https://other.example.lg.jp", EXTENSION, "browser.origin_not_allowed"),
        (f"{ORIGIN}.evil.example", EXTENSION, "browser.origin_not_allowed"),
        (f"{ORIGIN}/", EXTENSION, "browser.origin_not_allowed"),
        (ORIGIN.upper(), EXTENSION, "browser.origin_not_allowed"),
        ("null", EXTENSION, "browser.origin_not_allowed"),
        ("https://second.example.lg.jp", EXTENSION, "browser.extension_not_allowed"),
        (ORIGIN, OTHER_EXTENSION, "browser.extension_not_allowed"),
    ],
)
def test_page_and_extension_must_stand_together_in_the_settings(
    house: Counter, origin: str, extension: str, name: str
) -> None:
    second = {"origin": "https://second.example.lg.jp", "extension_ids": [OTHER_EXTENSION]}
    with host(house, {}, second, extension=extension) as program:
        program.tell({"open": {"origin": origin}})
        assert program.refuses() == name
        assert program.stderr() == f"cardd-browser-host: {name}\n"


@pytest.mark.parametrize(
    "caller",
    [
        "chrome-extension://ponmlkjihgfedcbaponmlkjihgfedcbb/",
        f"chrome-extension://{EXTENSION}",
        "https://evil.example/",
        f"x://{EXTENSION}/",
    ],
)
def test_another_extension_is_refused_before_it_says_a_word(house: Counter, caller: str) -> None:
    with host(house, caller=caller) as program:
        assert program.refuses() == "browser.extension_not_allowed"


def test_a_method_outside_the_list_is_refused_and_the_next_call_goes_on(house: Counter) -> None:
    with host(house, {"methods": ["cards.list"]}) as program:
        program.opens(locale="en")
        for number, method in enumerate(
            ("session.login", "agent.register", "office.reload", "audit.query", "hello", "nonsense")
        ):
            refused = program.asks(number, method)
            assert refused["error"]["data"]["name"] == "browser.method_not_allowed"
            assert refused["error"]["message"] == "This web page may not call this method."
        assert "result" in program.asks("after", "cards.list")


@pytest.mark.parametrize(
    "method", ["agent.register", "office.reload", "badge.enrol", "audit.query", "hello", "lockdown.release"]
)
def test_settings_that_allow_what_no_page_may_do_allow_nothing(house: Counter, method: str) -> None:
    with host(house, {"methods": ["cards.list", method]}) as program:
        assert program.refuses() == "browser.settings"
        assert f"no page may call {method}" in program.stderr()


def test_an_error_of_the_daemon_comes_through_whole(house: Counter) -> None:
    with host(house) as program:
        program.opens()
        error = program.asks(1, "card.read", card="c-0000-1", items=["name"], **CONTEXT)["error"]
        assert (error["code"], error["data"]["name"], error["data"]["actor"]) == (3003, "card.changed", "clerk"), error
        assert error["data"]["request_id"].startswith("r-")
        error = program.asks(2, "cards.list", pin="1234")["error"]
        assert (error["data"]["name"], error["data"]["field"]) == ("request.bad", "params.pin")


def test_two_pages_have_a_connection_each(house: Counter) -> None:
    with host(house) as one, host(house) as two:
        one.opens()
        two.opens()
        assert "result" in one.asks(1, "events.subscribe", topics=["reader"])
        assert one.ends() == 0
        assert "result" in two.asks(1, "cards.list")


def test_changes_reach_the_page(house: Counter) -> None:
    with host(house) as program:
        program.opens()
        assert program.asks(1, "events.subscribe", topics=["card"])["result"]["cards"] == []
        card = house.insert(house.office.resident().card, RESIDENT_SLOT, kind="my_number")
        first, second = program.says(), program.says()
        assert (first["method"], first["params"]["change"]) == ("events.changed", "inserted")
        assert second["params"]["facts"]["card"] == card
        error = program.asks(2, "events.subscribe", topic=["card"])["error"]
        assert error["data"]["name"] == "request.bad"
        house.pull(RESIDENT_SLOT)
        while program.says()["params"]["change"] != "removed":
            pass


def test_a_page_takes_a_call_back(served: Counter) -> None:
    with served.client(person=PinScript([])) as agent, host(served) as program:
        agent.call("agent.register", scope="seat")  # and answers nothing: nobody types
        program.opens()
        card = next(row["card"] for row in served.cards() if row["kind"] == "my_number")
        program.tell({"page": {"id": 1, "method": "card.read", "params": {"card": card, "items": ["name"], **CONTEXT}}})
        assert program.says() == {"method": "request.progress", "params": {"id": 1, "state": "waiting_for_pin"}}
        program.tell({"page": {"cancel": 1}})
        assert program.answer(1)["error"]["data"]["name"] == "request.cancelled"
        assert "result" in program.asks(1, "cards.list")


def test_when_the_browser_goes_what_the_page_held_ends(served: Counter) -> None:
    pins = served.office.resident().holder.pins
    card = next(row["card"] for row in served.cards() if row["kind"] == "my_number")
    with SeatAgent(served, pins.signature), host(served) as program:
        program.opens()
        document = {"name": "転出届.xml", "size": 9, "sha256": "9f" * 32}
        asked = {"card": card, "key": "signature", "hash": "sha256", "document": document, **SIGN_CONTEXT}
        begun = program.asks(1, "sign.begin", **asked)
        assert "begun" in begun["result"], begun
        assert program.ends() == 0
        until(lambda: any(record.get("problem") == "client_gone" for record in served.records()), READY_SECONDS)
    assert served.call("card.pin_status", card=card, **CONTEXT)["pins"]


def test_the_daemon_s_end_is_the_last_word() -> None:
    with relaying_counter() as counter, host(counter) as program:
        program.opens()
        counter.stop()
        assert program.refuses() == "request.cancelled"


def test_no_daemon_is_said(house: Counter) -> None:
    with host(house, path=house.folder / "nothing.sock") as program:
        program.tell({"open": {"origin": ORIGIN}})
        assert program.refuses() == "browser.daemon_gone"


def framed(body: bytes) -> bytes:
    return struct.pack("=I", len(body)) + body


BROKEN: dict[str, bytes] = {
    "too_long": struct.pack("=I", 64 * 1024 + 1),
    "four_gigabytes": b"\xff\xff\xff\xff",
    "empty": framed(b""),
    "no_json": framed(b"{"),
    "not_utf8": framed(b'{"page": "\xff"}'),
    "no_object": framed(b"[]"),
    "twice": framed(b'{"page": {}, "page": {}}'),
    "deep": framed(b'{"page":' * 40 + b"1" + b"}" * 40),
    "open_again": framed(b'{"open": {"origin": "https://counter.example.lg.jp"}}'),
    "no_call": framed(b'{"page": 1}'),
    "no_id": framed(b'{"page": {"method": "cards.list"}}'),
    "id_is_true": framed(b'{"page": {"id": true, "method": "cards.list"}}'),
    "id_is_long": framed(b'{"page": {"id": "' + b"x" * 65 + b'", "method": "cards.list"}}'),
    "params_by_place": framed(b'{"page": {"id": 1, "method": "cards.list", "params": []}}'),
    "more_members": framed(b'{"page": {"id": 1, "method": "cards.list", "origin": "https://x.example"}}'),
    "a_word_of_the_library": framed(b'{"page": {"id": 1, "method": "cards.list", "params": {"on_progress": 1}}}'),
    "a_secret": framed(b'{"page": {"id": "s-1", "result": {"secret": 4}}}'),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_message_ends_the_conversation(house: Counter, what: str) -> None:
    with host(house) as program:
        program.opens()
        program.puts(BROKEN[what])
        assert program.refuses() == "browser.bad_message"
        assert program.stderr().startswith("cardd-browser-host: browser.bad_message")


def test_a_message_that_breaks_off_is_no_message(house: Counter) -> None:
    with host(house) as program:
        program.opens()
        program.puts(b"\x00\x01")
        assert program.ends() == 1
        assert "truncated" in program.stderr()


@pytest.mark.parametrize(
    "first",
    [{"page": {"id": 1, "method": "cards.list"}}, {"open": {}}, {"open": {"origin": ORIGIN, "seat": "x"}}, {"open": 1}],
)
def test_the_first_message_says_where_the_page_is_from(house: Counter, first: dict[str, Any]) -> None:
    with host(house) as program:
        program.tell(first)
        assert program.refuses() == "browser.bad_message"


def test_a_page_without_tls_and_settings_of_others_are_for_tests_alone(house: Counter) -> None:
    with host(house, {"origin": LOCAL, "methods": list(METHODS)}) as program:
        assert program.opens(LOCAL)["mode"] == "test"
