"""XML signatures whose form is broken: what must stand once, values that are none, too many of them."""

import base64
import copy

import pytest

from cardd.documents.checking.xades import check
from cardd.documents.errors import DocumentError
from cardd.documents.found import Integrity
from cardd.documents.xades_xml import DS
from tests.fixtures.application_xml import APPLICATION
from tests.fixtures.signed_xml import find, found_in, made


@pytest.mark.parametrize(
    "path",
    [
        "ds:SignedInfo",
        "ds:SignatureValue",
        "ds:SignedInfo/ds:SignatureMethod",
        "ds:SignedInfo/ds:CanonicalizationMethod",
    ],
)
@pytest.mark.parametrize("twice", [True, False])
def test_what_must_stand_once_must_stand_once(path: str, twice: bool) -> None:
    root = made()
    node = find(root, f".//ds:Signature/{path}")
    if twice:
        node.getparent().append(copy.deepcopy(node))
    else:
        node.getparent().remove(node)
    assert found_in(root).problem == "structure"


@pytest.mark.parametrize("text", ["###", "あ", "QQ", None])
def test_a_value_that_is_no_base64_is_told(text: str | None) -> None:
    root = made()
    find(root, ".//ds:SignatureValue").text = text
    found = found_in(root)
    assert found.integrity in (Integrity.UNREADABLE, Integrity.WRONG_VALUE)
    assert found.certificate is None or text is None


def test_a_certificate_that_is_none_is_told() -> None:
    root = made()
    find(root, ".//ds:X509Certificate").text = base64.b64encode(b"nothing").decode()
    assert found_in(root).problem == "certificate_not_named"


def test_a_document_without_signatures_is_not_checked() -> None:
    with pytest.raises(DocumentError) as refused:
        check(APPLICATION)
    assert refused.value.problem == "no_signature"


def test_more_signatures_than_anybody_makes_are_refused() -> None:
    document = b"<a>" + f'<s:Signature xmlns:s="{DS}"/>'.encode() * 33 + b"</a>"
    with pytest.raises(DocumentError) as refused:
        check(document)
    assert refused.value.problem == "too_many_signatures"
