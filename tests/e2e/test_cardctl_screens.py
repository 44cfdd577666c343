"""What cardctl prints at a real counter: one JSON object for programs; for people Japan's time, 80 columns and whole receipts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardd.audit.verifier import receipt_of
from cardd.cli.screen import columns
from cardd.wire.catalogue import METHODS
from tests.e2e.people_house import Town, open_town
from tests.fixtures.counter import CONTEXT, ROOMY

RESULTS = {words.name: set(words.result.model_fields) for words in METHODS}
USE = ("--purpose", CONTEXT["purpose"], "--case", CONTEXT["case"])
ASKED = {
    "session.status": ("status",),
    "readers.list": ("readers",),
    "cards.list": ("cards",),
    "queue.show": ("queue",),
    "health": ("health",),
    "whoami": ("whoami",),
    "approval.list": ("approvals", "list"),
    "badge.list": ("badge", "list"),
    "card.pin_status": ("pin", "status", *USE),
    "card.token_info": ("token-info", *USE),
    "audit.head": ("audit", "head"),
    "audit.query": ("audit", "tail", "-n", "5"),
    "audit.alarms": ("audit", "alarms", "--state", "all", "--shares"),
}
"""The method that a command's object is the result of."""
REFUSED = {
    "audit.unknown": ("audit", "review", "999999", "explained", "work"),
    "policy.denied": ("audit", "cut", "--before", "2019-11-22"),
    "approval.required": ("audit", "watch-list", "staff", "--purpose", "watch_list", "--case", "R8-1"),
    "approval.invalid": ("approvals", "refuse", "a-0123456789abcdef"),
    "usage": ("audit", "query", "--day", "yesterday"),
    "output.not_written": ("audit", "proof", "1", "--out", "/nowhere/proof.json"),
}


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with open_town(ROOMY) as town:
        town.counter.environment |= {"TZ": "America/New_York", "COLUMNS": "80"}
        town.log_in("sato")
        town.call("card.read", town.resident.holder.pins.card_info, card=town.handle, items=["name"], **CONTEXT)
        yield town


def ask(town: Town, *words: str) -> subprocess.CompletedProcess[str]:
    return town.counter.cardctl(*words)


@pytest.mark.parametrize("method", ASKED)
def test_a_program_gets_the_methods_result_as_one_line(town: Town, method: str) -> None:
    done = ask(town, "--json", *ASKED[method])
    (line,) = done.stdout.splitlines()
    assert set(json.loads(line)) == RESULTS[method]
    assert done.stderr == ""


@pytest.mark.parametrize("name", REFUSED)
def test_a_program_gets_an_error_by_its_name_in_whatever_language(town: Town, name: str) -> None:
    told = {}
    for locale in ("ja", "en"):
        done = ask(town, "--json", "--locale", locale, *REFUSED[name])
        (line,) = done.stdout.splitlines()
        error = json.loads(line)["error"]
        assert (error["name"], error["exit_code"]) == (name, done.returncode)
        assert done.stderr == ""
        told[locale] = {key: error[key] for key in error if key not in ("message", "remedy", "request_id", "approval")}
    assert told["ja"] == told["en"], "nothing is said in a sentence alone"


@pytest.mark.proves("A6")
@pytest.mark.parametrize("locale", ["ja", "en"])
def test_a_clerk_has_the_receipt_as_the_verifier_takes_it(town: Town, locale: str) -> None:
    done = ask(town, "--locale", locale, "token-info", *USE)
    word, receipt = done.stderr.splitlines()[-1].split(" ")
    sequence, digest = receipt_of(receipt)
    assert word == {"ja": "控え", "en": "Receipt"}[locale]
    (use,) = town.call("audit.query", number=sequence)["uses"]
    records = {each["sequence"]: each["record_hash"] for each in (use, use["outcome"]) if each is not None}
    assert records[sequence] == digest


@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize("method", ASKED)
def test_what_people_see_fits_80_columns_and_names_the_zone(town: Town, method: str, locale: str) -> None:
    done = ask(town, "--locale", locale, *ASKED[method])
    lines = (done.stdout + done.stderr).splitlines()
    assert [line for line in lines if columns(line) > 80 and not re.search(r"\S{40}", line)] == []
    text = "\n".join(lines)
    # Not a receipt, whose hash goes on. `audit head` is a signed text of its own, `health` tells a duration.
    if re.search(r"(?<![\d:])\d\d:\d\d\b", text) and method not in ("audit.head", "health"):
        assert "JST" in text


def test_the_verifier_and_the_clerk_see_the_same_day(town: Town, tmp_path: Path) -> None:
    """Midnight in Japan is afternoon where TZ says the machine stands."""
    use = town.call("audit.query", limit=1)["uses"][0]
    shown = ask(town, "--locale", "ja", "audit", "query", "--number", str(use["sequence"])).stdout
    (moment,) = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", shown)
    bundle = tmp_path / "proof.json"
    assert ask(town, "audit", "proof", str(use["sequence"]), "--out", str(bundle)).returncode == 0
    command = [sys.executable, "-m", "cardd.audit.verifier", "--proof", str(bundle)]
    checked = subprocess.run(command, env=town.counter.environment, capture_output=True, text=True, check=True)
    assert moment in checked.stdout
