"""`python -m cardd.policy` as people start it: what it prints, and how it ends."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from cardd.policy.__main__ import main
from cardd.policy.commands import BROKEN, GOOD, REFUSED, USAGE
from cardd.policy.load import load
from cardd.policy.plain import plain_policy

EXAMPLE = Path(__file__).parents[4] / "cardd/policy/example.toml"
REGISTER = """version = 1
[[operators]]
id = "a"
name = "甲"
role = "administrator"
certificates = ["{one}"]
[[operators]]
id = "a2"
person = "a"
name = "甲"
role = "administrator"
certificates = ["{two}"]
[[operators]]
id = "b"
name = "乙"
role = "administrator"
status = "blocked"
certificates = ["{three}"]
""".format(one="1" * 64, two="2" * 64, three="3" * 64)
Ended = tuple[int, str, str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> "Runner":
    return Runner(capsys)


class Runner:
    """Runs it in this process; what usage ends comes as an exit."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Ended:
        try:
            code = main([str(each) for each in arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        out = self._capsys.readouterr()
        return code, out.out, out.err


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.toml"
    path.write_text(EXAMPLE.read_text("utf-8").replace('"auditor"\nja', '"counter"\nja'), encoding="utf-8")
    return path


def test_a_good_file_is_said_to_be_good_with_its_size(run: Runner) -> None:
    code, out, err = run("check", EXAMPLE, "--locale", "ja")
    assert (code, err) == (GOOD, "")
    assert out == f"{EXAMPLE}: 使えます。第1版、役割 5、利用目的 15、行 20、認める組合せ 513。\n"
    told = json.loads(run("check", EXAMPLE, "--json")[1])
    assert (told["good"], told["hash"], told["cells"], told["notes"]) == (True, load(EXAMPLE).hash, 513, [])


@pytest.mark.proves("fault 94")
@pytest.mark.parametrize("command", ["check", "show", "explain", "diff"])
def test_a_broken_file_is_told_with_line_and_column(run: Runner, broken: Path, command: str) -> None:
    more = {"explain": ["read", "name"], "diff": [str(EXAMPLE)]}.get(command, [])
    code, out, err = run(command, broken, *more)
    assert (code, out) == (BROKEN, "")
    assert f"{broken}:39:8: roles[4].code: `counter` stands there twice\n" in err
    code, out, err = run(command, broken, *more, "--json")
    told = json.loads(out)
    assert (code, err, told["good"]) == (BROKEN, "", False)
    assert {
        "file": str(broken),
        "line": 39,
        "column": 8,
        "key": "roles[4].code",
        "what": "`counter` stands there twice",
    } in (told["problems"])


@pytest.mark.proves("S9")
def test_the_register_is_looked_at_too(run: Runner, tmp_path: Path) -> None:
    register = tmp_path / "register.toml"
    register.write_text(REGISTER, encoding="utf-8")
    code, out, _ = run("check", EXAMPLE, "--register", register, "--locale", "ja")
    assert code == GOOD
    # One person with two badges and one who is blocked are not two people.
    assert "注意: 操作 badge_enrol: a が行うとき、承認できる別の人がいない。" in out
    assert "注意: 権限 lockdown_release は2人必要だが、名簿には 1 人しかいない。" in out
    for text in ("operators = 3", 'operators = ["x"]', "[[operators]]\nid = 'x'", "x = ", "\udcff"):
        register.write_text(text, encoding="utf-8", errors="surrogateescape")
        code, _, err = run("check", EXAMPLE, "--register", register)
        assert (code, err) == (BROKEN, f"{register}: is no register of operators\n")


def test_a_table_is_drawn_from_a_file_and_from_an_answer_alike(
    run: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code, drawn, _ = run("show", EXAMPLE, "--locale", "ja")
    assert code == GOOD
    assert "== 住民のカード ==" in drawn
    told = run("show", EXAMPLE, "--json")[1]
    assert json.loads(told) == plain_policy(load(EXAMPLE))
    answer = tmp_path / "answer.json"
    answer.write_text(told, encoding="utf-8")
    assert run("show", answer, "--from-json", "--locale", "ja")[:2] == (GOOD, drawn)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(told.encode())))
    assert run("show", "-", "--from-json", "--locale", "ja")[:2] == (GOOD, drawn)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"office": 3}', '{"office":"x","version":1,"hash":"","rows":3}'])
def test_what_is_no_answer_is_refused(run: Runner, tmp_path: Path, text: str) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text(text, encoding="utf-8")
    for command in ("show", "explain"):
        code, out, err = run(command, answer, "--from-json")
        assert (code, out) == (BROKEN, "")
        assert err.startswith(f"{answer}: is no ")


@pytest.mark.parametrize(
    ("arguments", "code", "rule"),
    [
        (("read", "name", "--role", "counter", "--purpose", "passport"), GOOD, "register_counter"),
        (("read", "name", "photo", "--role", "counter", "--purpose", "passport"), REFUSED, "default"),
        (("read", "name"), REFUSED, "session"),
        (("sign", "--key", "signature", "--role", "counter", "--purpose", "online_signature"), GOOD, "resident_signature"),
        (("sign", "--key", "signature", "--role", "administrator", "--purpose", "office_files", "--card", "badge"), GOOD,
         "office_file_signature"),
        (("badge_enrol", "--role", "administrator", "--purpose", "badge_care"), GOOD, "badge_work"),
        (("grant", "--key", "authentication", "--role", "counter", "--purpose", "online_signature"), GOOD, "office_grant"),
        (("lockdown", "--role", "counter"), REFUSED, "rights"),
        (("lockdown", "--role", "supervisor"), GOOD, "rights"),
        (("read", "name", "--role", "supervisor", "--purpose", "disaster_identity", "--emergency"), GOOD, "disaster"),
        (("read", "my_number", "--role", "counter", "--purpose", "move_in", "--private-sector"), REFUSED, "number_law"),
        (("pin_status", "--pin", "verification_a", "--role", "counter", "--purpose", "passport"), REFUSED, "number_law"),
    ],
)  # fmt: skip
def test_a_question_is_answered_by_exit_status_and_rule(
    run: Runner, arguments: tuple[str, ...], code: int, rule: str
) -> None:
    ended, out, err = run("explain", "--json", EXAMPLE, *arguments)
    assert (ended, json.loads(out)["rule"], err) == (code, rule, "")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("fly",),
        ("check",),
        ("explain", EXAMPLE),
        ("explain", EXAMPLE, "fly"),
        ("explain", EXAMPLE, "read", "shoe_size"),
        ("show", EXAMPLE, "--locale", "de"),
    ],
)
def test_wrong_usage_has_a_status_of_its_own(run: Runner, arguments: tuple[object, ...]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (USAGE, "")
    assert err.startswith("usage: ")


def test_a_difference_is_told_in_both_forms(run: Runner, tmp_path: Path) -> None:
    new = tmp_path / "new.toml"
    new.write_text(
        EXAMPLE.read_text("utf-8").replace("version = 1", "version = 2").replace(', "age_over"]', "]"), "utf-8"
    )
    code, out, _ = run("diff", EXAMPLE, new, "--locale", "ja")
    assert code == GOOD
    assert "認めなくなる (6 通り)\n  - 読み取り: 年齢の確認\n" in out
    (moved,) = json.loads(run("diff", EXAMPLE, new, "--json")[1])["moved"]
    assert (moved["before"], moved["after"], moved["cells"]) == ("yes", "no", 6)
    assert moved["blocks"][0]["objects"] == ["age_over"]


@pytest.mark.parametrize(("variable", "value", "word"), [("LANG", "ja_JP.UTF-8", "使えます"), ("LC_ALL", "C", "good")])
def test_the_language_is_that_of_the_terminal(
    run: Runner, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, word: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    assert word in run("check", EXAMPLE)[1]


def test_whoever_reads_may_leave_early() -> None:
    command = [sys.executable, "-m", "cardd.policy", "show", str(EXAMPLE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as shown:
        assert shown.stdout is not None
        assert shown.stderr is not None
        shown.stdout.close()
        assert shown.wait(30) == GOOD
        assert shown.stderr.read() == b""
