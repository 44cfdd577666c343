"""Signed XML with bytes, elements, attributes and texts changed, moved and doubled: a declared error or a verdict, and never a good
verdict over another document.
"""

import copy
import random
import re
from collections.abc import Callable
from functools import cache

import pytest

from cardd.documents import xades
from cardd.documents.checking.xades import check
from cardd.documents.errors import DocumentError
from cardd.documents.found import Found, Integrity, Scope
from cardd.documents.xades_signer import Form, Layout
from cardd.documents.xades_xml import C14N_10, canonical_document, read_xml, signatures_in, without
from tests.fixtures.application_xml import APPLICATION
from tests.fixtures.software_signer import operator, resident

SHORT, LONG = 800, 200_000
LAYOUTS = (
    Layout(),
    Layout(beside_others=True),
    Layout(element="name"),
    Layout(Form.ENVELOPING),
    Layout(Form.DETACHED),
)
PIECES = (
    b"",
    b"#",
    b"\x00",
    b"<",
    b"&",
    b"A",
    b"=",
    b" ",
    b'Id="x"',
    b"<a/>",
    b"http://www.w3.org/2000/09/xmldsig#sha1",
)
ELEMENT = re.compile(rb"<([\w:]+)[^<>]*>[^<]*</\1>")
ATTRIBUTE = re.compile(rb'="([^"<]*)"')
TEXT = re.compile(rb">([^<>]+)<")


@cache
def documents() -> tuple[bytes, ...]:
    made = []
    for signer in (resident(), operator()):
        for layout in LAYOUTS:
            prepared = xades.prepare(APPLICATION, signer.certificate, layout, name="a.xml")
            made.append(prepared.finish(signer(prepared.order)))
    return tuple(made)


def a_byte(chance: random.Random, document: bytearray) -> None:
    document[chance.randrange(len(document))] = chance.randrange(256)


def a_piece(chance: random.Random, document: bytearray) -> None:
    place = chance.randrange(len(document))
    document[place : place + chance.randrange(4)] = chance.choice(PIECES)


def an_element(chance: random.Random, document: bytearray) -> None:
    spans = [found.span() for found in ELEMENT.finditer(bytes(document))]
    if not spans:
        return
    start, end = chance.choice(spans)
    if chance.random() < 0.5:
        del document[start:end]
    else:
        elsewhere = chance.choice(spans)[0]
        document[elsewhere:elsewhere] = document[start:end]


def exchanged(form: re.Pattern[bytes]) -> Callable[[random.Random, bytearray], None]:
    def exchange(chance: random.Random, document: bytearray) -> None:
        spans = [found.span(1) for found in form.finditer(bytes(document))]
        if spans:
            (start, end), (other, until) = chance.choice(spans), chance.choice(spans)
            document[start:end] = document[other:until]

    return exchange


CHANGES = (a_byte, a_piece, an_element, exchanged(ATTRIBUTE), exchanged(TEXT))


def bare(document: bytes) -> bytes:
    """The canonical form of a document without its signatures: what a signature over the whole of it is about."""
    root = copy.deepcopy(read_xml(document))
    for signature in signatures_in(root):
        without(signature)
    return canonical_document(root, C14N_10)


def looked_at(document: bytes) -> tuple[Found, ...]:
    try:
        return check(document)
    except DocumentError:
        return ()


def run(rounds: int, seed: int) -> int:
    chance = random.Random(seed)
    original = bare(APPLICATION)
    held = 0
    for _ in range(rounds):
        changed = bytearray(chance.choice(documents()))
        for _ in range(chance.choice((1, 1, 2, 4))):
            chance.choice(CHANGES)(chance, changed)
        document = bytes(changed)
        for found in looked_at(document):
            assert found.certificate in (
                None,
                resident().certificate,
                operator().certificate,
            ) or found.integrity is not (Integrity.INTACT)
            root_is_signature = read_xml(document).tag.endswith("}Signature")
            if (found.integrity, found.scope) == (Integrity.INTACT, Scope.WHOLE) and not root_is_signature:
                held += 1
                assert bare(document) == original
    return held


@pytest.mark.proves("fault 166")
def test_no_change_makes_a_good_signature_over_another_document() -> None:
    """Some changes touch nothing that is signed, so that good verdicts are met as well."""
    assert run(SHORT, 20261123) > 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_no_change_makes_a_good_signature_over_another_document_long() -> None:
    assert run(LONG, 5) > 0
