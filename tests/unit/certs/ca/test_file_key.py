"""The CA's key in a file: who may read it, what opens it, and what is said when it does not."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)

from certs.ca import file_key
from certs.ca.errors import CaKeyError
from certs.ca.file_key import FileKey
from certs.ca.keys import Algorithm
from tests.unit.certs.ca.office import PASSPHRASE, ca_key


def passphrase() -> bytearray:
    return bytearray(PASSPHRASE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A key's file, made as the command makes it."""
    made = tmp_path / "ca.key"
    FileKey.create(made, passphrase(), Algorithm.P256)
    return made


def problem_of(path: Path, given: bytes = PASSPHRASE) -> str:
    with pytest.raises(CaKeyError) as refusal:
        FileKey.open(path, bytearray(given))
    assert not given or given.decode() not in repr(refusal.value)
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None
    return refusal.value.problem


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_key_comes_back_from_its_file_and_signs(tmp_path: Path, algorithm: Algorithm) -> None:
    made = FileKey.create(tmp_path / "ca.key", passphrase(), algorithm)
    again = FileKey.open(tmp_path / "ca.key", passphrase())
    assert (again.public_key, again.algorithm) == (made.public_key, algorithm)
    public = load_der_public_key(again.public_key)
    signature = again.sign(b"to be signed")
    if isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, b"to be signed", padding.PKCS1v15(), hashes.SHA256())
    else:
        assert isinstance(public, ec.EllipticCurvePublicKey)
        digest = hashes.SHA384() if algorithm is Algorithm.P384 else hashes.SHA256()
        public.verify(signature, b"to be signed", ec.ECDSA(digest))


def test_the_file_is_closed_to_others_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        FileKey.create(tmp_path / "ca.key", passphrase(), Algorithm.P256)
    finally:
        os.umask(before)
    assert [each.name for each in tmp_path.iterdir()] == ["ca.key"]
    assert (tmp_path / "ca.key").stat().st_mode & 0o777 == 0o600


def test_the_file_is_encrypted_slowly_enough(path: Path) -> None:
    der = subprocess.run(["openssl", "asn1parse", "-in", path], capture_output=True, text=True, check=True).stdout
    fields = [line.rpartition(":")[2] for line in der.splitlines() if "INTEGER" in line]
    assert fields[:3] == ["4000", "08", "05"]  # N, r, p
    assert ":scrypt" in der
    assert ":aes-256-cbc" in der


def test_a_file_that_is_there_is_never_written_over(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(CaKeyError, match="exists"):
        FileKey.create(path, passphrase(), Algorithm.P256)
    assert path.read_bytes() == before


def test_a_file_that_came_while_the_key_was_made_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ca.key"

    def make() -> ec.EllipticCurvePrivateKey:
        path.write_bytes(b"somebody's")
        return ec.generate_private_key(ec.SECP256R1())

    monkeypatch.setitem(file_key._MAKERS, Algorithm.P256, make)
    with pytest.raises(CaKeyError, match="exists"):
        FileKey.create(path, passphrase(), Algorithm.P256)
    assert path.read_bytes() == b"somebody's"
    assert [each.name for each in tmp_path.iterdir()] == ["ca.key"]


def test_a_full_disk_leaves_no_half_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CaKeyError, match="unwritable"):
        FileKey.create(tmp_path / "ca.key", passphrase(), Algorithm.P256)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (b"eleven char", "passphrase_short"),
        (b"x" * 65, "passphrase_long"),
        ("見本市見本市見本市".encode(), "passphrase_characters"),
        (b"tab\tin the middle", "passphrase_characters"),
    ],
)
def test_a_new_key_wants_a_passphrase_that_lasts_and_can_be_typed(tmp_path: Path, given: bytes, problem: str) -> None:
    with pytest.raises(CaKeyError) as refusal:
        FileKey.create(tmp_path / "ca.key", bytearray(given), Algorithm.P256)
    assert refusal.value.problem == problem
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", [b"correct horse batterz", b"", b"x"])
def test_a_wrong_passphrase(path: Path, given: bytes) -> None:
    assert problem_of(path, given) == "passphrase"


def test_a_wrong_passphrase_is_never_anything_else(tmp_path: Path) -> None:
    """One in 256 decrypts to something that ends like a padded text. Tried where a try is cheap."""
    quick = ca_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE))
    path = written(tmp_path / "ca.key", quick)
    assert {problem_of(path, b"wrong %d" % number) for number in range(1500)} == {"passphrase"}


def test_damage_is_told_from_a_wrong_passphrase_wherever_it_is(path: Path) -> None:
    whole = path.read_bytes()
    begin = whole.index(b"\n", whole.index(b"-----BEGIN")) + 1
    for place in range(begin, whole.index(b"-----END") - 2, 7):
        if whole[place : place + 1] == b"\n":
            continue
        other = b"A" if whole[place : place + 1] != b"A" else b"B"
        path.write_bytes(whole[:place] + other + whole[place + 1 :])
        assert problem_of(path) == "damaged", place


@pytest.mark.parametrize("kept", [0.3, 0.5, 0.9])
def test_a_cut_file_is_damaged(path: Path, kept: float) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    assert problem_of(path) == "damaged"


def test_no_file(tmp_path: Path) -> None:
    assert problem_of(tmp_path / "ca.key") == "absent"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_file_that_others_can_open_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert problem_of(path) == "wrong_mode"


def test_a_file_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    seen = os.fstat

    def as_if_somebodys(descriptor: int) -> os.stat_result:
        fields = list(seen(descriptor))
        fields[4] = 4242
        return os.stat_result(fields)

    monkeypatch.setattr(os, "fstat", as_if_somebodys)
    assert problem_of(path) == "wrong_owner"


def test_a_link_to_a_key_is_no_key(path: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(path)
    assert problem_of(tmp_path / "link") == "unreadable"


def test_a_pipe_is_no_key_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert problem_of(tmp_path / "pipe") == "not_a_key"


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def test_a_key_without_encryption_is_refused(tmp_path: Path) -> None:
    clear = ca_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert problem_of(written(tmp_path / "ca.key", clear)) == "not_encrypted"
    old = ca_key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    assert problem_of(written(tmp_path / "ca.key", old)) == "not_encrypted"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n",
        b"x" * (16 * 1024 + 1),
    ],
    ids=["empty", "text", "certificate", "large"],
)
def test_what_is_no_key_is_called_so(tmp_path: Path, content: bytes) -> None:
    assert problem_of(written(tmp_path / "ca.key", content)) == "not_a_key"


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP521R1()), rsa.generate_private_key(65537, 2048)])
def test_a_key_of_another_kind_is_refused(tmp_path: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    foreign = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE))
    assert problem_of(written(tmp_path / "ca.key", foreign)) == "key_kind"


def test_a_key_that_was_encrypted_elsewhere_opens(tmp_path: Path) -> None:
    foreign = ca_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE))
    path = written(tmp_path / "ca.key", foreign)
    assert FileKey.open(path, passphrase()).algorithm is Algorithm.P256
    assert problem_of(path, b"another passphrase") == "passphrase"


def test_openssl_reads_the_file(path: Path) -> None:
    done = subprocess.run(
        ["openssl", "pkey", "-in", path, "-passin", f"pass:{PASSPHRASE.decode()}", "-pubout", "-outform", "DER"],
        capture_output=True,
        check=True,
    )
    assert done.stdout == FileKey.open(path, passphrase()).public_key


def test_a_closed_key_signs_no_more_and_no_key_can_be_copied(path: Path) -> None:
    key = FileKey.open(path, passphrase())
    with pytest.raises(TypeError):
        key.__reduce__()
    assert repr(key) == "<FileKey>"
    key.close()
    key.close()
    with pytest.raises(CaKeyError, match="key_absent"):
        key.sign(b"tbs")


def test_the_passphrase_is_the_callers_to_wipe(path: Path) -> None:
    given = passphrase()
    FileKey.open(path, given)
    assert given == PASSPHRASE
