"""Bytes of strangers: each input ends in a word of ours or in what was found, and is never taken for a good signature by mistake."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asn1crypto import core

from cardd.documents import jws
from cardd.documents.cades import PreparedCades, prepare
from cardd.documents.cades_bounds import DEEPEST, LARGEST, MOST_ELEMENTS, check_bounds
from cardd.documents.cades_levels import raise_level
from cardd.documents.checking import cades as cades_checking
from cardd.documents.checking import jws as jws_checking
from cardd.documents.checking import stamps as stamps_checking
from cardd.documents.errors import DocumentError
from cardd.documents.found import Found, Integrity
from cardd.documents.stamps import token_of
from tests.fixtures.evidence import material_of
from tests.fixtures.made_cms import response, token
from tests.fixtures.software_signer import SoftwareSigner, operator, resident
from tests.fixtures.tsa import ca_certificate, ca_key, make_tsa, tsa_certificate, tsa_key

DOCUMENT = "申請書\r\n\0".encode()
ME = resident()
SHORT, LONG = 300, 20_000


def mutated(octets: bytes, count: int, seed: int) -> Iterator[bytes]:
    """`count` inputs near `octets`, the same ones each time: bytes changed, cut out, doubled, lengths blown up."""
    choose = random.Random(seed)
    for _ in range(count):
        made = bytearray(octets)
        for _ in range(choose.choice((1, 1, 1, 2, 4))):
            place = choose.randrange(len(made))
            match choose.randrange(6):
                case 0:
                    made[place] ^= 1 << choose.randrange(8)
                case 1:
                    made[place] = choose.choice((0, 0x30, 0x31, 0x80, 0x84, 0xA0, 0xFF))
                case 2:
                    del made[place : place + choose.randrange(1, 40)]
                    made = made or bytearray(b"\0")
                case 3:
                    made[place:place] = made[place : place + choose.randrange(1, 40)]
                case 4:
                    del made[place + 1 :]
                case _:
                    made[place : place + 2] = b"\x84" + choose.randbytes(4)
        yield bytes(made)


def told(check: Callable[[], tuple[Found, ...]]) -> tuple[Found, ...]:
    """What is found, nothing where it is refused by a word of ours; anything else is a failure."""
    try:
        return check()
    except DocumentError:
        return ()


def refusal(call: Callable[[], object]) -> str:
    """The word with which it is refused; empty where it is not."""
    try:
        call()
    except DocumentError as error:
        return error.problem
    return ""


def cades_of(folder: Path) -> bytes:
    """Two signers, time stamp, list, response, content: all that can be in it."""
    tsa = make_tsa(folder / "tsa")
    first = prepare(DOCUMENT, enveloping=True)
    document = first.finish(ME(first.order), stamper=tsa, material=material_of(ME))
    second = prepare(None, existing=document)
    return second.finish(operator()(second.order))


def run_cades(folder: Path, count: int) -> None:
    whole = cades_of(folder)
    good = {found.certificate for found in cades_checking.check(whole)}
    assert len(good) == 2
    refusals = 0
    for octets in mutated(whole, count, seed=5):
        found = told(lambda octets=octets: cades_checking.check(octets))
        intact = [each for each in found if each.integrity is Integrity.INTACT]
        # What still holds was made by one of the two, whatever became of the bytes around it.
        assert {each.certificate for each in intact} <= good
        refusals += not found
        told(lambda octets=octets: (cades_checking.check(octets, content=b"another"), ())[1])
        told(lambda octets=octets: (raise_level(octets), ())[1])
        told(lambda octets=octets: (prepare(None, existing=octets), ())[1])
    assert 0 < refusals < count


def test_mutated_cades(tmp_path: Path) -> None:
    run_cades(tmp_path, SHORT)


@pytest.mark.slow
def test_mutated_cades_long(tmp_path: Path) -> None:
    run_cades(tmp_path, LONG)


def test_mutated_answers_of_the_daemon_are_never_written() -> None:
    prepared = prepare(DOCUMENT)
    answer = ME(prepared.order)
    written = 0
    for octets in mutated(answer, SHORT, seed=6):
        try:
            document = prepared.finish(octets)
        except DocumentError:
            continue
        written += 1
        (found,) = cades_checking.check(document, content=DOCUMENT)
        assert (found.integrity, found.certificate) == (Integrity.INTACT, ME.certificate)
    assert written < SHORT


def run_jws(count: int) -> None:
    prepared = jws.prepare(DOCUMENT, certificate=ME.certificate)
    whole = prepared.finish(ME(prepared.order))
    for octets in mutated(whole, count, seed=7):
        for found in told(lambda octets=octets: jws_checking.check(octets)):
            assert found.integrity is not Integrity.INTACT or octets.strip() == whole


def test_mutated_jws() -> None:
    run_jws(SHORT)


@pytest.mark.slow
def test_mutated_jws_long() -> None:
    run_jws(LONG)


def test_mutated_time_stamps() -> None:
    authority = SoftwareSigner(tsa_key(), tsa_certificate(), ca_certificate(), ca_key())
    whole = token(authority, DOCUMENT, nonce=7)
    for octets in mutated(whole, SHORT, seed=8):
        assert refusal(lambda octets=octets: stamps_checking.check(octets, DOCUMENT)) in ("", "stamp_unreadable")
    words = [
        refusal(lambda octets=octets: token_of(octets, DOCUMENT, 7)) for octets in mutated(response(whole), SHORT, 9)
    ]
    assert set(words) <= {"", "stamp_unreadable", "stamp_wrong", "stamp_for_other_request", "stamp_refused"}
    assert {"stamp_unreadable", "stamp_wrong"} <= set(words)


def _existing() -> PreparedCades:
    first = prepare(DOCUMENT, enveloping=True)
    return prepare(None, existing=first.finish(operator()(first.order)))


@pytest.mark.parametrize(
    ("prepared", "load"),
    [
        (prepare(DOCUMENT, enveloping=True), PreparedCades.loads),
        (prepare(DOCUMENT), PreparedCades.loads),
        (_existing(), PreparedCades.loads),
        (jws.prepare(DOCUMENT, certificate=ME.certificate), jws.PreparedJws.loads),
    ],
    ids=["enveloping", "detached", "existing", "jws"],
)
def test_mutated_states(prepared: PreparedCades | jws.PreparedJws, load: Callable[[bytes], PreparedCades]) -> None:
    """Whatever was done to a state: it is refused by name, here or when it is finished, or what comes out holds."""
    answer = ME(prepared.order)
    check = jws_checking.check if isinstance(prepared, jws.PreparedJws) else cades_checking.check
    words = []
    for octets in mutated(prepared.dumps(), 2 * SHORT, seed=10):
        words.append(refusal(lambda octets=octets: load(octets)))
        if words[-1]:
            continue
        again = load(octets)
        words.append(refusal(lambda again=again: again.finish(answer)))
        if not words[-1]:
            assert ME.certificate in {
                found.certificate
                for found in check(again.finish(answer), content=DOCUMENT)
                if found.integrity is Integrity.INTACT
            }
    assert {word.partition("_")[0] for word in words} <= {"", "state", "document", "answer", "signature", "certificate"}
    assert {"", "state_unreadable"} < set(words)


def test_places_in_a_state_that_no_file_can_have(tmp_path: Path) -> None:
    place = tmp_path / "document"
    place.write_bytes(DOCUMENT)
    prepared = prepare(place)
    answer = ME(prepared.order)
    for wrong in (b"\\u0000", b"\\ud800"):
        again = PreparedCades.loads(prepared.dumps().replace(b"/document", b"/" + wrong))
        assert refusal(lambda again=again: again.finish(answer)) == "file_unreadable"
    header = jws.prepare(DOCUMENT, certificate=ME.certificate)
    for wrong in (b"\\ud800", b" "):
        state = header.dumps().replace(b'"header": "', b'"header": "' + wrong)
        assert refusal(lambda state=state: jws.PreparedJws.loads(state)) == "state_unreadable"


def nested(depth: int, *, indefinite: bool = False) -> bytes:
    if indefinite:
        return b"\x30\x80" * depth + bytes(2 * depth)
    made = b""
    for _ in range(depth):
        made = core.Sequence(contents=made).dump()
    return made


@pytest.mark.parametrize(
    "octets",
    [
        nested(10_000),
        nested(10_000, indefinite=True),
        nested(DEEPEST + 1),
        nested(DEEPEST + 1, indefinite=True),
        b"\x30\x80" * 10_000,
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x84\x7f\xff\xff\xff" + bytes(100),
        b"\x30\x88" + b"\xff" * 8,
        b"\x30\xff",
        b"\x30\x81",
        b"\x30",
        b"\x30\x02\x02",
        b"\x30\x03\x02\x05\x00",
        b"\x30\x00\x00",
        b"\x30\x04\x30\x80\x00\x00\x00",
        b"\x30\x03\x30\x80\x00\x00",
        b"\x30\x80\x04\x80\x00\x00\x00\x00",
        b"\x30\x02\x1f\x01",
        b"\x30\x82\xff\xff" + b"\x05\x00" * 32767 + b"\x05",
    ],
)
@pytest.mark.proves("fault 160", "K5")
def test_nesting_and_lengths_are_bounded_before_anything_is_parsed(octets: bytes) -> None:
    with pytest.raises(DocumentError, match=r"\Acms_unreadable\Z"):
        check_bounds(octets)
    with pytest.raises(DocumentError, match=r"\Acms_unreadable\Z"):
        cades_checking.check(octets)


@pytest.mark.proves("fault 160")
def test_the_bounds_themselves_are_allowed() -> None:
    check_bounds(nested(DEEPEST))
    check_bounds(nested(DEEPEST, indefinite=True))
    check_bounds(b"\x30\x80\x30\x00\x00\x00")


@pytest.mark.proves("fault 160")
def test_elements_and_bytes_are_counted() -> None:
    many = b"\x05\x00" * MOST_ELEMENTS
    with pytest.raises(DocumentError, match=r"\Acms_unreadable\Z"):
        check_bounds(b"\x30\x84" + len(many).to_bytes(4) + many)
    with pytest.raises(DocumentError, match=r"\Atoo_large\Z"):
        check_bounds(bytes(LARGEST + 1))
    with pytest.raises(DocumentError, match=r"\Atoo_large\Z"):
        jws_checking.check(bytes(jws_checking.LARGEST + 1))
