"""The terminal's settings are read strictly, and errors say file, line, key and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from terminal import settings
from terminal.settings import Settings, SettingsError

EXAMPLE = Path(settings.__file__).with_name("example.toml")


def refused(text: str) -> SettingsError:
    with pytest.raises(SettingsError) as refusal:
        settings.parse(text.encode(), "terminal.toml")
    return refusal.value


def written(folder: Path, text: str = "", mode: int = 0o600) -> Path:
    path = folder / "terminal.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_an_empty_file_is_all_defaults() -> None:
    assert settings.parse(b"", "terminal.toml") == Settings()


def test_the_example_stands_at_the_defaults_and_names_every_key() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert settings.parse(text.encode(), "example.toml") == Settings()
    uncommented = text
    for key in ("seat", "locale", "hand_over"):
        uncommented = uncommented.replace(f'# {key} = "', f'{key} = "')
    read = settings.parse(uncommented.encode(), "example.toml")
    assert (read.seat, read.locale, read.console.hand_over) == ("counter-1", "ja", "/srv/juki/incoming")
    for table in (read.agent, read.removal, read.left, read.console):
        for key in table.__dataclass_fields__:
            assert f"\n{key} = " in uncommented


def test_every_key_is_described() -> None:
    page = (EXAMPLE.parents[1] / "docs" / "terminal.md").read_text(encoding="utf-8")
    read = Settings()
    tables = {"agent": read.agent, "removal": read.removal, "left": read.left, "console": read.console}
    keys = [f"{name}.{key}" for name, table in tables.items() for key in table.__dataclass_fields__]
    assert [key for key in ["seat", "locale", *keys] if f"| `{key}` |" not in page] == []


@pytest.mark.parametrize(
    ("text", "line", "key", "allowed"),
    [
        ('[agent]\nprompt = "window"', 2, "agent.prompt", '"pinentry", "tty", "console"'),
        ('[agent]\npinentry = "pinentry"', 2, "agent.pinentry", '"/…"'),
        ("[removal]\n\nwait_seconds = 0", 3, "removal.wait_seconds", "0.1–30"),
        ("[removal]\nwait_seconds = true", 2, "removal.wait_seconds", "0.1–30"),
        ('[removal]\nlock_command = "swaylock"', 2, "removal.lock_command", '["program", "argument", …]'),
        ('[removal]\nlock_command = [""]', 2, "removal.lock_command", '["program", "argument", …]'),
        ("[console]\nport = 80", 2, "console.port", "0, 1024–65535"),
        ("[console]\nkeypad = 1", 2, "console.keypad", "true, false"),
        ('[console]\nhand_over = "incoming"', 2, "console.hand_over", '"/…"'),
        ("[console]\nbrowser = []", 2, "console.browser", '["program", "argument", …]'),
        ('locale = "fr"', 1, "locale", '"ja", "en"'),
        ('seat = ""', 1, "seat", '"…"'),
        ("agent = 3", 1, "agent", "[agent]"),
    ],
)
def test_a_value_that_cannot_be_is_told_with_its_place(text: str, line: int, key: str, allowed: str) -> None:
    (problem,) = refused(text).problems
    assert (problem.word, problem.line, problem.key, problem.allowed) == ("wrong_value", line, key, allowed)
    assert problem.say("en") == f"terminal.toml:{line}: {key}: cannot have this value; allowed: {allowed}"
    assert allowed in problem.say("ja")


def test_unknown_keys_are_refused_all_at_once() -> None:
    problems = refused("colour = 1\n[removal]\nactoin = 2\n[sound]\n").problems
    assert [(each.key, each.line) for each in problems] == [("colour", 1), ("sound", 4), ("removal.actoin", 3)]
    assert "action, wait_seconds, lock_command" in problems[2].say("en")


@pytest.mark.parametrize(
    ("content", "word"), [(b"\xff", "not_utf8"), (b"seat = ", "not_toml"), (b"a" * 70, "not_toml")]
)
def test_what_is_no_toml_is_told(content: bytes, word: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        settings.parse(content, "terminal.toml")
    assert [each.word for each in refusal.value.problems] == [word]


@pytest.mark.parametrize("mode", [0o602, 0o622, 0o666])
def test_a_file_that_others_may_write_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(SettingsError, match="others than root and you may write"):
        settings.load(written(tmp_path, mode=mode))


def test_a_file_in_a_folder_that_others_may_write_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    tmp_path.chmod(0o777)
    with pytest.raises(SettingsError, match="others than root and you may write"):
        settings.load(path)
    tmp_path.chmod(0o1777)
    assert settings.load(path) == Settings()


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        settings.load(tmp_path / "nothing.toml")


def test_the_environment_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDD_TERMINAL", str(written(tmp_path, 'seat = "a"')))
    assert settings.load().seat == "a"
    assert settings.used() == str(tmp_path / "terminal.toml")


def test_a_file_without_end_is_not_read_whole(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is larger than 65536 bytes"):
        settings.load(written(tmp_path, "#" * 70_000))
