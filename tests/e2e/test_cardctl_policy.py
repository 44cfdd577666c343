"""`cardctl policy` against a running daemon and on files: one table, one explanation, whichever way it is asked."""

import json
import subprocess
from pathlib import Path

import pytest

from cardd.wire.methods import policy_explain, policy_show
from tests.fixtures.counter import BADGE_SLOT, Counter, counter

__all__ = ["counter"]
EXAMPLE = str(Path(__file__).parents[2] / "cardd/policy/example.toml")
ASKED = ("read", "name", "photo", "--purpose", "passport")


def run(counter: Counter, *arguments: str) -> tuple[int, str, str]:
    done: subprocess.CompletedProcess[str] = counter.cardctl(*arguments)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.proves("S7")
def test_the_policy_in_force_is_shown_like_its_file(counter: Counter) -> None:
    file = str(counter.folder / "policy.toml")
    for locale in ("ja", "en"):
        shown = run(counter, "--locale", locale, "policy", "show")
        assert shown[0] == 0, shown
        assert shown == run(counter, "--locale", locale, "policy", "show", file)
    code, line, _ = run(counter, "--json", "policy", "show")
    assert code == 0
    policy_show.Result.model_validate_json(line)
    assert json.loads(line) == json.loads(run(counter, "--json", "policy", "show", file)[1])


@pytest.mark.proves("S7", "S8", "fault 91")
def test_a_refusal_is_explained_and_changes_with_who_is_logged_in(counter: Counter) -> None:
    code, text, err = run(counter, "--locale", "ja", "policy", "explain", *ASKED)
    assert (code, err) == (2, "")
    assert "理由: ログインしていません。" in text
    named = run(counter, "--locale", "ja", "policy", "explain", *ASKED, "--role", "counter")
    assert named[0] == 2
    file = str(counter.folder / "policy.toml")
    assert named == run(counter, "--locale", "ja", "policy", "explain", "--file", file, *ASKED, "--role", "counter")
    assert "認められない項目: 顔写真" in named[1]
    sato = counter.office.people[0]
    counter.log_in(sato)
    code, line, _ = run(counter, "--json", "policy", "explain", "read", "name", "--purpose", "passport")
    told = policy_explain.Result.model_validate_json(line)
    assert (code, told.allowed, told.rule) == (0, True, "register_counter")
    counter.pull(BADGE_SLOT)


def test_files_are_checked_and_compared_without_the_daemon(counter: Counter, tmp_path: Path) -> None:
    counter.stop()
    new = tmp_path / "new.toml"
    new.write_text(Path(EXAMPLE).read_text("utf-8").replace("version = 1", "version = 2"), encoding="utf-8")
    register = str(counter.folder / "register.toml")
    code, text, err = run(counter, "policy", "check", str(new), "--register", register)
    assert (code, err) == (0, "")
    assert "good. Version 2" in text
    assert run(counter, "policy", "diff", EXAMPLE, str(new))[1].splitlines()[-1] == "Nothing is decided otherwise."
    new.write_text("version = 1\nversion = 2\n", encoding="utf-8")
    assert run(counter, "policy", "check", str(new)) == (1, "", f"{new}:2:12: Cannot overwrite a value\n")
    assert run(counter, "policy", "show")[0] == 69  # no daemon


def test_wrong_words_are_wrong_usage_or_a_bad_request(counter: Counter) -> None:
    assert run(counter, "policy", "explain", "--file", EXAMPLE, "fly")[0] == 64
    code, line, _ = run(counter, "--json", "policy", "explain", "fly")
    error = json.loads(line)["error"]
    assert (error["name"], error["field"], code) == ("request.bad", "params.operation", error["exit_code"])
    assert run(counter, "policy", "explain", "read", "name", "--private-sector")[0] == 64
