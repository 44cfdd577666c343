"""Every signer of a CMS is judged by itself, by name of what is wrong."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import algos, cms, core, tsp, x509

from applets_spec.testca.badge_cases import rsa_1024
from applets_spec.testca.hierarchy import badge_key_name
from applets_spec.testca.keys import DerivedKeys, KeyAlgorithm
from cardd.documents.cades import prepare
from cardd.documents.checking.cades import check
from cardd.documents.errors import DocumentError
from cardd.documents.found import Integrity, Scope
from cardd.documents.model import Order
from tests.fixtures.made_cms import Attributes, attributes_of, signed_data, signer_info, token
from tests.fixtures.software_signer import SoftwareSigner, operator, p384, resident

DOCUMENT = "申請書\r\n\0".encode()
ME, BADGE = resident(), operator()


def one(
    attributes: Attributes | None,
    signer: SoftwareSigner = ME,
    certificates: tuple[bytes, ...] | None = None,
    **how: Any,
):
    """What is found of a single signer with these signed attributes."""
    info = signer_info(signer, attributes, DOCUMENT, **how)
    made = signed_data([info], (signer.certificate,) if certificates is None else certificates)
    (found,) = check(made, content=DOCUMENT)
    return found


def good(signer: SoftwareSigner = ME, hash_name: str = "sha256") -> Attributes:
    return attributes_of(signer, DOCUMENT, hash_name)


def said(found: Any) -> tuple[Integrity, str]:
    return found.integrity, found.problem


def test_a_good_one_is_intact() -> None:
    found = one(good())
    assert said(found) == (Integrity.INTACT, "")
    assert (found.scope, found.certificate, found.others) == (Scope.WHOLE, ME.certificate, ())


def test_a_signer_may_be_named_by_key_identifier() -> None:
    assert said(one(good(), by_key_identifier=True)) == (Integrity.INTACT, "")


@pytest.mark.proves("fault 166")
def test_another_document_is_told_from_a_wrong_value() -> None:
    made = prepare(DOCUMENT).finish(ME(prepare(DOCUMENT).order))
    assert said(check(made, content=DOCUMENT + b" ")[0]) == (Integrity.CHANGED, "digest")
    assert said(check(made)[0]) == (Integrity.CONTENT_MISSING, "content_missing")
    value = check(made)[0].stamped
    assert value is not None
    damaged = made.replace(value, bytes([value[0] ^ 1]) + value[1:])
    assert said(check(damaged, content=DOCUMENT)[0]) == (Integrity.WRONG_VALUE, "value")


def test_what_is_inside_and_what_is_given_must_agree(tmp_path: Path) -> None:
    order = prepare(DOCUMENT).order
    made = prepare(DOCUMENT, enveloping=True).finish(ME(order))
    place = tmp_path / "document"
    place.write_bytes(DOCUMENT)
    for agreeing in (None, DOCUMENT, place):
        assert said(check(made, content=agreeing)[0]) == (Integrity.INTACT, "")
    assert said(check(made, content=b"another")[0]) == (Integrity.CHANGED, "given_differs")
    inside = made.replace(DOCUMENT, DOCUMENT[:-1] + b"\1")
    assert said(check(inside)[0]) == (Integrity.CHANGED, "digest")


@pytest.mark.proves("fault 166")
def test_one_bad_signer_of_two_takes_nothing_from_the_other() -> None:
    bad = good(operator()) | {"message_digest": [bytes(32)]}
    infos = [signer_info(ME, good()), signer_info(operator(), bad)]
    found = check(signed_data(infos, (ME.certificate, operator().certificate)), content=DOCUMENT)
    assert {each.certificate: said(each) for each in found} == {
        ME.certificate: (Integrity.INTACT, ""),
        operator().certificate: (Integrity.CHANGED, "digest"),
    }


def test_a_signer_that_cannot_be_read_takes_nothing_from_the_other() -> None:
    broken = signer_info(operator(), good(operator())).dump()
    # The algorithm of the hash becomes a NULL where an identifier must stand.
    identifier = algos.DigestAlgorithm({"algorithm": "sha256"})["algorithm"].dump()
    broken = broken.replace(identifier, b"\x05\x09" + bytes(9), 1)
    members = sorted([signer_info(ME, good()).dump(), broken])
    body = b"".join(members)
    infos = cms.SignerInfos.load(b"\x31\x82" + len(body).to_bytes(2) + body)
    parsed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": "sha256"})],
            "encap_content_info": {"content_type": "data"},
            "certificates": [x509.Certificate.load(ME.certificate)],
            "signer_infos": infos,
        }
    )
    found = check(cms.ContentInfo({"content_type": "signed_data", "content": parsed}).dump(), content=DOCUMENT)
    assert sorted(said(each) for each in found) == sorted(
        [(Integrity.INTACT, ""), (Integrity.UNREADABLE, "signer_info")]
    )


def reference_to(certificate: bytes, hash_name: str = "sha256", **more: Any) -> list[Any]:
    entry = {"hash_algorithm": {"algorithm": hash_name}, "cert_hash": hashlib.new(hash_name, certificate).digest()}
    return [tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2(entry | more)]})]


def old_reference() -> list[Any]:
    entry = tsp.ESSCertID({"cert_hash": hashlib.sha1(ME.certificate).digest()})
    return [tsp.SigningCertificate({"certs": [entry]})]


def issuer_serial(signer: SoftwareSigner, serial_number: int | None = None) -> Any:
    parsed = x509.Certificate.load(signer.certificate)
    name = x509.GeneralName({"directory_name": parsed.issuer})
    return {"issuer": [name], "serial_number": serial_number or parsed.serial_number}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"signing_certificate_v2": None}, (Integrity.WRONG_CERTIFICATE, "reference_missing")),
        (
            {"signing_certificate_v2": reference_to(operator().certificate)},
            (Integrity.WRONG_CERTIFICATE, "reference"),
        ),
        ({"signing_certificate_v2": reference_to(ME.certificate, "sha512")}, (Integrity.INTACT, "")),
        ({"signing_certificate_v2": reference_to(ME.certificate, "sha1")}, (Integrity.WEAK, "reference_hash")),
        (
            {"signing_certificate_v2": reference_to(ME.certificate, issuer_serial=issuer_serial(ME))},
            (Integrity.INTACT, ""),
        ),
        (
            {"signing_certificate_v2": reference_to(ME.certificate, issuer_serial=issuer_serial(ME, 5))},
            (Integrity.WRONG_CERTIFICATE, "reference"),
        ),
        (
            {"signing_certificate_v2": None, "signing_certificate": old_reference()},
            (Integrity.WEAK, "reference_sha1"),
        ),
        ({"message_digest": None}, (Integrity.UNREADABLE, "attributes")),
        ({"message_digest": [bytes(32), bytes(32)]}, (Integrity.UNREADABLE, "attributes")),
        ({"content_type": None}, (Integrity.UNREADABLE, "attributes")),
        ({"content_type": ["tst_info"]}, (Integrity.UNREADABLE, "content_type")),
        ({"signing_time": None}, (Integrity.INTACT, "")),
    ],
)
def test_signed_attributes_are_what_the_profile_asks_for(
    changes: dict[str, Any], expected: tuple[Integrity, str]
) -> None:
    attributes = {name: values for name, values in (good() | changes).items() if values is not None}
    assert said(one(attributes)) == expected


def test_a_signature_without_signed_attributes_is_no_cades() -> None:
    assert said(one(None)) == (Integrity.UNREADABLE, "no_signed_attributes")


def test_signed_attributes_that_are_not_in_der_are_refused() -> None:
    def reordered(der: bytes) -> bytes:
        members = [each.dump() for each in cms.CMSAttributes.load(der)]
        return der[: len(der) - sum(map(len, members))] + b"".join(reversed(members))

    assert said(one(good(), change_attributes=reordered)) == (Integrity.UNREADABLE, "attributes_not_der")


def test_an_attribute_twice_is_refused() -> None:
    def doubled(der: bytes) -> bytes:
        members = sorted([each.dump() for each in cms.CMSAttributes.load(der)])
        body = b"".join(sorted([*members, members[0]]))
        return b"\x31\x82" + len(body).to_bytes(2) + body

    assert said(one(good(), change_attributes=doubled)) == (Integrity.UNREADABLE, "attributes")


def protection(signature: str = "sha256_rsa", digest: str = "sha256") -> list[Any]:
    return [
        cms.CMSAlgorithmProtection(
            {
                "digest_algorithm": {"algorithm": digest},
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": signature}),
            }
        )
    ]


def test_algorithms_that_disagree_are_refused() -> None:
    other = algos.SignedDigestAlgorithm({"algorithm": "sha512_rsa"})
    assert said(one(good(), algorithm=other)) == (Integrity.UNREADABLE, "algorithms_disagree")
    plain = algos.SignedDigestAlgorithm({"algorithm": "rsassa_pkcs1v15"})
    assert said(one(good(), algorithm=plain)) == (Integrity.INTACT, "")
    unknown = algos.SignedDigestAlgorithm({"algorithm": "ed25519"})
    assert said(one(good(), algorithm=unknown)) == (Integrity.UNREADABLE, "algorithm_unknown")
    assert said(one(good(), digest_name="shake256")) == (Integrity.UNREADABLE, "algorithm_unknown")
    ec_named = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})
    assert said(one(good(), algorithm=ec_named)) == (Integrity.WRONG_VALUE, "value")
    assert said(one(good() | {"cms_algorithm_protection": protection()})) == (Integrity.INTACT, "")
    for lie in (protection("sha512_rsa"), protection(digest="sha512")):
        assert said(one(good() | {"cms_algorithm_protection": lie})) == (Integrity.UNREADABLE, "algorithms_disagree")


@pytest.mark.proves("fault 163", "K1")
def test_sha1_and_short_keys_prove_nothing() -> None:
    order = Order("cades_b", "sha1", hashlib.sha1(DOCUMENT).digest())  # type: ignore[arg-type]
    (found,) = check(ME(order), content=DOCUMENT)
    assert (*said(found), found.hash_name) == (Integrity.WEAK, "hash", "sha1")
    assert said(check(ME(order), content=b"another")[0]) == (Integrity.CHANGED, "digest")
    key = DerivedKeys().key(badge_key_name(0, 0x9A), KeyAlgorithm.RSA_1024)
    short = SoftwareSigner(key, rsa_1024().certificate, operator().ca, operator().ca_key)
    assert said(one(good(short), short)) == (Integrity.WEAK, "key")


@pytest.mark.proves("fault 166")
def test_a_certificate_that_is_not_there_or_another_one() -> None:
    assert said(one(good(), certificates=())) == (Integrity.WRONG_CERTIFICATE, "certificate_missing")
    assert said(one(good(), certificates=(operator().certificate,))) == (
        Integrity.WRONG_CERTIFICATE,
        "certificate_missing",
    )
    # Signed with another key than the certificate's, which the signed reference names.
    stranger = SoftwareSigner(resident(1).key, ME.certificate, ME.ca, ME.ca_key)
    assert said(one(good(), stranger)) == (Integrity.WRONG_VALUE, "value")


def test_ber_of_other_software_is_read() -> None:
    """Indefinite lengths and a content in pieces, as streaming writers make it (X.690, 8.1.3.6; RFC 5652, 5.2)."""
    inner = cms.ContentInfo.load(prepare(DOCUMENT, enveloping=True).finish(ME(prepare(DOCUMENT).order)))["content"]
    pieces = b"".join(core.OctetString(DOCUMENT[cut : cut + 4]).dump() for cut in range(0, len(DOCUMENT), 4))
    content = b"\xa0\x80\x24\x80" + pieces + bytes(4)
    encapsulated = b"\x30\x80" + core.ObjectIdentifier("1.2.840.113549.1.7.1").dump() + content + bytes(2)
    fields = (
        inner["version"].dump()
        + inner["digest_algorithms"].dump()
        + encapsulated
        + inner["certificates"].dump()
        + inner["signer_infos"].dump()
    )
    made = b"\x30\x80" + core.ObjectIdentifier("1.2.840.113549.1.7.2").dump() + b"\xa0\x80\x30\x80" + fields + bytes(6)
    (found,) = check(made, content=DOCUMENT)
    assert said(found) == (Integrity.INTACT, "")
    # And it may get a second signer, who leaves the first alone.
    prepared = prepare(DOCUMENT, existing=made)
    both = check(prepared.finish(operator()(prepared.order)))
    assert [each.integrity for each in both] == [Integrity.INTACT] * 2


@pytest.mark.parametrize("label", ["CMS", "PKCS7"])
def test_the_textual_form_is_read(label: str) -> None:
    made = prepare(DOCUMENT).finish(p384()(prepare(DOCUMENT).order))
    text = f"-----BEGIN {label}-----\n{base64.encodebytes(made).decode()}-----END {label}-----\n".encode()
    assert said(check(text, content=DOCUMENT)[0]) == (Integrity.INTACT, "")
    prepared = prepare(DOCUMENT, existing=text)
    assert len(check(prepared.finish(ME(prepared.order)), content=DOCUMENT)) == 2
    with pytest.raises(DocumentError, match=r"\Acms_unreadable\Z"):
        check(text.replace(label.encode(), b"CERTIFICATE"), content=DOCUMENT)


def test_only_data_is_a_document() -> None:
    """A time stamp token is signed like a document, and is none."""
    made = token(ME, DOCUMENT)
    (found,) = check(made)
    assert said(found) == (Integrity.UNREADABLE, "content_type")
    content = cms.ContentInfo.load(made)["content"]["encap_content_info"]["content"].parsed.dump()
    lying = signed_data([signer_info(ME, attributes_of(ME, content))], (ME.certificate,), content, "tst_info", "v3")
    assert said(check(lying)[0]) == (Integrity.UNREADABLE, "content_type")


def test_nobody_signed() -> None:
    with pytest.raises(DocumentError, match=r"\Acms_not_signed\Z"):
        check(signed_data([], (ME.certificate,)))
    plain = cms.ContentInfo({"content_type": "data", "content": DOCUMENT}).dump()
    with pytest.raises(DocumentError, match=r"\Acms_not_signed\Z"):
        check(plain)


def test_too_many_signers_are_refused() -> None:
    info = signer_info(p384(), good(p384(), "sha384"), hash_name="sha384")
    assert len(check(signed_data([info] * 32, (p384().certificate,)), content=DOCUMENT)) == 32
    with pytest.raises(DocumentError, match=r"\Atoo_many_signatures\Z"):
        prepare(DOCUMENT, existing=signed_data([info] * 32, (p384().certificate,)))
    with pytest.raises(DocumentError, match=r"\Atoo_many_signatures\Z"):
        check(signed_data([info] * 33, (p384().certificate,)), content=DOCUMENT)


@pytest.mark.proves("fault 160")
def test_too_many_certificates_are_refused() -> None:
    def odd(number: int) -> bytes:
        return bytes(x509.Certificate.load(BADGE.certificate).dump()[:-2] + number.to_bytes(2))

    info = signer_info(ME, good())
    most = tuple(odd(number) for number in range(255))
    assert said(check(signed_data([info], (ME.certificate, *most)), content=DOCUMENT)[0]) == (Integrity.INTACT, "")
    with pytest.raises(DocumentError, match=r"\Acms_unreadable\Z"):
        check(signed_data([info], (ME.certificate, *most, odd(255))), content=DOCUMENT)


def test_a_certificate_in_ber_as_some_cards_carry_it() -> None:
    longer = b"\x30\x83\x00" + BADGE.certificate[2:]
    odd = SoftwareSigner(BADGE.key, longer, BADGE.ca, BADGE.ca_key)
    found = one(good(odd), odd)
    assert (*said(found), found.certificate) == (Integrity.INTACT, "", longer)
