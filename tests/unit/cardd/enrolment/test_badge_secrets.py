"""What a badge's secrets come from: vectors by HKDF written out with HMAC alone, fair digits, and a key without a text."""

import copy
import hmac
import pickle
from collections import Counter
from pathlib import Path

import pytest

from cardd.cards.management_key import ManagementAlgorithm
from cardd.enrolment.secrets import BadgeMasterKey, _first_fair_puk, read_master_key

KEY = bytes(range(1, 65))
GUIDS = [bytes(range(16)), bytes(16), bytes.fromhex("3f2b9c4e7d104a539c1e0b8a77d0e5f1")]

PUK_OF_TODAY = "67833791"
MANAGEMENT_KEY_OF_TODAY = "1a0a6780a1eeb350b0cad61ad0fb26ad75f9f259e293dfd3"


def hkdf(key: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, 2: extract with a salt of zeros, expand."""
    extracted = hmac.digest(bytes(32), key, "sha256")
    octets, block = b"", b""
    for number in range(1, 1 + -(-length // 32)):
        block = hmac.digest(extracted, block + info + bytes((number,)), "sha256")
        octets += block
    return octets[:length]


def puk_of(key: bytes, guid: bytes) -> str:
    """The first draw serves, but for one time in ten million."""
    drawn = hkdf(key, b"cardd badge PUK 1 draw 0\0" + guid, 8)
    return f"{int.from_bytes(drawn, 'big') % 10**8:08}"


def test_this_hkdf_is_the_one_of_the_standard() -> None:
    """RFC 5869, A.3: SHA-256, no salt; there also no info."""
    told = hkdf(b"\x0b" * 22, b"", 42).hex()
    assert told == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"


@pytest.mark.parametrize("guid", GUIDS, ids=bytes.hex)
def test_puk_vectors(guid: bytes) -> None:
    with BadgeMasterKey(KEY).puk(guid) as puk:
        assert puk.octets.decode() == puk_of(KEY, guid)


def test_a_puk_that_never_changes() -> None:
    """Badges live for years: what is derived today must be derived then."""
    assert BadgeMasterKey(KEY).puk(GUIDS[0]).octets.decode() == PUK_OF_TODAY
    management = BadgeMasterKey(KEY).management_key(GUIDS[0], ManagementAlgorithm.AES_192)
    assert management.octets.hex() == MANAGEMENT_KEY_OF_TODAY


@pytest.mark.parametrize("guid", GUIDS, ids=bytes.hex)
@pytest.mark.parametrize(("algorithm", "length"), [(0x03, 24), (0x08, 16), (0x0A, 24), (0x0C, 32)])
def test_management_key_vectors(guid: bytes, algorithm: int, length: int) -> None:
    octets = hkdf(KEY, b"cardd badge management key 1 algorithm %02X\0" % algorithm + guid, length)
    if algorithm == 0x03:
        octets = bytes(next(one for one in (octet & 0xFE, octet | 1) if bin(one).count("1") % 2) for octet in octets)
    made = BadgeMasterKey(KEY).management_key(guid, ManagementAlgorithm(algorithm))
    assert (made.algorithm, bytes(made.octets), made.is_factory) == (algorithm, octets, False)


def test_every_badge_and_every_purpose_has_its_own() -> None:
    seen = set[bytes]()
    for key in (KEY, KEY[::-1]):
        for guid in GUIDS:
            master = BadgeMasterKey(key)
            seen.add(bytes(master.puk(guid).octets))
            seen |= {bytes(master.management_key(guid, one).octets)[:16] for one in ManagementAlgorithm}
    assert len(seen) == 2 * len(GUIDS) * (1 + len(ManagementAlgorithm))


def test_puks_are_spread_evenly() -> None:
    """Over 5,000 badges each of ten digits stands in each place about 500 times (chi square, 9 degrees, p < 0.0001 at 34)."""
    master = BadgeMasterKey(KEY)
    puks = [master.puk(number.to_bytes(16, "big")).octets.decode() for number in range(5_000)]
    assert all(len(puk) == 8 and puk.isdecimal() for puk in puks)
    for place in range(8):
        counted = Counter(puk[place] for puk in puks)
        assert sum((counted[digit] - 500) ** 2 / 500 for digit in "0123456789") < 34


UNFAIR = 2**64 // 10**8 * 10**8


@pytest.mark.parametrize("draw", [12345678, 0, 11111111, 99999999, UNFAIR, UNFAIR + 5, 2**64 - 1, 7 * 10**8 + 12345678])
def test_draws_that_would_give_a_poor_puk_are_passed_over(draw: int) -> None:
    draws = iter([draw.to_bytes(8, "big"), (4711).to_bytes(8, "big")])
    assert _first_fair_puk(draws) == b"00004711"


@pytest.mark.parametrize("draw", [1, 87654321, 12345679, UNFAIR - 1 - 10**7])
def test_other_draws_serve(draw: int) -> None:
    assert _first_fair_puk(iter([draw.to_bytes(8, "big")])) == b"%08d" % (draw % 10**8)


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_a_guid_of_another_length(length: int) -> None:
    master = BadgeMasterKey(KEY)
    with pytest.raises(ValueError, match="GUID"):
        master.puk(bytes(length))
    with pytest.raises(ValueError, match="GUID"):
        master.management_key(bytes(length), ManagementAlgorithm.TDES)


@pytest.mark.parametrize(
    "octets", [b"", bytes(range(31)), bytes(32), b"\xff" * 64, bytes(range(256)) * 5], ids=["none", "short", "zeros", "same", "long"]
)  # fmt: skip
def test_keys_that_are_none_are_refused(octets: bytes, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(octets)
    with pytest.raises(ValueError, match="badge master key"):
        read_master_key(tmp_path / "key")


def test_the_key_is_its_whole_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(KEY + b"\n")
    assert read_master_key(tmp_path / "key").puk(GUIDS[1]) == BadgeMasterKey(KEY + b"\n").puk(GUIDS[1])
    with pytest.raises(FileNotFoundError):
        read_master_key(tmp_path / "none")


@pytest.mark.proves("P7")
def test_a_key_shows_itself_nowhere() -> None:
    key = BadgeMasterKey(KEY)
    assert repr(key) == str(key) == "<BadgeMasterKey>"
    for spread in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            spread(key)
