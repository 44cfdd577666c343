"""Documents that were made to deceive: wrapped signatures, duplicate identifiers, swapped keys, transforms that lie, old algorithms."""

import base64
import copy
import hashlib
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from cardd.documents import xades
from cardd.documents.checking.xades import check
from cardd.documents.found import Integrity, Scope
from cardd.documents.xades_signer import Form, Layout
from cardd.documents.xades_xml import (
    C14N_10,
    DS,
    Element,
    canonical,
    canonical_document,
    read_xml,
    tag,
    write_xml,
)
from tests.fixtures.application_xml import APPLICATION
from tests.fixtures.signed_xml import PREFIX, find, found_in, made
from tests.fixtures.software_signer import operator, resident

SHA1 = f"{DS}sha1"
XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
BASE64 = f"{DS}base64"


def resigned(root: Element, method: str | None = None) -> Element:
    """The value made anew over SignedInfo as it stands, as somebody with a key of their own can."""
    info = find(root, ".//ds:SignedInfo")
    if method is not None:
        find(info, "ds:SignatureMethod").set("Algorithm", method)
    algorithm = hashes.SHA1() if method is not None and method.endswith("sha1") else hashes.SHA256()
    value = resident().key.sign(canonical(info, C14N_10), padding.PKCS1v15(), algorithm)
    find(root, ".//ds:SignatureValue").text = base64.b64encode(value).decode()
    return root


def with_reference(root: Element, change: Callable[[Element], None], number: int = 0) -> Element:
    """One reference changed, and the whole signed anew."""
    change(root.findall(".//ds:Reference", PREFIX)[number])
    return resigned(root)


# --- what was changed


def test_text_changed_after_signing_is_found() -> None:
    root = made()
    root[0].text = "髙橋　次郎"
    assert found_in(root).integrity is Integrity.CHANGED


def test_an_instruction_before_the_root_is_covered() -> None:
    document = write_xml(made()).replace(b"shinsei.xsl", b"kyozetsu.xsl")
    assert check(document)[0].integrity is Integrity.CHANGED


def test_the_language_above_the_signature_is_covered() -> None:
    root = made()
    root.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
    assert found_in(root).integrity is Integrity.WRONG_VALUE


@pytest.mark.parametrize("path", ["xades:SigningTime", "xades:MimeType"])
def test_signed_properties_changed_are_found(path: str) -> None:
    root = made()
    node = find(root, f".//{path}")
    node.text = "2020-01-01T00:00:00Z" if path.endswith("Time") else "text/plain"
    assert found_in(root).integrity is Integrity.CHANGED


def test_a_changed_digest_breaks_the_value() -> None:
    root = made()
    node = find(root, ".//ds:DigestValue")
    node.text = base64.b64encode(bytes(32)).decode()
    assert found_in(root).integrity is Integrity.WRONG_VALUE


def test_a_changed_value_is_found() -> None:
    root = made()
    find(root, ".//ds:SignatureValue").text = base64.b64encode(bytes(256)).decode()
    assert found_in(root).integrity is Integrity.WRONG_VALUE


@pytest.mark.parametrize("size", [0, 63, 65, 72])
def test_an_elliptic_value_of_another_length_is_found(size: int) -> None:
    signer = operator()
    prepared = xades.prepare(APPLICATION, signer.certificate)
    root = read_xml(prepared.finish(signer(prepared.order)))
    find(root, ".//ds:SignatureValue").text = base64.b64encode(bytes(size)).decode()
    assert found_in(root).integrity is Integrity.WRONG_VALUE


# --- signature wrapping


def test_a_signed_part_moved_below_another_root_is_only_a_part() -> None:
    """The application would read the first 氏名; the signature is about the second, which is told by its name and scope."""
    root = made(Layout(element="name"))
    forged = copy.deepcopy(root[0])
    forged.text = "悪人"
    del forged.attrib["Id"]
    root.insert(0, forged)
    found = found_in(root)
    assert (found.integrity, found.scope, found.covers) == (Integrity.INTACT, Scope.PART, "氏名")
    assert found.problem == "part_not_unique"


def test_two_elements_with_the_signed_identifier_are_refused() -> None:
    root = made(Layout(element="name"))
    forged = copy.deepcopy(root[0])
    forged.text = "悪人"
    root.insert(0, forged)
    found = found_in(root)
    assert (found.integrity, found.problem) == (Integrity.UNREADABLE, "duplicate_id")


@pytest.mark.parametrize("name", ["ID", "id", "{http://www.w3.org/XML/1998/namespace}id"])
def test_an_identifier_by_another_name_is_a_duplicate_too(name: str) -> None:
    root = made(Layout(element="name"))
    root.find("{*}添付書類").set(name, "name")
    assert found_in(root).problem == "duplicate_id"


def test_a_whole_signed_document_wrapped_into_another_does_not_pass() -> None:
    inner = made()
    outer = etree.Element("振込依頼")
    outer.append(inner)
    found = found_in(outer)
    assert found.integrity is Integrity.CHANGED


def test_an_enveloping_signature_wrapped_into_another_document_is_only_a_part() -> None:
    signature = made(Layout(Form.ENVELOPING))
    outer = etree.Element("振込依頼")
    outer.append(signature)
    found = found_in(outer)
    assert (found.integrity, found.scope) == (Integrity.INTACT, Scope.PART)


def test_a_second_object_in_an_enveloping_signature_is_not_covered() -> None:
    signature = made(Layout(Form.ENVELOPING))
    extra = etree.SubElement(signature, tag(DS, "Object"))
    etree.SubElement(extra, "悪意")
    found = found_in(signature)
    assert (found.integrity, found.scope) == (Integrity.INTACT, Scope.PART)


@pytest.mark.parametrize("layout", [xades.ENVELOPED, Layout(beside_others=True)])
def test_content_hidden_in_the_signature_that_is_left_out_is_told(layout: Layout) -> None:
    root = made(layout)
    extra = etree.SubElement(find(root, ".//ds:Signature"), tag(DS, "Object"))
    etree.SubElement(extra, "{urn:example:shinsei}氏名").text = "悪人"
    found = found_in(root)
    assert (found.integrity, found.scope, found.problem) == (Integrity.INTACT, Scope.PART, "unsigned_object")


def test_content_hidden_in_a_second_signature_is_told() -> None:
    root = made(Layout(beside_others=True))
    hidden = etree.SubElement(root, tag(DS, "Signature"))
    etree.SubElement(etree.SubElement(hidden, tag(DS, "Object")), "{urn:example:shinsei}氏名").text = "悪人"
    first, second = check(write_xml(root))
    assert (first.scope, first.problem) == (Scope.PART, "unsigned_object")
    assert second.integrity is Integrity.UNREADABLE


def test_a_signature_over_another_one_covers_it() -> None:
    """The enveloped transform leaves out its own signature and no other (XML Signature, 6.6.4)."""
    signer = resident()
    prepared = xades.prepare(write_xml(made(Layout(beside_others=True))), signer.certificate, name="a.xml")
    root = read_xml(prepared.finish(signer(prepared.order)))
    _, second = root.findall(".//ds:Signature", PREFIX)
    reference = find(second, "ds:SignedInfo/ds:Reference")
    (step,) = [each for each in reference.iter(tag(DS, "Transform")) if each.find("ds:XPath", PREFIX) is not None]
    step.remove(find(step, "ds:XPath"))
    step.set("Algorithm", f"{DS}enveloped-signature")
    without_it = copy.deepcopy(root.getroottree()).getroot()
    last = without_it.findall(".//ds:Signature", PREFIX)[1]
    last.getparent().remove(last)
    digest = hashlib.sha256(canonical_document(without_it, C14N_10)).digest()
    find(reference, "ds:DigestValue").text = base64.b64encode(digest).decode()
    value = signer.key.sign(canonical(find(second, "ds:SignedInfo"), C14N_10), padding.PKCS1v15(), hashes.SHA256())
    find(second, "ds:SignatureValue").text = base64.b64encode(value).decode()
    assert [each.integrity for each in check(write_xml(root))] == [Integrity.INTACT, Integrity.INTACT]
    first_value = find(root, ".//ds:SignatureValue")
    first_value.text = f"{first_value.text}\n"
    assert [each.integrity for each in check(write_xml(root))] == [Integrity.INTACT, Integrity.CHANGED]


# --- references and transforms


def test_a_stylesheet_transform_is_refused() -> None:
    root = with_reference(made(), lambda each: each.find("ds:Transforms/ds:Transform", PREFIX).set("Algorithm", XSLT))
    found = found_in(root)
    assert (found.integrity, found.problem) == (Integrity.UNREADABLE, "transform_not_allowed")


@pytest.mark.parametrize("algorithm", [BASE64, "http://www.w3.org/2002/06/xmldsig-filter2", "urn:anything", ""])
def test_a_transform_that_is_not_known_is_refused(algorithm: str) -> None:
    root = with_reference(
        made(), lambda each: each.find("ds:Transforms/ds:Transform", PREFIX).set("Algorithm", algorithm)
    )
    assert found_in(root).problem == "transform_not_allowed"


@pytest.mark.parametrize(
    "expression", ["not(ancestor-or-self::申請書)", "false()", "", "not(ancestor-or-self::x:Signature)"]
)
def test_another_path_expression_is_refused(expression: str) -> None:
    root = made(Layout(beside_others=True))
    node = find(root, ".//ds:XPath")
    node.text = expression
    assert found_in(resigned(root)).problem == "transform_not_allowed"


def test_nothing_may_follow_the_canonical_form() -> None:
    def turned_round(reference: Element) -> None:
        transforms = reference.find("ds:Transforms", PREFIX)
        transforms.append(transforms[0])

    assert found_in(with_reference(made(), turned_round)).problem == "transform_not_allowed"


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("#nobody", "no_such_id"),
        ("#xpointer(/)", "reference_not_understood"),
        ("#xpointer(id('name'))", "reference_not_understood"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(uri: str, problem: str) -> None:
    found = found_in(with_reference(made(), lambda each: each.set("URI", uri)))
    assert (found.integrity, found.problem) == (Integrity.UNREADABLE, problem)


def test_a_reference_to_the_document_without_leaving_the_signature_out_is_refused() -> None:
    def nothing_left_out(reference: Element) -> None:
        transforms = reference.find("ds:Transforms", PREFIX)
        transforms.remove(transforms[0])

    assert found_in(with_reference(made(), nothing_left_out)).problem == "reference_to_itself"


@pytest.mark.parametrize("uri", ["file:///etc/hostname", "http://127.0.0.1:9/a.xml", "a.xml"])
def test_what_is_named_from_outside_is_missing_until_the_caller_gives_it(uri: str) -> None:
    def outside(reference: Element) -> None:
        reference.set("URI", uri)
        for transforms in reference.findall("ds:Transforms", PREFIX):
            reference.remove(transforms)

    assert found_in(with_reference(made(), outside)).integrity is Integrity.CONTENT_MISSING


def test_two_contents_from_outside_are_refused() -> None:
    root = made(Layout(Form.DETACHED))
    info = find(root, "ds:SignedInfo")
    info.append(copy.deepcopy(find(info, "ds:Reference")))
    assert found_in(resigned(root), APPLICATION).problem == "several_contents"


def test_a_manifest_is_refused() -> None:
    found = found_in(with_reference(made(), lambda each: each.set("Type", f"{DS}Manifest")))
    assert (found.integrity, found.problem) == (Integrity.UNREADABLE, "manifest")


def test_a_signature_over_its_own_properties_alone_signs_nothing() -> None:
    root = made()
    info = find(root, ".//ds:SignedInfo")
    info.remove(info.findall("ds:Reference", PREFIX)[0])
    assert found_in(resigned(root)).problem == "nothing_signed"


def test_no_reference_at_all_is_refused() -> None:
    root = made()
    info = find(root, ".//ds:SignedInfo")
    for reference in info.findall("ds:Reference", PREFIX):
        info.remove(reference)
    assert found_in(resigned(root)).problem == "references"


# --- properties


def test_properties_that_nobody_signed_are_refused() -> None:
    root = made()
    info = find(root, ".//ds:SignedInfo")
    info.remove(info.findall("ds:Reference", PREFIX)[1])
    assert found_in(resigned(root)).problem == "properties_not_signed"


def test_properties_of_another_signature_are_refused() -> None:
    root = made()
    find(root, ".//xades:QualifyingProperties").set("Target", "#another")
    assert found_in(root).problem == "properties_of_other"


def test_a_time_without_a_zone_is_no_time() -> None:
    root = made()
    find(root, ".//xades:SigningTime").text = "2026-04-01T01:02:03"
    assert found_in(root).claimed_at is None


# --- keys and certificates


def test_a_swapped_certificate_is_found() -> None:
    root = made()
    find(root, ".//ds:X509Certificate").text = base64.b64encode(resident(1).certificate).decode()
    found = found_in(root)
    assert (found.integrity, found.problem) == (Integrity.WRONG_CERTIFICATE, "certificate_not_named")
    assert found.certificate is None


def test_a_swapped_certificate_that_names_itself_does_not_fit_the_value() -> None:
    root = made()
    find(root, ".//ds:X509Certificate").text = base64.b64encode(resident(1).certificate).decode()
    digest = find(root, ".//xades:CertDigest/ds:DigestValue")
    digest.text = base64.b64encode(hashlib.sha256(resident(1).certificate).digest()).decode()
    assert found_in(root).integrity is Integrity.WRONG_VALUE


def test_a_key_value_beside_the_certificate_must_be_its_key() -> None:
    root = made()
    info = find(root, ".//ds:KeyInfo")
    value = etree.SubElement(etree.SubElement(info, tag(DS, "KeyValue")), tag(DS, "RSAKeyValue"))
    numbers = resident(1).key.public_key().public_numbers()
    etree.SubElement(value, tag(DS, "Modulus")).text = base64.b64encode(numbers.n.to_bytes(256, "big")).decode()
    found = found_in(root)
    assert (found.integrity, found.problem) == (Integrity.WRONG_CERTIFICATE, "key_value")


def test_no_certificate_is_told_as_such() -> None:
    root = made()
    info = find(root, ".//ds:KeyInfo")
    for child in list(info):
        info.remove(child)
    found = found_in(root)
    assert (found.integrity, found.problem) == (Integrity.WRONG_CERTIFICATE, "certificate_missing")


# --- algorithms


def test_sha1_is_weak_in_the_value() -> None:
    found = found_in(resigned(made(), f"{DS}rsa-sha1"))
    assert (found.integrity, found.hash_name) == (Integrity.WEAK, "sha1")


def test_sha1_is_weak_in_one_reference() -> None:
    root = with_reference(made(), lambda each: each.find("ds:DigestMethod", PREFIX).set("Algorithm", SHA1))
    assert found_in(root).integrity is Integrity.WEAK


@pytest.mark.parametrize(
    "method", [f"{DS}hmac-sha1", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "urn:none", ""]
)
def test_a_method_that_proves_nothing_is_unreadable(method: str) -> None:
    root = made()
    find(root, ".//ds:SignatureMethod").set("Algorithm", method)
    found = found_in(root)
    assert (found.integrity, found.problem) == (Integrity.UNREADABLE, "algorithm_unknown")
