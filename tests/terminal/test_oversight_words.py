"""Words of the screens for supervisors, auditors and administrators: each word of the wire has a sentence, in both languages."""

from __future__ import annotations

import string
from typing import Any, get_args

import pytest
import segno

from cardd.model import Item, KeyRole, Operation
from cardd.policy.table import RIGHTS, ROW_OPERATIONS
from cardd.policy.words import LACKS
from cardd.wire.methods.audit_alarms import ReasonWord, VerdictWord
from cardd.wire.methods.audit_query import ResultWord
from cardd.wire.methods.lockdown_engage import ReasonWord as StopWord
from terminal.console import agreed, records
from terminal.console.desk import Desk
from terminal.console.left import warn_of
from terminal.console.say import Say
from terminal.console.screens import alarms, audit, health, policy
from terminal.console.words.alarms import ALARMS
from terminal.console.words.auditing import AUDITING
from terminal.console.words.managing import MANAGING
from terminal.console.words.oversight import OVERSIGHT
from terminal.console.words.records import RECORDS

ROLES = (
    {"code": "clerk", "ja": "窓口", "en": "Clerk", "rights": [], "approves": []},
    {"code": "chief", "ja": "責任者", "en": "Chief", "rights": ["audit"], "approves": ["read"]},
)


def desk_of(role: str, who: str = "sato") -> Desk:
    desk = Desk("ja", clear_seconds=60, draft_seconds=60)
    desk.connected = True
    desk.session = {"logged_in": True, "locked": False, "operator": {"id": who, "role": role}}
    desk.policy = {"roles": ROLES, "rows": (), "purposes": ({"code": "p", "ja": "目的", "en": "Purpose"},)}
    return desk


@pytest.mark.parametrize("words", [ALARMS, AUDITING, MANAGING, OVERSIGHT, RECORDS])
def test_both_languages_say_the_same_things(words: dict[str, tuple[str, str]]) -> None:
    for key, (ja, en) in words.items():
        filled = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (ja, en)]
        assert filled[0] == filled[1], key
        assert ja, key
        assert en, key


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_each_word_of_the_wire_has_its_text(locale: Any) -> None:
    say = Say(locale)
    keys = [f"watch.{rule}{more}" for rule in alarms.RULES for more in ("", ".saw", ".do")]
    keys += [f"right.{right}" for right in RIGHTS] + [f"operation.{each}" for each in Operation]
    keys += [f"item.{item}" for item in Item] + [f"key.{key}" for key in KeyRole] + [f"lacks.{word}" for word in LACKS]
    keys += [f"result.{word}" for word in (*get_args(ResultWord), "noted")]
    keys += [f"stop.reason.{word}" for word in get_args(StopWord)]
    assert [key for key in keys if not say.has(key)] == []


def test_choices_on_the_screen_are_those_of_the_wire() -> None:
    assert set(alarms.REASONS) == set(get_args(VerdictWord))
    assert {word for words in alarms.REASONS.values() for word in words} == set(get_args(ReasonWord))
    assert set(health.REASONS) == set(get_args(StopWord))
    assert set(audit.RESULTS) == set(get_args(ResultWord))
    assert set(audit.OPERATIONS) == {each.value for each in Operation} - {"approvals"}
    assert set(policy.OPERATIONS) == {each.value for each in ROW_OPERATIONS}
    assert set(policy.KEYS) <= {each.value for each in KeyRole}


def test_what_a_second_person_agrees_to_is_told_whole() -> None:
    desk = desk_of("chief")
    content = {"later_word": "x", "purpose": "p", "items": "name,photo", "operation": "read", "role": "chief"}
    told = agreed.rows(desk, content)
    assert [label for label, _ in told] == ["操作", "利用目的", "役割", "読み取る項目", "later_word"]
    assert [text for _, text in told] == ["カードの読み取り", "目的 (p)", "責任者", "氏名、顔写真", "x"]


def test_a_refusal_is_told_with_its_reason_or_with_what_happened() -> None:
    say = Say("ja")
    assert records.why(say, "policy.denied", "no_right") == say.why("policy.denied", "no_right")
    assert records.why(say, "pin.rejected", None) == "暗証番号が違います。"
    assert records.why(say, "pin.rejected", "word_of_tomorrow") == "暗証番号が違います。"
    assert records.why(say, "error.of_tomorrow", None) == "error.of_tomorrow"
    assert records.why(say, None, None) == ""
    assert records.what(say, "word_of_tomorrow", "event.of_tomorrow") == "word_of_tomorrow"
    assert records.what(say, None, "case.close") == "受付の終了"


@pytest.mark.parametrize(
    ("role", "who", "what", "told"),
    [
        ("chief", "sato", "asked", ["notice.approval.asked"]),
        ("chief", "kato", "asked", []),
        ("clerk", "sato", "asked", []),
        ("clerk", "kato", "given", ["notice.approval.given"]),
        ("clerk", "kato", "refused", ["notice.approval.refused"]),
        ("chief", "sato", "given", []),
        ("clerk", "kato", "used", []),
    ],
)
def test_an_approval_is_told_to_whom_it_concerns(role: str, who: str, what: str, told: list[str]) -> None:
    desk = desk_of(role, who)
    warn_of(desk, "approval", what, {"operation": "read", "requester": "kato"})
    assert [notice.key for notice in desk.notices] == told


@pytest.mark.proves("A9")
@pytest.mark.parametrize(("role", "told"), [("chief", ["notice.alarm.watch"]), ("clerk", [])])
def test_what_the_rules_found_is_told_to_who_may_look_into_the_record_and_to_nobody_after_them(
    role: str, told: list[str]
) -> None:
    desk = desk_of(role)
    warn_of(desk, "alarm", "watch", {"watch": "w9"})
    assert [notice.key for notice in desk.notices] == told
    desk.clear()
    assert list(desk.notices) == []


def test_other_alarms_are_told_to_everybody_also_those_of_a_later_daemon() -> None:
    desk = desk_of("clerk")
    warn_of(desk, "alarm", "log_damaged", {})
    warn_of(desk, "alarm", "of_tomorrow", {"seat": "other"})
    warn_of(desk, "alarm", "lockdown_engaged", {})
    assert [notice.key for notice in desk.notices] == ["notice.alarm.log_damaged", "notice.alarm.other"]


def test_the_whole_code_of_a_head_is_drawn() -> None:
    """Every module, the quiet zone of 4 included (ISO/IEC 18004, 6.3.8)."""
    text = "cardd/log\n12\n" + "A" * 300
    code = segno.make_qr(text.encode(), mode="byte", error="l", boost_error=False)
    wide, high = code.symbol_size(border=4)
    svg = audit._qr(text)
    assert f'viewBox="0 0 {wide} {high}"' in svg
    assert "style=" not in svg


def test_filters_of_a_form() -> None:
    fields = {"asked": "yes", "operator": " sato ", "since": "2026-11-23T09:00", "case": "", "present": "yes"}
    found, wrong = audit.filters_of(fields)
    assert (found, wrong) == ({"operator": "sato", "since": "2026-11-23T00:00:00.000000Z"}, None)
    assert audit.filters_of({"asked": "yes", "until": "tomorrow"}) == ({}, "until")
    assert audit.filters_of({"operator": "sato"}) == ({}, None), "nothing was asked for yet"


def test_the_text_for_support_names_no_person() -> None:
    desk = desk_of("chief")
    desk.session = {**desk.session, "operator": {"id": "sato", "name": "佐藤 花子", "role": "chief"}}
    desk.readers = ({"name": "Reader 0", "role": "badge", "state": "empty"},)
    checks = [{"name": "clock", "state": "warning", "problem": "key_ahead"}]
    text = health.support(desk, {"version": "1", "mode": "test", "boot_id": "b", "uptime_s": 3, "checks": checks})
    assert "clock: warning key_ahead" in text
    assert "reader Reader 0: badge empty" in text
    assert "sato" not in text
    assert "佐藤" not in text
