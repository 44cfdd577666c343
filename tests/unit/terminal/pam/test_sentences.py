"""What a person reads at the login screen, in which language, for each error of the daemon."""

from pathlib import Path
from typing import Any

import pytest

from cardd.client import RemoteError
from cardd.wire.fault import Locale
from cardd.wire.fault_table import FAULTS
from cardd.wire.talk import Failure
from terminal.pam.sentences import TEXTS, Sentences, locale_of_login


def remote(name: str, message: str = "from the daemon", **data: Any) -> RemoteError:
    return RemoteError(Failure(name, 1, message, "its remedy", data))


def said(locale: Locale, name: str, **data: Any) -> str:
    return "\n".join(Sentences(locale).of_error(remote(name, **data)))


@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_error_of_the_table_has_a_sentence_in_both_languages(name: str, locale: Locale) -> None:
    text = said(locale, name)
    assert text
    assert "from the daemon" not in text
    japanese = any("\u3040" <= letter <= "\u9fff" for letter in text)
    assert japanese is (locale == "ja"), text


def test_a_word_of_a_later_daemon_is_shown_as_the_daemon_says_it() -> None:
    assert said("ja", "future.word") == "from the daemon\nits remedy"


def test_what_comes_from_outside_steers_no_screen() -> None:
    error = remote("future.word", message="a\x1b[2Jb")
    assert "\x1b" not in "\n".join(Sentences("en").of_error(error))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"pin": {"tries_left": 2}}, "The badge's PIN is wrong (tries left: 2)."),
        ({"tries_left": 2}, "The badge's PIN is wrong (tries left: 2)."),
        ({}, "The badge's PIN is wrong (tries left: ?)."),
    ],
)
def test_a_wrong_pin_says_how_many_tries_are_left(data: dict[str, Any], expected: str) -> None:
    assert said("en", "pin.rejected", **data) == expected


def test_the_last_try_is_told_as_what_it_is() -> None:
    assert "counts as blocked" in said("en", "pin.rejected", pin={"tries_left": 1})


@pytest.mark.parametrize(("seconds", "minutes"), [(1, 1), (60, 1), (61, 2), (900, 15)])
def test_a_wait_is_told_in_minutes_that_suffice(seconds: int, minutes: int) -> None:
    assert said("en", "auth.locked", retry_after_s=seconds) == f"Too many logins failed. Wait {minutes} min."


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LANG": "ja_JP.UTF-8"}, "en"),
        ({}, "ja"),
        ({"PAM_SERVICE": "login", "PAM_TTY": "/dev/tty3", "LANG": "ja_JP.UTF-8"}, "en"),
        ({"PAM_SERVICE": "login", "PAM_TTY": "/dev/pts/3", "LANG": "ja_JP.UTF-8"}, "ja"),
        ({"PAM_SERVICE": "gdm-password", "PAM_TTY": "/dev/tty1", "LANG": "ja_JP.UTF-8"}, "ja"),
    ],
)
def test_the_language_is_that_of_pam_and_the_console_s_own_letters(environment: dict[str, str], expected: str) -> None:
    assert locale_of_login(environment, ()) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('LANG="ja_JP.UTF-8"\n', "ja"),
        ("LANG=en_US.UTF-8\n", "en"),
        ("#  LANG=en_US.UTF-8\nexport LANG=ja_JP.UTF-8\n", "ja"),
        ("LC_TIME=en_US.UTF-8\n", "ja"),
        ("", "ja"),
    ],
)
def test_where_pam_says_nothing_the_machine_s_setting_counts(tmp_path: Path, content: str, expected: str) -> None:
    file = tmp_path / "locale"
    file.write_text(content)
    assert locale_of_login({}, (tmp_path / "none", file)) == expected


@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize(
    ("name", "problem"), [("auth.failed", "not_registered"), ("auth.wrong_account", "unix_user_other")]
)
def test_whoever_is_refused_reads_no_words_of_programs(name: str, problem: str, locale: Locale) -> None:
    text = said(locale, name, problem=problem)
    assert "`" not in text
    assert problem not in text
    assert len(text.splitlines()) == 3


def test_each_sentence_takes_what_it_is_given() -> None:
    for key in TEXTS:
        for locale in ("ja", "en"):
            assert "{" not in Sentences(locale)(key, n=1)
