"""xmlsec1 and signxml judge our XML signatures, and what they make with software keys our check accepts or refuses alike."""

import subprocess
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from lxml import etree
from signxml.algorithms import SignatureConstructionMethod, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESSigner, XAdESVerifier

from applets_spec.testca.keys import KeyAlgorithm
from cardd.documents import xades
from cardd.documents.checking.xades import check
from cardd.documents.found import Found, Integrity, Scope
from cardd.documents.xades_signer import Form, Layout
from cardd.documents.xades_xml import DS, XADES, tag, write_xml
from tests.fixtures.application_xml import APPLICATION
from tests.fixtures.software_signer import SoftwareSigner, operator, resident

PATIENCE_S = 120.0
SIGNERS: dict[str, Callable[[], SoftwareSigner]] = {
    "rsa": resident,
    "p256": operator,
    "badge-rsa": lambda: operator(KeyAlgorithm.RSA_2048),
}
IDENTIFIERS = (
    f"{XADES}:SignedProperties",
    f"{DS}:KeyInfo",
    f"{DS}:Object",
    "urn:example:shinsei:氏名",
    "urn:example:shinsei:添付書類",
)
"""xmlsec1 knows no schema: it must be told where identifiers stand."""
OLD_XML = b'<Application xmlns="urn:example:shinsei"><Name>TARO</Name></Application>'
"""signxml alone takes no Japanese names."""


@dataclass(frozen=True)
class XmlSec:
    """The program, in a folder of its own."""

    folder: Path

    def verifies(self, document: bytes, signer: SoftwareSigner, number: int = 1) -> bool:
        """Whether it finds the signature right, below this signer's authority. `number`: which one of the document."""
        (self.folder / "signed.xml").write_bytes(document)
        (self.folder / "ca.pem").write_bytes(signer.ca_pem)
        named = [word for name in IDENTIFIERS for word in ("--id-attr:Id", name)]
        place = f"(//*[local-name()='Signature'])[{number}]"
        ran = self._run("--verify", "--trusted-pem", "ca.pem", "--node-xpath", place, *named, "signed.xml")
        assert (ran.returncode == 0) is ran.stderr.decode().startswith("OK"), ran.stderr
        return ran.returncode == 0

    def sign(self, template: bytes, signer: SoftwareSigner) -> bytes:
        """The template filled in."""
        (self.folder / "template.xml").write_bytes(template)
        (self.folder / "key.pem").write_bytes(signer.key_pem)
        (self.folder / "certificate.pem").write_bytes(signer.certificate_pem)
        ran = self._run("--sign", "--privkey-pem", "key.pem,certificate.pem", "--output", "made.xml", "template.xml")
        assert ran.returncode == 0, ran.stderr
        return (self.folder / "made.xml").read_bytes()

    def _run(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ("xmlsec1", *words), cwd=self.folder, capture_output=True, timeout=PATIENCE_S, check=False
        )


@pytest.fixture
def xmlsec(tmp_path: Path) -> XmlSec:
    return XmlSec(tmp_path)


def made(signer: SoftwareSigner, layout: Layout = xades.ENVELOPED, document: bytes = APPLICATION) -> bytes:
    prepared = xades.prepare(document, signer.certificate, layout, name="申請 書.xml")
    return prepared.finish(signer(prepared.order))


# --- ours, before their eyes


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("kind", SIGNERS)
def test_xmlsec_accepts_each_form_and_key(form: Form, kind: str, xmlsec: XmlSec) -> None:
    signer = SIGNERS[kind]()
    document = made(signer, Layout(form))
    (xmlsec.folder / "申請 書.xml").write_bytes(APPLICATION)
    assert xmlsec.verifies(document, signer)
    assert not xmlsec.verifies(document, resident() if kind != "rsa" else operator())
    if form is Form.DETACHED:
        (xmlsec.folder / "申請 書.xml").write_bytes(APPLICATION + b" ")
        assert not xmlsec.verifies(document, signer)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("髙橋", "高橋"),
        ('xml:lang="ja"', 'xml:lang="en"'),
        ("shinsei.xsl", "kyozetsu.xsl"),
        ("SigningTime>20", "SigningTime>19"),
        ("申請書", "請求書"),
    ],
)
def test_xmlsec_and_our_check_refuse_the_same_changes(was: str, becomes: str, xmlsec: XmlSec) -> None:
    text = made(resident()).decode()
    assert was in text
    changed = text.replace(was, becomes).encode()
    assert not xmlsec.verifies(changed, resident())
    assert only(changed).integrity in (Integrity.CHANGED, Integrity.WRONG_VALUE)


def test_xmlsec_accepts_every_one_of_several_signatures(xmlsec: XmlSec) -> None:
    document = made(resident(), Layout(beside_others=True))
    document = made(operator(), document=document)
    assert xmlsec.verifies(document, resident(), 1)
    assert xmlsec.verifies(document, operator(), 2)


def test_xmlsec_accepts_signed_parts_below_a_language(xmlsec: XmlSec) -> None:
    document = made(resident(), Layout(element="name"))
    document = made(operator(), Layout(element="attachment"), document)
    assert xmlsec.verifies(document, resident(), 1)
    assert xmlsec.verifies(document, operator(), 2)


@pytest.mark.parametrize("kind", SIGNERS)
def test_signxml_accepts_ours(kind: str) -> None:
    """Without a language above the signature and instructions before the root, which it leaves out of its computation."""

    class Verifier(XAdESVerifier):
        def _tostring(self, xml_node: etree._Element, **how: object) -> bytes:
            return etree.tostring(xml_node, **{"encoding": "utf-8", **how})

    signer = SIGNERS[kind]()
    document = made(signer, document="<申請書><氏名>髙橋　花子</氏名></申請書>".encode())
    certificate = x509.load_der_x509_certificate(signer.certificate)
    results = Verifier().verify(document, x509_cert=certificate, expect_config=XAdESSignatureConfiguration())
    assert len(results) == 3
    with pytest.raises(SignXMLException):
        Verifier().verify(document.replace("花子".encode(), "次郎".encode()), x509_cert=certificate)


# --- theirs, before ours


def template(transforms: str = f'<ds:Transform Algorithm="{DS}enveloped-signature"/>', **algorithms: str) -> bytes:
    """What xmlsec1 fills in: a signature over the whole application form."""
    canonical = algorithms.get("canonical", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315")
    method = algorithms.get("method", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")
    digest = algorithms.get("digest", "http://www.w3.org/2001/04/xmlenc#sha256")
    signature = f"""<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo>
<ds:CanonicalizationMethod Algorithm="{canonical}"/><ds:SignatureMethod Algorithm="{method}"/>
<ds:Reference URI=""><ds:Transforms>{transforms}</ds:Transforms>
<ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue/></ds:Reference></ds:SignedInfo>
<ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature>"""
    return APPLICATION.replace("</申請書>".encode(), signature.encode() + "</申請書>".encode())


CANONICAL = {
    "c14n": "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "c14n with comments": "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
    "c14n 1.1": "http://www.w3.org/2006/12/xml-c14n11",
    "exclusive": "http://www.w3.org/2001/10/xml-exc-c14n#",
}


@pytest.mark.parametrize("canonical", CANONICAL)
def test_what_xmlsec_signs_is_accepted(canonical: str, xmlsec: XmlSec) -> None:
    transforms = (
        f'<ds:Transform Algorithm="{DS}enveloped-signature"/><ds:Transform Algorithm="{CANONICAL[canonical]}"/>'
    )
    document = xmlsec.sign(template(transforms, canonical=CANONICAL[canonical]), resident())
    assert xmlsec.verifies(document, resident())
    found = only(document)
    assert (found.integrity, found.scope, found.certificate) == (Integrity.INTACT, Scope.WHOLE, resident().certificate)
    assert only(document.replace("髙橋".encode(), "高橋".encode())).integrity is Integrity.CHANGED


def test_what_xmlsec_signs_with_an_elliptic_key_is_accepted(xmlsec: XmlSec) -> None:
    method = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
    document = xmlsec.sign(template(method=method), operator())
    assert only(document).integrity is Integrity.INTACT


def test_sha1_by_xmlsec_is_weak(xmlsec: XmlSec) -> None:
    document = xmlsec.sign(template(method=f"{DS}rsa-sha1", digest=f"{DS}sha1"), resident())
    assert only(document).integrity is Integrity.WEAK


@pytest.mark.parametrize(
    "transforms",
    [
        '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>not(ancestor-or-self::ds:Signature)'
        " and not(self::text())</ds:XPath></ds:Transform>",
        '<ds:Transform Algorithm="http://www.w3.org/2002/06/xmldsig-filter2"><f:XPath Filter="subtract" '
        'xmlns:f="http://www.w3.org/2002/06/xmldsig-filter2">/descendant::ds:Signature</f:XPath></ds:Transform>',
    ],
)
def test_a_transform_that_xmlsec_follows_and_nobody_can_oversee_is_refused(transforms: str, xmlsec: XmlSec) -> None:
    """The first leaves all text out of the signature: xmlsec1 calls it good, with any text at all."""
    document = xmlsec.sign(template(transforms), resident())
    assert xmlsec.verifies(document, resident())
    found = only(document)
    assert (found.integrity, found.problem) == (Integrity.UNREADABLE, "transform_not_allowed")


@pytest.mark.parametrize("method", list(SignatureConstructionMethod))
@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_what_signxml_signs_is_accepted(method: SignatureConstructionMethod, kind: str) -> None:
    signer = SIGNERS[kind]()
    root = etree.fromstring(OLD_XML)
    root.set("Id", "whole")
    family = SignatureMethod.RSA_SHA256 if kind == "rsa" else SignatureMethod.ECDSA_SHA256
    worker = XMLSigner(method=method, signature_algorithm=family)
    document = worker.sign(root, key=signer.key, cert=[x509.load_der_x509_certificate(signer.certificate)])
    scope = Scope.WHOLE
    if method is SignatureConstructionMethod.detached:  # it stands beside what it signs
        both = etree.Element("both")
        both.extend((root, document))
        document, scope = both, Scope.PART
    found = only(write_xml(document))
    assert (found.integrity, found.scope) == (Integrity.INTACT, scope)


def test_what_signxml_signs_with_xades_is_accepted_and_dated() -> None:
    signer = resident()
    worker = XAdESSigner(c14n_algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315")
    document = worker.sign(
        etree.fromstring(OLD_XML), key=signer.key, cert=[x509.load_der_x509_certificate(signer.certificate)]
    )
    found = only(write_xml(document))
    assert (found.integrity, found.scope) == (Integrity.INTACT, Scope.WHOLE)
    assert found.claimed_at is not None


@pytest.mark.parametrize("change", ["text", "value", "certificate", "digest"])
def test_signxml_and_our_check_refuse_alike(change: str) -> None:
    signer = resident()
    root = XMLSigner().sign(
        etree.fromstring(OLD_XML), key=signer.key, cert=[x509.load_der_x509_certificate(signer.certificate)]
    )
    changed = deepcopy(root)
    if change == "text":
        changed[0].text = "JIRO"
    else:
        name = {"value": "SignatureValue", "certificate": "X509Certificate", "digest": "DigestValue"}[change]
        node = changed.find(f".//{tag(DS, name)}")
        other = XMLSigner().sign(
            etree.fromstring(b"<other/>"),
            key=resident(1).key,
            cert=[x509.load_der_x509_certificate(resident(1).certificate)],
        )
        node.text = other.find(f".//{tag(DS, name)}").text
    certificate = x509.load_der_x509_certificate(signer.certificate)
    with_ours = x509.load_der_x509_certificate(resident(1).certificate) if change == "certificate" else certificate
    with pytest.raises(SignXMLException):
        XMLVerifier().verify(changed, x509_cert=with_ours, expect_config=SignatureConfiguration(location="./"))
    assert only(write_xml(changed)).integrity in (Integrity.CHANGED, Integrity.WRONG_VALUE)
    assert only(write_xml(root)).integrity is Integrity.INTACT


def only(document: bytes) -> Found:
    (found,) = check(document)
    return found
