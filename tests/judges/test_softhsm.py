"""The CA's key in a real PKCS#11 token: SoftHSM keeps it, OpenSSL and `cryptography` judge what it signed."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.ca.authority import Authority, create_root
from certs.ca.errors import CaKeyError
from certs.ca.issued import IssuedBook
from certs.ca.keys import Algorithm, spki_of
from certs.ca.token_key import TokenKey
from tests.fixtures.softhsm import COUNT_LOW, FINAL_TRY, LABEL, LOCKED, PIN, SoftHsm, softhsm
from tests.judges.tools import Bench
from tests.unit.certs.ca.office import HANAKO, NAME, NOW, key_of, request_for

KEY = "ca-key"
WRONG = b"135791"


@pytest.fixture
def hsm(tmp_path: Path) -> Iterator[SoftHsm]:
    (tmp_path / "hsm").mkdir()
    with softhsm(tmp_path / "hsm") as made:
        yield made


@pytest.fixture
def with_key(hsm: SoftHsm) -> SoftHsm:
    """A token with the CA's key in it."""
    TokenKey.create(hsm.module, LABEL, KEY, bytearray(PIN), Algorithm.P256).close()
    return hsm


def opened(hsm: SoftHsm, pin: bytes = PIN, token: str = LABEL, key: str = KEY) -> TokenKey:
    return TokenKey(hsm.module, token, key, bytearray(pin))


def problem_of(hsm: SoftHsm, pin: bytes = PIN, token: str = LABEL, key: str = KEY) -> str:
    with pytest.raises(CaKeyError) as refusal:
        opened(hsm, pin, token, key)
    assert pin.decode() not in repr(refusal.value)
    return refusal.value.problem


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_ca_in_a_token_issues_what_openssl_takes(hsm: SoftHsm, tmp_path: Path, algorithm: Algorithm) -> None:
    with_pin = TokenKey.create(hsm.module, LABEL, KEY, bytearray(PIN), algorithm)
    root = create_root(with_pin, NAME, 10, NOW)
    made = (with_pin.public_key, with_pin.algorithm)
    with_pin.close()
    with Authority(root, opened(hsm), IssuedBook(tmp_path / "issued.jsonl")) as ca:
        assert made == (x509_key(root), algorithm)
        badge = ca.issue_badge(request_for(key_of("rsa2048")), HANAKO, NOW, 36)
    bench = Bench(tmp_path, tmp_path / "no-pcscd")
    bench.write("badge.pem", x509.load_der_x509_certificate(badge).public_bytes(Encoding.PEM))
    bench.chains_to("badge.pem", root)


def x509_key(der: bytes) -> bytes:
    return spki_of(x509.load_der_x509_certificate(der).public_key())


def test_the_key_was_made_in_the_token_and_cannot_leave_it(with_key: SoftHsm, tmp_path: Path) -> None:
    bench = Bench(tmp_path, tmp_path / "no-pcscd")
    said = bench.ok(
        "env", f"SOFTHSM2_CONF={with_key.configuration}", "pkcs11-tool", "--module", str(with_key.module),
        "--login", "--pin", PIN.decode(), "--token-label", LABEL, "-O", "--type", "privkey",
    )  # fmt: skip
    access = next(line for line in said.splitlines() if "Access:" in line)
    assert {"sensitive", "always sensitive", "never extractable", "local"} <= {
        word.strip() for word in access.partition(":")[2].split(",")
    }
    usage = next(line for line in said.splitlines() if "Usage:" in line)
    assert [word.strip() for word in usage.partition(":")[2].split(",")] == ["sign"]


def test_a_wrong_pin_has_its_word_and_is_tried_once(with_key: SoftHsm) -> None:
    assert not with_key.flags & COUNT_LOW
    assert problem_of(with_key, WRONG) == "token_pin"
    assert with_key.flags & COUNT_LOW
    with closing(opened(with_key)) as key:
        assert key.algorithm is Algorithm.P256


@pytest.mark.parametrize(
    ("flag", "problem"),
    [(FINAL_TRY, "token_pin_final_try"), (LOCKED, "token_locked"), (FINAL_TRY | LOCKED, "token_locked")],
)
@pytest.mark.parametrize("pin", [PIN, WRONG])
def test_the_last_try_of_a_token_is_never_spent(with_key: SoftHsm, flag: int, problem: str, pin: bytes) -> None:
    before = with_key.flags | flag
    with_key.flags = before
    assert problem_of(with_key, pin) == problem
    assert with_key.flags == before, "a login was tried: SoftHSM sets its flag of a low count with a wrong PIN"
    with pytest.raises(CaKeyError, match=problem):
        TokenKey.create(with_key.module, LABEL, "another", bytearray(pin), Algorithm.P256)
    assert with_key.flags == before
    with_key.flags = before & ~flag
    opened(with_key).close()


@pytest.mark.parametrize("pin", [b"", b"123", b"1" * 33])
def test_what_cannot_be_a_pin_is_not_tried(with_key: SoftHsm, pin: bytes) -> None:
    with pytest.raises(CaKeyError, match="token_pin_shape"):
        opened(with_key, pin)
    assert not with_key.flags & COUNT_LOW


def test_a_token_that_is_not_there(with_key: SoftHsm) -> None:
    assert problem_of(with_key, token="another") == "token_absent"
    assert not with_key.flags & COUNT_LOW


def test_two_tokens_of_one_label_are_none(with_key: SoftHsm) -> None:
    with_key.make_token(LABEL)
    assert problem_of(with_key) == "token_ambiguous"


def test_a_token_that_comes_later_is_found(with_key: SoftHsm) -> None:
    assert problem_of(with_key, token="new") == "token_absent"
    with_key.make_token("new")
    TokenKey.create(with_key.module, "new", KEY, bytearray(PIN), Algorithm.P256).close()


def test_a_key_that_is_not_there(with_key: SoftHsm) -> None:
    assert problem_of(with_key, key="another") == "key_absent"


def test_a_key_of_that_label_is_never_made_twice(with_key: SoftHsm) -> None:
    key = opened(with_key)
    before = key.public_key
    key.close()
    with pytest.raises(CaKeyError, match="key_exists"):
        TokenKey.create(with_key.module, LABEL, KEY, bytearray(PIN), Algorithm.P256)
    with closing(opened(with_key)) as again:
        assert again.public_key == before


def test_a_key_of_another_kind_is_no_cas(with_key: SoftHsm, tmp_path: Path) -> None:
    bench = Bench(tmp_path, tmp_path / "no-pcscd")
    bench.ok(
        "env", f"SOFTHSM2_CONF={with_key.configuration}", "pkcs11-tool", "--module", str(with_key.module), "--login",
        "--pin", PIN.decode(), "--token-label", LABEL, "--keypairgen", "--key-type", "rsa:2048", "--label", "small",
    )  # fmt: skip
    assert problem_of(with_key, key="small") == "key_kind"


def test_two_keys_of_one_label_are_none(with_key: SoftHsm, tmp_path: Path) -> None:
    bench = Bench(tmp_path, tmp_path / "no-pcscd")
    bench.ok(
        "env", f"SOFTHSM2_CONF={with_key.configuration}", "pkcs11-tool", "--module", str(with_key.module), "--login",
        "--pin", PIN.decode(), "--token-label", LABEL, "--keypairgen", "--key-type", "EC:prime256v1", "--label", KEY,
    )  # fmt: skip
    assert problem_of(with_key) == "key_ambiguous"


@pytest.mark.parametrize("module", ["absent.so", "text"])
def test_what_is_no_module(tmp_path: Path, module: str) -> None:
    (tmp_path / "text").write_text("no library")
    with pytest.raises(CaKeyError, match="module_absent"):
        TokenKey(tmp_path / module, LABEL, KEY, bytearray(PIN))


def test_a_second_use_at_once_is_refused_and_does_not_disturb_the_first(with_key: SoftHsm) -> None:
    first = opened(with_key)
    assert problem_of(with_key) == "token_busy"
    assert problem_of(with_key, WRONG) == "token_busy"
    assert first.sign(b"tbs")
    first.close()
    opened(with_key).close()


def test_a_closed_key_signs_no_more_and_the_token_is_logged_out(with_key: SoftHsm) -> None:
    key = opened(with_key)
    assert repr(key) == "<TokenKey>"
    with pytest.raises(TypeError):
        pickle.dumps(key)
    key.close()
    key.close()
    with pytest.raises(CaKeyError, match="key_absent"):
        key.sign(b"tbs")
    assert problem_of(with_key, WRONG) == "token_pin"


def test_a_token_that_fails_in_the_middle_has_its_word(with_key: SoftHsm) -> None:
    key = opened(with_key)
    key._session._library.finalize()  # what is left of a token that was pulled: its sessions are gone
    with pytest.raises(CaKeyError, match="token_failed"):
        key.sign(b"tbs")
    key.close()


def test_the_pin_is_the_callers_to_wipe_and_no_copy_of_it_is_made(with_key: SoftHsm) -> None:
    class Watched(bytearray):
        """Tells when somebody makes an immutable copy by way of Python."""

        copied = False

        def __bytes__(self) -> bytes:
            Watched.copied = True
            return b""

        def decode(self, *_words: str) -> str:
            Watched.copied = True
            return ""

    pin = Watched(PIN)
    TokenKey(with_key.module, LABEL, KEY, pin).close()
    assert not Watched.copied
    assert bytes(bytearray(pin)) == PIN


def test_many_refusals_leave_nothing_open(with_key: SoftHsm) -> None:
    problem_of(with_key, WRONG)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        problem_of(with_key, WRONG)
    assert len(os.listdir("/proc/self/fd")) == before
