"""Every text of cardctl exists in both languages, is used, and there is one for every word that the daemon may say."""

import ast
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

import cardd.errors
from cardd.cli.context import PROGRESS_STATES
from cardd.cli.reasons import REASONS
from cardd.cli.texts import TEXTS, Speech, locale_of_environment
from cardd.history.questions import Filters
from cardd.policy.table import APPROVED
from cardd.report.texts import REVIEW_REASONS
from cardd.watching.words import NAMES
from cardd.wire.base import ItemWord, KeyWord, KindWord, PinWord
from cardd.wire.fault_table import FAULTS
from cardd.wire.faults import ErrorData, PinFate
from cardd.wire.methods import certificate_check
from cardd.wire.methods.agent_register import PinRequest
from cardd.wire.methods.approval_list import ApprovalRow
from cardd.wire.methods.audit_alarms import ReasonWord, VerdictWord
from cardd.wire.methods.audit_query import ResultWord
from cardd.wire.methods.badge_list import BadgeRow
from cardd.wire.methods.card_pin_status import PinState
from cardd.wire.methods.cards_list import CardRow
from cardd.wire.methods.health import Check
from cardd.wire.methods.office_reload import FileRow
from cardd.wire.methods.readers_list import ReaderRow
from cardd.wire.methods.request_cancel import Progress

ROOT = Path(__file__).parents[4]
CLI = ROOT / "cardd" / "cli"
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")


def words(model: type[BaseModel], field: str) -> set[str]:
    """The words that a field of the wire may hold."""
    found = get_args(model.model_fields[field].annotation)
    return {word for part in found for word in (get_args(part) or (part,)) if isinstance(word, str)}


FAMILIES: Mapping[str, set[str]] = {
    "certresult": set(get_args(certificate_check.ResultWord)),
    "question": set(certificate_check.Answers.model_fields),
    "pin": set(get_args(PinWord)),
    "kind": set(get_args(KindWord)),
    "item": set(get_args(ItemWord)),
    "key": set(get_args(KeyWord)) | {"badge_authentication", "badge_signature"},
    "card": words(ErrorData, "card"),
    "pin_outcome": words(PinFate, "outcome"),
    "pin_state": words(PinState, "state") - {"ready"},
    "step": words(PinRequest, "step"),
    "role": words(ReaderRow, "role"),
    "state": words(ReaderRow, "state") | {"free", "busy"},
    "use": words(CardRow, "use"),
    "health": words(Check, "state")
    | {
        "pcsc",
        "readers",
        "audit",
        "audit_index",
        "clock",
        "revocation",
        "ocsp",
        "witness",
        "lockdown",
        "memory",
        "mode",
        "pcscd_socket",
        "badges",
        "office_files",
        "block_list",
        "watching",
    },
    "watch": {f"w{number}" for number in range(1, 19)},
    "watch_head": {"rule", "month", "alarms", "explained", "unexplained", "misuse", "open"},
    "verdict": set(get_args(VerdictWord)),
    "review_reason": set(get_args(ReasonWord)),
    "approval_state": words(ApprovalRow, "state"),
    "operation": {operation.value for operation in APPROVED},
    "content": {
        *(
            "operation",
            "requester",
            "purpose",
            "case",
            "subject",
            "card_kind",
            "card",
            "certificate",
            "certificate_kind",
            "insertion",
            "items",
            "age",
            "key",
        ),
        *(
            "pins",
            "digests",
            "document",
            "format",
            "hash",
            "count",
            "seconds",
            "operator",
            "name",
            "role",
            "person",
            "unix_user",
        ),
        *("form", "reason"),
        *(f"filter_{name.removesuffix('_us')}" for name in Filters.__dataclass_fields__ if name != "without_watching"),
        *("list", "act"),
        *("before", "first_record", "last_record", "records", "last_hash"),
    },
    "audit_result": {*get_args(ResultWord), "noted"},
    "used": {
        *("read", "certificate", "pin_status", "token_info", "change_pin", "sign", "disclose", "watch_list", "audit")
    },
    "file": words(FileRow, "kind"),
    "outcome": words(FileRow, "outcome") | {"taken", "waits"},
    "badge_status": words(BadgeRow, "status"),
    "management_key": words(BadgeRow, "management_key"),
    "sex": set("01239"),
    "part": {"year", "month", "day"},
}


def strings_in(path: Path) -> set[str]:
    """All string constants of a module that are not its documentation."""
    return {
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def family_of(key: str) -> str:
    return key.partition(".")[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_word_of_the_wire_has_its_text(family: str) -> None:
    keys = {key.partition(".")[2] for key in TEXTS if family_of(key) == family and "." in key}
    assert keys == FAMILIES[family]


def test_each_progress_that_is_shown_has_its_text() -> None:
    assert set(PROGRESS_STATES) <= words(Progress, "state") & set(TEXTS)


def test_each_other_text_is_used() -> None:
    used = set().union(*(strings_in(path) for path in CLI.glob("*.py") if not path.name.startswith("texts")))
    heads = {key for key in TEXTS if family_of(key) in ("head", "error")}
    assert {key for key in heads if key.partition(".")[2] not in used} == set()
    remedies = {key for key in TEXTS if key.endswith(".remedy") and key.removesuffix(".remedy") in used}
    single = {key for key in TEXTS if family_of(key) not in FAMILIES or "." not in key} - heads - remedies
    assert {key for key in single if key not in used} == set()


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_say_the_same_places(key: str) -> None:
    ja, en = TEXTS[key]
    assert places(ja) == places(en)
    assert bool(ja) == bool(en)
    assert not JAPANESE.search(en)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def policy_words() -> Iterator[str]:
    """Each reason for which cardd's policy, or the gate beside it, says no, from the source."""
    for path in (path for room in ("policy", "gate") for path in (ROOT / "cardd" / room).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Decision" and len(node.args) > 2:
                reason = node.args[2]
                assert isinstance(reason, ast.Constant)
                yield str(reason.value)


def test_each_reason_of_the_policy_is_a_sentence() -> None:
    told = {key.partition(":")[2] for key in REASONS if key.startswith("policy.denied:")}
    assert told == set(policy_words()) | {"own_alarm"}, "the review of alarms says no by itself"


FOR_IT = {"card.bad_answer", "internal"}
"""Their words name a place in what a card answered, or in cardd: the error's own sentence says all that people at a counter need."""


def problem_words() -> Iterator[tuple[str, str]]:
    """Error and word of each `problem` that stands in the source beside its error; a word that is handed on stands where it begins."""
    errors = {
        name: each.code for name, each in vars(cardd.errors).items() if isinstance(each, type) and hasattr(each, "code")
    }
    for path in (ROOT / "cardd").rglob("*.py"):
        if CLI in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in errors:
                for word in [
                    word for given in node.keywords if given.arg == "problem" for word in plain_words(given.value)
                ]:
                    yield errors[node.func.id], word  # type: ignore[attr-defined]


def plain_words(value: ast.expr) -> list[str]:
    if isinstance(value, ast.IfExp):
        return [*plain_words(value.body), *plain_words(value.orelse)]
    return [value.value] if isinstance(value, ast.Constant) and isinstance(value.value, str) else []


def test_each_problem_of_an_error_is_a_sentence_for_people() -> None:
    found = set(problem_words())
    assert len(found) > 100, "the walk sees the errors"
    assert {f"{code}:{word}" for code, word in found if code not in FOR_IT} - set(REASONS) == set()


@pytest.mark.parametrize("key", REASONS)
def test_each_sentence_belongs_to_an_error_or_check_and_a_word_that_is_said(key: str) -> None:
    where, _, word = key.partition(":")
    assert where in FAULTS or where in FAMILIES["health"]
    sources = [path for room in ("cardd", "certs") for path in (ROOT / room).rglob("*.py") if CLI not in path.parents]
    assert any(f'"{word}"' in path.read_text(encoding="utf-8") for path in sources), "nobody says this word"


@pytest.mark.parametrize("key", REASONS)
def test_each_sentence_is_there_in_both_languages(key: str) -> None:
    texts = REASONS[key]
    assert JAPANESE.search(texts.ja)
    assert texts.ja.endswith(("。", "）。"))
    assert texts.en.endswith(".")
    assert not JAPANESE.search(texts.en)


def test_rules_and_reviews_are_called_the_same_everywhere() -> None:
    """The client knows nothing of the daemon's rooms and has the names once more."""
    assert {key.removeprefix("watch."): TEXTS[key] for key in TEXTS if key.startswith("watch.")} == dict(NAMES)
    told = {key.removeprefix("review_reason."): TEXTS[key] for key in TEXTS if key.startswith("review_reason.")}
    assert told == {word: (each.ja, each.en) for word, each in REVIEW_REASONS.items()}


def test_a_word_of_a_later_daemon_is_shown_as_it_is() -> None:
    say = Speech("ja")
    assert say("kind.passport") == "passport"
    assert say.why("policy.denied", "full_moon") == "full_moon"


@pytest.mark.parametrize(
    ("environment", "locale"),
    [
        pytest.param({"LANG": "ja_JP.UTF-8"}, "ja", id="lang"),
        pytest.param({"LANG": "ja_JP.UTF-8", "LC_ALL": "C.UTF-8"}, "en", id="lc-all-first"),
        pytest.param({"LC_ALL": "", "LC_MESSAGES": "ja_JP.eucJP", "LANG": "C"}, "ja", id="empty-counts-as-unset"),
        pytest.param({}, "en", id="nothing-set"),
    ],
)
def test_the_language_is_that_of_the_terminal(
    monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str], locale: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert locale_of_environment() == locale
