"""A resident hears everything that is known of the card, however long the list is, and what it cannot know."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from cardd.audit.entries import entries
from cardd.audit.records import IntentRecord, OutcomeRecord, Result
from cardd.auditing.desk import Desk
from cardd.auditing.disclosure import USE_BYTES, Disclosure, Order, Told
from cardd.auditing.going_on import GOES_ON_S
from cardd.auditing.questions import Asked as AskedFor
from cardd.auditing.questions import Filters, Questions
from cardd.auditing.watch_list import Put, WatchLists
from cardd.errors import AuditUnknown, CardBadAnswer, CardUnsupported, PolicyDenied
from cardd.gate.gate import Gate
from cardd.gate.request import Performed, Request
from cardd.model import CardHandle, CardKind, KeyRole, Operation
from cardd.watching.lists import WatchList
from tests.unit.cardd.auditing.asked import CALL, Asked, AskedGate, asked
from tests.unit.cardd.history.logs import CARDS, HOUR_US

MINE, OTHER = CARDS[0], CARDS[1]
SINCE, UNTIL = datetime(2024, 6, 3, 2, 11, 9, tzinfo=UTC), datetime(2029, 6, 3, 14, 59, 59, tzinfo=UTC)
PER_ANSWER = 4


def certificate() -> bytes:
    """Valid from `SINCE` to `UNTIL`; nobody's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(7).public_key(key.public_key())
    signed = built.not_valid_before(SINCE).not_valid_after(UNTIL).sign(key, hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


class Door:
    """To a card that shows its certificate. `shown` b"": no certificate; an error: raised by the reading."""

    kind = CardKind.MY_NUMBER
    identity: bytes | None = b"0 first look"

    def __init__(self, shown: bytes | Exception, remembered: dict[KeyRole, bytes]) -> None:
        self.shown, self.remembered = shown, remembered
        self.card_type = SimpleNamespace(identities=self._identities, read_certificate=self._read)

    async def run(self, step: Any) -> Any:
        return step.work(None, None)

    def remember_certificate(self, key: KeyRole, der: bytes) -> None:
        self.remembered[key] = der

    def _identities(self, _: object) -> tuple[bytes, ...]:
        return (b"token information",) if self.shown == b"" else (b"\x30\x82 certificate", b"token information")

    def _read(self, _: object, key: KeyRole) -> bytes:
        assert key is KeyRole.AUTHENTICATION
        if isinstance(self.shown, Exception):
            raise self.shown
        return self.shown


class CardGate(AskedGate):
    """With a card in the reader whose disclosure needs a second person: an approval is used once, and holds for what goes on from it."""

    name = MINE
    shown: bytes | Exception = b""
    remembered: dict[KeyRole, bytes]
    requests: list[Request]

    def card_names(self, *_: object) -> tuple[str, ...]:
        return (self.name,)

    def names_by_year(self, *_: object) -> dict[int, str]:
        return {2026: self.name}

    async def names_of_present(self, *_: object) -> tuple[str, ...]:
        return (self.name,) * 8

    async def certificate_of_present(self, _: object, key: KeyRole) -> bytes | None:
        return self.remembered.get(key)

    async def perform(self, request: Request, plan: Callable[[Any], Any]) -> Performed[Any]:
        self.requests.append(request)
        if request.approval == "a-used":
            raise PolicyDenied(problem="used")
        facts = {"operation": request.operation, "card": self.name, "approval": request.approval or request.resumes}
        opened = self.journal.intent(IntentRecord(event="audit.disclose", **facts))
        try:
            result = await plan(Door(self.shown, self.remembered))
        except Exception:
            self.journal.outcome(opened, OutcomeRecord(result=Result.REFUSED))
            raise
        return Performed(result, self.journal.outcome(opened, OutcomeRecord(result=Result.DONE)))


class House:
    def __init__(self, opened: Asked) -> None:
        self.asked = opened
        self.gate = CardGate(opened.journal, opened.gate.who)
        self.gate.requests, self.gate.remembered = [], {}
        self.clock = opened.clock
        self.disclosure = Disclosure(cast(Gate, self.gate), Desk(opened.book), opened.clock, USE_BYTES * PER_ANSWER)

    def read(self, times: int, card: str = MINE) -> list[int]:
        """Uses of a card; their numbers."""
        found = []
        for _ in range(times):
            opened = self.asked.journal.intent(IntentRecord(event="card.read", operation=Operation.READ, card=card))
            self.asked.journal.outcome(opened, OutcomeRecord(result=Result.DONE))
            found.append(opened.sequence)
        return found

    async def disclose(self, **more: Any) -> Told:
        facts = {"card": CardHandle("c-1"), "purpose": "disclosure", "case": "R8-9", "approval": "a-1"} | more
        return (await self.disclosure.disclose(CALL, Order(**facts))).result


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with asked(tmp_path) as opened:
        yield House(opened)


def told(found: Told) -> list[int]:
    return [use.entry.sequence for use in found.uses if use.entry.event == "card.read"]


@pytest.mark.proves("A11", "S9")
async def test_one_approval_serves_a_list_of_any_length_and_each_part_is_on_record(house: House) -> None:
    made, _ = house.read(3 * PER_ANSWER), house.read(2, OTHER)
    part = await house.disclose()
    heard, parts = told(part), 1
    while not part.complete:
        assert part.goes_on is not None
        house.read(1)  # what is done meanwhile is in another list
        part = await house.disclose(goes_on=part.goes_on, approval=None)
        heard += told(part)
        parts += 1
    assert heard == made[::-1]
    assert part.goes_on is None
    assert [each.approval for each in house.gate.requests] == ["a-1", *[None] * (parts - 1)]
    assert [each.resumes for each in house.gate.requests] == [None, *["a-1"] * (parts - 1)]
    records = [entry.content for entry, _ in entries(house.asked.book.follower.current.log)]
    asked_for = [each for each in records if each.get("event") == "audit.disclose"]
    assert [each["approval"] for each in asked_for] == ["a-1"] * parts


@pytest.mark.proves("A11")
async def test_an_answer_that_got_lost_is_given_again_by_the_same_word(house: House) -> None:
    house.read(3 * PER_ANSWER)
    first = await house.disclose()
    once = await house.disclose(goes_on=first.goes_on)
    again = await house.disclose(goes_on=first.goes_on)
    assert told(once) == told(again)
    assert told(once)
    assert (await house.disclose(goes_on=once.goes_on)).uses == (await house.disclose(goes_on=again.goes_on)).uses


@pytest.mark.proves("A11", "S9")
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"purpose": "other"}, "disclosure"),
        ({"case": "R8-10"}, "disclosure"),
        ({"goes_on": "d-0000000000000000"}, "disclosure"),
        ({"session": "s-2"}, "disclosure"),
        ({"later": GOES_ON_S + 1}, "disclosure"),
        ({"name": OTHER}, "other_card"),
    ],
)
async def test_what_goes_on_is_bound_to_session_card_purpose_case_and_time(
    house: House, change: dict[str, Any], problem: str
) -> None:
    house.read(2 * PER_ANSWER)
    house.read(2, OTHER)
    part = await house.disclose()
    house.gate.session_id = change.pop("session", "s-1")
    house.gate.name = change.pop("name", MINE)
    house.clock.us += int(change.pop("later", 0)) * 1_000_000
    with pytest.raises(AuditUnknown) as caught:
        await house.disclose(**{"goes_on": part.goes_on} | change)
    assert caught.value.facts.problem == problem
    # On record: by the gate where no card was touched, by the outcome of the use else.
    assert house.gate.refused == (["disclosure"] if problem == "disclosure" else [])


@pytest.mark.proves("A11")
async def test_the_resident_hears_from_when_on_the_card_is_known(house: House) -> None:
    house.gate.shown = certificate()
    known = (await house.disclose()).known_since_us
    assert known is not None
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=known) == SINCE
    for shown in (b"", b"\x30\x03 no certificate", CardBadAnswer(problem="tlv_tag")):
        house.gate.shown = shown
        assert (await house.disclose()).known_since_us is None, "nobody can say, and nothing is made up"


@pytest.mark.proves("A11", "A9")
async def test_a_question_by_the_card_and_a_watch_list_say_it_too(house: House, tmp_path: Path) -> None:
    questions = Questions(cast(Gate, house.gate), Desk(house.asked.book))
    wanted = AskedFor(Filters(), present=CardHandle("c-1"))
    assert (await questions.query(CALL, wanted))[0].known_since_us is None, "its certificate was not read yet"
    house.gate.shown = certificate()
    await house.disclose()
    since = (await questions.query(CALL, wanted))[0].known_since_us
    assert since == int(SINCE.timestamp()) * 1_000_000
    assert (await questions.query(CALL, AskedFor(Filters(cards=(MINE,)))))[0].known_since_us is None
    lists = WatchLists(cast(Gate, house.gate), {"protected": WatchList(tmp_path / "list.json")}.get)
    done = await lists.put(CALL, Put(CardHandle("c-1"), "protected", "add", "watch_list", "R8-7"))
    assert (done.changed, done.known_until_us) == (True, int(UNTIL.timestamp()) * 1_000_000)


@pytest.mark.proves("A11")
async def test_a_card_that_shows_nothing_has_no_list(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Door, "_identities", lambda *_: ())
    with pytest.raises(CardUnsupported):
        await house.disclose()


@pytest.mark.proves("A8", "A11")
async def test_each_list_says_from_when_on_the_record_is_kept(house: House) -> None:
    log = house.asked.book.follower.current
    first = next(entries(log.log))[0]
    (kept,) = (await house.disclose()).kept
    assert (kept.log_id, kept.sequence, kept.utc_us, kept.cut) == (log.log_id, 1, first.utc_us, None)
    house.clock.us += HOUR_US
    questions = Questions(cast(Gate, house.gate), Desk(house.asked.book))
    page, _ = await questions.query(CALL, AskedFor(Filters(), limit=1))
    assert page.kept == (kept,)
    rest, _ = await questions.query(CALL, AskedFor(Filters(), limit=1, cursor=page.page.cursor))
    assert rest.kept == (), "said once"
