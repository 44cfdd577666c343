"""The settings file: defaults, limits that only become stricter, errors that name file, line and key."""

import os
import pwd
import re
from pathlib import Path

import pytest

from cardd.config import ONLY_SEAT, Limits, Settings, from_bytes, load, uids_of
from cardd.tomlfile import BrokenFile

ROOT = Path(__file__).parents[3]
SMALLEST = """terminal = "window-1"
operator_ca = ["/etc/cardd/ca.pem"]
[[clients]]
name = "app"
users = [1000]
"""


def settings(text: str) -> Settings:
    return from_bytes(text.encode())


def problems(text: str) -> list[str]:
    with pytest.raises(BrokenFile) as caught:
        settings(text)
    return [str(problem) for problem in caught.value.problems]


def test_the_smallest_file_gives_production_and_one_seat() -> None:
    found = settings(SMALLEST)
    assert (found.mode, found.seat_names) == ("production", (ONLY_SEAT,))
    assert found.limits == Limits()
    assert str(found.audit.directory) == "/var/log/cardd/audit"


@pytest.mark.proves("I3", "S4", "S5", "C7")
def test_the_defaults_are_the_required_figures() -> None:
    limits = Limits()
    assert (limits.connections, limits.connections_per_user, limits.requests_per_second) == (32, 8, 20)
    assert (limits.queue_per_reader, limits.queue_per_user, limits.output_queue_bytes) == (4, 2, 256 * 1024)
    assert (limits.request_line_bytes, limits.response_line_bytes, limits.line_seconds) == (65_536, 1_048_576, 10)
    assert (limits.command_seconds, limits.operation_seconds, limits.pin_seconds) == (10, 30, 60)
    assert (limits.session_seconds, limits.login_failures, limits.login_lock_seconds) == (43_200, 3, 900)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("session_seconds", 43_201),
        ("login_failures", 4),
        ("login_window_seconds", 899),
        ("login_lock_seconds", 899),
        ("consent_seconds", 61),
        ("repeat_pin_seconds", 29),
        ("stop_seconds", 6),
        ("connections", 0),
    ],
)
def test_limits_that_protect_people_cannot_be_loosened(key: str, value: int) -> None:
    (problem,) = problems(f"{SMALLEST}[limits]\n{key} = {value}\n")
    assert problem.startswith(f"cardd.toml:7:{len(key) + 4}: limits.{key}: ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SMALLEST.replace("terminal", "terminals"), "cardd.toml: terminal: is missing"),
        (SMALLEST.replace("terminal", "terminals"), "cardd.toml:1:1: terminals: is not a key that is known here"),
        (SMALLEST.replace('"window-1"', '"fenster eins"'), "cardd.toml:1:12: terminal: String should match pattern"),
        (SMALLEST.replace("/etc/cardd/ca.pem", "ca.pem"), "cardd.toml:2:16: operator_ca[0]: must be an absolute path"),
        (SMALLEST.replace('["/etc/cardd/ca.pem"]', "[]"), "cardd.toml:2:15: operator_ca: Tuple should have at least 1"),
        (SMALLEST.replace("1000", '"nobody-by-this-name"'), "cardd.toml:5:10: clients[0].users[0]: there is no user"),
        (SMALLEST.replace("1000", "65534"), "cardd.toml:5:10: clients[0].users[0]: uid 65534 stands for"),
        (SMALLEST.replace("1000", "-1"), "cardd.toml:5:10: clients[0].users[0]"),
        (f'{SMALLEST}[[clients]]\nname = "app"\nusers = [1001]\n', "cardd.toml:7:8: clients[1].name: `app` stands there twice"),
        (f'{SMALLEST}[[clients]]\nname = "b"\nusers = [1000]\n', "cardd.toml:8:10: clients[1].users[0]: belongs to client `app`"),
        (f'{SMALLEST}[[seats]]\nname = "a"\nusers = [1001]\n', "cardd.toml:8:10: seats[0].users[0]: is no user of any client"),
        (f'{SMALLEST}[[seats]]\nname = "a"\nbadge_reader = {{}}\n', "cardd.toml:8:16: seats[0].badge_reader: names no reader"),
        (f"{SMALLEST}[limits]\nconnections = 4\n", "cardd.toml:6:1: limits.connections_per_user: is larger"),
        ('mode = "Test"\n' + SMALLEST, "cardd.toml:1:8: mode: Input should be"),
        ("terminal = \n", "cardd.toml:1:12: Invalid value"),
    ],
    ids=range(15),
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_key(text: str, expected: str) -> None:
    assert any(problem.startswith(expected) for problem in problems(text)), problems(text)


def test_all_problems_are_told_at_once() -> None:
    assert len(problems('mode = "x"\nlog_level = "loud"\n')) == 5


def test_users_are_names_or_numbers() -> None:
    me = pwd.getpwuid(os.getuid()).pw_name
    assert uids_of((me, 4711)) == {os.getuid(), 4711}


def test_the_pseudonym_key_comes_from_the_credentials_directory() -> None:
    found = settings(SMALLEST)
    assert found.pseudonym_key_path({"CREDENTIALS_DIRECTORY": "/run/creds"}) == Path("/run/creds/pseudonym.key")
    assert found.pseudonym_key_path({}) == Path("/var/lib/cardd/pseudonym.key")
    given = settings('pseudonym_key = "/etc/k"\n' + SMALLEST)
    assert given.pseudonym_key_path({"CREDENTIALS_DIRECTORY": "/run/creds"}) == Path("/etc/k")


def test_the_example_file_is_good_and_names_every_default_rightly() -> None:
    """Also with each commented key switched on, and then nothing but what must be given differs from the defaults."""
    path = ROOT / "cardd/example.toml"
    shipped = load(path)
    switched_on = re.sub(r"(?m)^# (?=\w+ = |\[)", "", path.read_text("utf-8"))
    before, seats = switched_on.split("[[seats]]")[0], switched_on.index("[audit]")
    full = settings(before + switched_on[seats:])
    assert full == shipped
    written = set(re.findall(r"(?m)^(\w+) = ", switched_on[switched_on.index("[limits]") :]))
    assert written == set(Limits.model_fields)


def test_every_setting_is_in_the_documentation() -> None:
    text = (ROOT / "docs/configuration.md").read_text("utf-8") + (ROOT / "cardd/example.toml").read_text("utf-8")
    for name, field in Settings.model_fields.items():
        assert f"`{field.alias or name}`" in text or f"[{name}]" in text or f"[[{name}]]" in text, name
    for name in Limits.model_fields:
        assert name in text


@pytest.mark.proves("I1", "S2")
@pytest.mark.parametrize(
    ("users", "prompt", "mode", "expected"),
    [
        ("0", "true", "production", None),
        ("1000", "true", "production", "is for the user root alone in production"),
        ("0, 1000", "true", "production", "is for the user root alone in production"),
        ("0", "false", "production", "needs `may_prompt`"),
        ("1000", "true", "test", None),
    ],
)
def test_who_may_open_the_session_of_another_user(users: str, prompt: str, mode: str, expected: str | None) -> None:
    text = f'mode = "{mode}"\n' + SMALLEST.replace(
        "[1000]", f"[{users}]\nmay_prompt = {prompt}\nmay_log_in_others = true"
    )
    if expected is None:
        assert settings(text).clients[0].may_log_in_others
        return
    (problem,) = problems(text)
    assert "clients[0].may_log_in_others" in problem
    assert expected in problem
