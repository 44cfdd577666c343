"""Pseudonyms: the same card in a year, another one in the next, nothing without the key."""

import copy
import hashlib
import hmac
import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cardd.audit.pseudonym import CardPseudonyms, PseudonymKey, read_key
from cardd.audit.records import IdentitySource
from cardd.model import CardKind

KEY = bytes(range(32))
CERTIFICATE_START = b"\x30" + bytes(63)
SOURCE = IdentitySource.AUTHENTICATION_CERTIFICATE


def us(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1_000_000)  # type: ignore[misc]


def test_it_is_the_hmac_that_the_documentation_describes() -> None:
    told = PseudonymKey(KEY).of(b"identity", SOURCE, us(2026, 6, 1))
    year_key = hmac.new(KEY, b"cardd pseudonym 1 year 2026", hashlib.sha256).digest()
    expected = hmac.new(year_key, b"authentication_certificate\0identity", hashlib.sha256).hexdigest()[:32]
    assert (told.value, told.source) == (expected, SOURCE)


def test_the_year_is_that_of_japan() -> None:
    key = PseudonymKey(KEY)
    last_hour = key.of(b"x", SOURCE, us(2026, 12, 31, 14, 59, 59))
    assert last_hour == key.of(b"x", SOURCE, us(2026, 1, 1))
    assert last_hour != key.of(b"x", SOURCE, us(2026, 12, 31, 15, 0, 0))


def test_other_key_other_identity_other_source_give_another_pseudonym() -> None:
    moment = us(2026, 6, 1)
    told = {
        PseudonymKey(KEY).of(b"a", SOURCE, moment).value,
        PseudonymKey(KEY).of(b"b", SOURCE, moment).value,
        PseudonymKey(KEY).of(b"a", IdentitySource.PIV_CHUID, moment).value,
        PseudonymKey(KEY[::-1]).of(b"a", SOURCE, moment).value,
    }
    assert len(told) == 4


@pytest.mark.parametrize(
    ("kind", "identity", "source"),
    [
        (CardKind.MY_NUMBER, CERTIFICATE_START, IdentitySource.AUTHENTICATION_CERTIFICATE),
        (CardKind.JUKI, b"JPKIAPICCTOKEN  " * 10, IdentitySource.TOKEN_INFO),
        (CardKind.BADGE, b"\x53\x3b", IdentitySource.PIV_CHUID),
        (CardKind.UNKNOWN, b"\x30", IdentitySource.CARD_IDENTITY),
    ],
    ids=["certificate", "token", "badge", "other"],
)
def test_the_record_says_what_the_pseudonym_was_made_of(
    kind: CardKind, identity: bytes, source: IdentitySource
) -> None:
    told = CardPseudonyms(PseudonymKey(KEY), lambda: us(2026, 6, 1)).of_card(kind, identity)
    assert told is not None
    assert told.source is source


def test_a_card_without_identity_has_no_pseudonym() -> None:
    assert CardPseudonyms(PseudonymKey(KEY), lambda: 0).of_card(CardKind.UNSUPPORTED, None) is None


@pytest.mark.parametrize(
    "octets", [b"", bytes(31), bytes(32), bytes(range(256)) * 5], ids=["none", "short", "zeros", "long"]
)
def test_keys_that_are_none_are_refused(octets: bytes, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(octets)
    with pytest.raises(ValueError, match="pseudonym key"):
        read_key(tmp_path / "key")


@pytest.mark.proves("P7")
def test_a_key_shows_itself_nowhere() -> None:
    key = PseudonymKey(KEY)
    assert repr(key) == str(key) == "<PseudonymKey>"
    with pytest.raises(TypeError):
        pickle.dumps(key)
    with pytest.raises(TypeError):
        copy.deepcopy(key)
