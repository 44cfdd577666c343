"""`python -m certs.ca`: make, show, list; passphrases from a descriptor and from a terminal without echo."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from certs.ca import errors, secret_entry
from certs.ca.__main__ import main
from certs.ca.errors import CaKeyError
from certs.ca.file_key import FileKey
from certs.ca.files import read_certificate
from certs.ca.issued import Issued, IssuedBook
from certs.ca.keys import Algorithm
from certs.ca.sentences import SENTENCES, sentence
from tests.fixtures.softhsm import LABEL, PIN, softhsm
from tests.fixtures.terminal import Terminal
from tests.unit.certs.ca.office import HANAKO, NAME, PASSPHRASE, authority, issued, key_of, request_for

CREATE = ("create", "--name", NAME)


@contextmanager
def descriptor(content: bytes) -> Iterator[str]:
    """A descriptor to read `content` from."""
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    try:
        yield str(reading)
    finally:
        os.close(reading)


def run(*words: object, secret: bytes = PASSPHRASE + b"\n") -> Result:
    with descriptor(secret) as number:
        more = ["--passphrase-fd", number] if "create" in words else []
        return CliRunner().invoke(main, [str(word) for word in (*words, *more)])


def places(folder: Path) -> tuple[str, ...]:
    return ("--certificate", str(folder / "ca.pem"), "--file", str(folder / "ca.key"))


@pytest.mark.parametrize("algorithm", Algorithm)
def test_create_makes_a_key_and_its_certificate(tmp_path: Path, algorithm: Algorithm) -> None:
    ran = run(*CREATE, *places(tmp_path), "--algorithm", algorithm.value, "--years", "3", "--json")
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.output)
    certificate = x509.load_der_x509_certificate(read_certificate(tmp_path / "ca.pem"))
    key = FileKey.open(tmp_path / "ca.key", bytearray(PASSPHRASE))
    assert key.algorithm is algorithm
    assert told["algorithm"] == algorithm.value
    assert told["fingerprint"] == certificate.fingerprint(hashes.SHA256()).hex()
    assert told["valid_now"] is True
    assert (told["issued"], told["issued_live"]) == (0, 0)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["ca.key", "ca.pem"]
    assert (tmp_path / "ca.pem").stat().st_mode & 0o777 == 0o644


def test_create_in_a_token(tmp_path: Path) -> None:
    (tmp_path / "hsm").mkdir()
    with softhsm(tmp_path / "hsm") as hsm:
        token = ("--pkcs11", hsm.module, "--token", LABEL, "--key-label", "ca")
        ran = run(*CREATE, "--certificate", tmp_path / "ca.pem", *token, secret=PIN + b"\n")
        assert ran.exit_code == 0, ran.output
        again = run(*CREATE, "--certificate", tmp_path / "ca2.pem", *token, "--json", secret=PIN + b"\n")
    assert (again.exit_code, json.loads(again.output)["error"]["name"]) == (1, "key_exists")
    assert not (tmp_path / "ca2.pem").exists()


@pytest.mark.parametrize("there", ["ca.pem", "ca.key"])
def test_create_writes_over_nothing_and_leaves_nothing(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_bytes(b"mine")
    ran = run(*CREATE, *places(tmp_path))
    assert ran.exit_code == 1
    assert "stays as it is" in ran.output
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [(there, b"mine")]


def test_no_key_is_made_where_its_certificate_could_not_stand(tmp_path: Path) -> None:
    ran = run(*CREATE, "--certificate", tmp_path / "nowhere" / "ca.pem", "--file", tmp_path / "ca.key")
    assert ran.exit_code == 1
    assert sentence("certificate_unwritable") in ran.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        (b"short\n", "passphrase_short"),
        (b"", "secret_missing"),
        (b"\n", "secret_missing"),
        (b"x" * 65 + b"\n", "secret_long"),
        (b"x" * 300 + b"\n", "secret_long"),
        ("見本市見本市\n".encode(), "passphrase_characters"),
    ],
)
def test_a_passphrase_that_will_not_do_makes_nothing(tmp_path: Path, secret: bytes, problem: str) -> None:
    ran = run(*CREATE, *places(tmp_path), "--json", secret=secret)
    assert (ran.exit_code, json.loads(ran.output)["error"]["name"]) == (1, problem)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--file", "k", "--token", "t"),
        ("--file", "k", "--pkcs11", "m", "--token", "t", "--key-label", "l"),
        ("--pkcs11", "m", "--token", "t"),
        ("--token", "t"),
    ],
)
def test_a_key_has_one_place(tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = run(*CREATE, "--certificate", tmp_path / "ca.pem", *words)
    assert ran.exit_code == 2
    assert "either --file, or --pkcs11" in ran.output


def test_a_bad_name_is_told_before_it_costs_a_key(tmp_path: Path) -> None:
    ran = run("create", "--name", "x" * 65, *places(tmp_path))
    assert ran.exit_code == 1
    assert sentence("name") in ran.output
    assert list(tmp_path.iterdir()) == []


def test_show_and_list_ask_for_nothing(tmp_path: Path) -> None:
    ca = authority(tmp_path)
    (tmp_path / "ca.pem").write_bytes(x509.load_der_x509_certificate(ca.certificate).public_bytes(Encoding.PEM))
    first = issued(ca)
    ca.issue_badge(request_for(key_of("p256", 1)), HANAKO, first.not_valid_before_utc, 1)
    shown = run("show", "--certificate", tmp_path / "ca.pem", "--json")
    assert json.loads(shown.output)["issued"] == 2
    assert NAME in run("show", "--certificate", tmp_path / "ca.pem").output
    listed = [
        json.loads(line) for line in run("list", "--certificate", tmp_path / "ca.pem", "--json").output.splitlines()
    ]
    assert [entry["operator"] for entry in listed] == ["hanako_1", "hanako_1"]
    assert listed[0]["fingerprint"] == first.fingerprint(hashes.SHA256()).hex()
    assert listed[0]["fingerprint"] in run("list", "--certificate", tmp_path / "ca.pem").output


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "certificate_absent"),
        (b"", "ca_malformed"),
        (b"-----BEGIN X-----\nMAA=\n-----END X-----\n", "ca_malformed"),
    ],
)
def test_show_says_what_is_wrong_with_the_file(tmp_path: Path, content: bytes | None, problem: str) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)
    ran = run("show", "--certificate", tmp_path / "ca.pem")
    assert ran.exit_code == 1
    assert sentence(problem) in ran.output


def test_a_damaged_book_is_no_empty_list(tmp_path: Path) -> None:
    (tmp_path / "issued.jsonl").write_bytes(b"nonsense\n")
    ran = run("list", "--certificate", tmp_path / "ca.pem")
    assert ran.exit_code == 1
    assert sentence("book_damaged") in ran.output


def test_every_word_that_the_command_can_end_with_has_its_sentence() -> None:
    documented = {
        word for kind in (errors.CaKeyError, errors.BookError) for word in (kind.__doc__ or "").split("`")[1::2]
    }
    assert len(documented) > 25
    assert documented <= set(SENTENCES)


def test_live_means_not_expired(tmp_path: Path) -> None:
    book = IssuedBook.beside(tmp_path / "ca.pem")
    for operator, ends in (("old", "2001-01-01T00:00:00Z"), ("new", "9999-01-01T00:00:00Z")):
        book.add(Issued("1", "f", "e", operator, "g", "signature", ends, "2000-01-01T00:00:00Z"))
    live = run("list", "--live", "--json", "--certificate", tmp_path / "ca.pem").output.splitlines()
    assert [json.loads(line)["operator"] for line in live] == ["new"]


def test_help_says_how_to_begin() -> None:
    for words in ((), ("create",), ("show",), ("list",)):
        ran = CliRunner().invoke(main, [*words, "--help"])
        assert ran.exit_code == 0
        assert "--certificate" in ran.output


# --- typing ----------------------------------------------------------------------------------------------------------


def terminal(folder: Path) -> Terminal:
    command = [sys.executable, "-m", "certs.ca", *CREATE, *places(folder)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[4]), "LC_ALL": "C.UTF-8"}
    return Terminal(command, environment, folder)


def test_a_typed_passphrase_is_asked_twice_and_never_shown(tmp_path: Path) -> None:
    with terminal(tmp_path) as person:
        person.wait_for("12 to 64 characters): ")
        assert not person.echoes
        person.type(PASSPHRASE.decode() + "\n")
        person.wait_for("once more: ")
        assert not person.echoes
        person.type(PASSPHRASE.decode() + "\n")
        person.wait_for("issued_live")
        assert person.ends() == 0
    assert PASSPHRASE.decode() not in person.screen
    FileKey.open(tmp_path / "ca.key", bytearray(PASSPHRASE)).close()


def test_two_that_differ_make_nothing(tmp_path: Path) -> None:
    with terminal(tmp_path) as person:
        person.wait_for("12 to 64 characters): ")
        person.type("one passphrase long\n")
        person.wait_for("once more: ")
        person.type("another passphrase\n")
        person.wait_for("not the same")
        assert person.ends() == 1
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_it_and_the_terminal_echoes_again(tmp_path: Path) -> None:
    with terminal(tmp_path) as person:
        person.wait_for("12 to 64 characters): ")
        person.interrupt()
        person.wait_for("Aborted")
        assert person.echoes
        assert person.ends() == 1
    assert list(tmp_path.iterdir()) == []


def test_lines_are_read_one_at_a_time_and_without_their_end() -> None:
    with descriptor(b"first secret\r\nsecond secret\nlast") as number:
        read = [secret_entry.from_descriptor(int(number)) for _ in range(3)]
    assert read == [b"first secret", b"second secret", b"last"]


def test_a_descriptor_that_is_closed_gives_nothing() -> None:
    with descriptor(b"") as number:
        pass
    with pytest.raises(CaKeyError, match="secret_missing"):
        secret_entry.from_descriptor(int(number))


def test_secrets_are_wiped_by_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[bytearray] = []
    really = secret_entry.from_descriptor

    def remember(number: int) -> bytearray:
        given.append(really(number))
        return given[-1]

    monkeypatch.setattr(secret_entry, "from_descriptor", remember)
    assert run(*CREATE, *places(tmp_path)).exit_code == 0
    assert (
        run(*CREATE, "--certificate", tmp_path / "b.pem", "--file", tmp_path / "b.key", secret=b"short\n").exit_code
        == 1
    )
    assert [bytes(each) for each in given] == [bytes(len(PASSPHRASE)), bytes(5)]
