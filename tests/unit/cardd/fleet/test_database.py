"""How the database is reached: nothing is left to libpq's defaults that concerns who is who, and failures have our names."""

import os
from pathlib import Path

import psycopg
import pytest
from pydantic import ValidationError

from cardd.fleet.database import Database, forget_the_environment, problem_of
from cardd.fleet.problems import SENTENCES, FleetProblem

REMOTE = {
    "host": "fleet.example.lg.jp",
    "user": "counter-1",
    "ca": "/etc/cardd/fleet-ca.crt",
    "certificate": "/etc/cardd/ship.crt",
    "certificate_key": "ship.key",
}


@pytest.mark.proves("H4")
def test_over_the_network_both_sides_prove_who_they_are() -> None:
    told = Database.model_validate(REMOTE).parameters("test", {"CREDENTIALS_DIRECTORY": "/run/credentials/x"})
    assert {
        name: told[name]
        for name in ("sslmode", "sslcertmode", "require_auth", "ssl_min_protocol_version", "gssencmode")
    } == {
        "sslmode": "verify-full",
        "sslcertmode": "require",
        "require_auth": "none",
        "ssl_min_protocol_version": "TLSv1.3",
        "gssencmode": "disable",
    }
    assert told["sslkey"] == "/run/credentials/x/ship.key"
    assert "password" not in told
    assert told["passfile"] == "/nonexistent"


@pytest.mark.parametrize("missing", ["ca", "certificate", "certificate_key"])
def test_without_a_certificate_there_is_no_network(missing: str) -> None:
    with pytest.raises(ValidationError, match="needs `ca`, `certificate` and `certificate_key`"):
        Database.model_validate({name: value for name, value in REMOTE.items() if name != missing})


def test_a_folder_is_a_socket_of_this_machine() -> None:
    told = Database(host="/run/postgresql", user="postgres").parameters("test", {})
    assert told["sslmode"] == "disable"
    assert told["host"] == "/run/postgresql"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", "a b"), ("host", ""), ("host", "x\nhost=y"), ("user", "a'b"), ("user", ""), ("name", "a b"), ("port", 0),
        ("port", 65536), ("answer_seconds", 0), ("password", "x"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Database.model_validate({**REMOTE, name: value})


def test_libpqs_own_variables_are_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGPASSWORD", "PGSERVICE", "PGOPTIONS", "PGSSLMODE"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("PATH_OF_MINE", "y")
    forget_the_environment()
    assert not [name for name in os.environ if name.startswith("PG")]
    assert os.environ["PATH_OF_MINE"] == "y"


@pytest.mark.parametrize(
    ("error", "late", "word"),
    [
        (psycopg.OperationalError("x"), False, "broken_off"),
        (psycopg.OperationalError("x"), True, "no_answer"),
        (psycopg.errors.QueryCanceled(), False, "no_answer"),
        (psycopg.errors.LockNotAvailable(), False, "no_answer"),
        (psycopg.errors.AdminShutdown(), False, "broken_off"),
        (psycopg.errors.InsufficientPrivilege(), False, "no_right"),
        (psycopg.errors.UndefinedTable(), False, "no_schema"),
        (psycopg.errors.DiskFull(), False, "database"),
    ],
)
def test_failures_have_our_names(error: Exception, late: bool, word: str) -> None:
    assert problem_of(error, late=late).word == word


def test_the_text_of_an_error_is_not_passed_on() -> None:
    problem = problem_of(psycopg.errors.DiskFull("Key (operator)=(tanaka) already exists"))
    assert str(problem) == "database (53100)"
    for locale in ("ja", "en"):
        assert "tanaka" not in problem.sentence(locale)
        assert "53100" in problem.sentence(locale)


@pytest.mark.parametrize("word", SENTENCES)
def test_each_problem_has_a_sentence_in_both_languages(word: str) -> None:
    japanese, english = (FleetProblem(word).sentence(locale) for locale in ("ja", "en"))
    assert any(ord(each) > 0x3000 for each in japanese)
    assert english.isascii()
    assert english.endswith(".")


def test_each_problem_that_is_raised_has_a_sentence() -> None:
    import re

    root = Path(__file__).parents[4] / "cardd"
    texts = [
        path.read_text(encoding="utf-8") for room in ("fleet", "collector") for path in (root / room).rglob("*.py")
    ]
    raised = {word for text in texts for word in re.findall(r'FleetProblem\("(\w+)"', text)}
    assert raised
    assert raised <= set(SENTENCES)
