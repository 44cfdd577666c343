"""Two other JOSE libraries (joserfc, PyJWT) judge our JWS, and make some that we must take or refuse as they do."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, RSAKey

from applets_spec.testca.keys import KeyAlgorithm
from cardd.documents.checking.jws import check
from cardd.documents.found import Found, Integrity
from cardd.documents.jws import prepare
from cardd.documents.jws_form import packed
from tests.fixtures.software_signer import SoftwareSigner, operator, p384, resident

DOCUMENT = '{"氏名": "試験　太郎"}\r\n\0'.encode()
SIGNERS = {
    "jpki": (resident(), "RS256"),
    "p256": (operator(), "ES256"),
    "rsa": (operator(KeyAlgorithm.RSA_2048), "RS256"),
    "p384": (p384(), "ES384"),
}
EVERYBODY = pytest.mark.parametrize("name", list(SIGNERS))
BOTH_FORMS = pytest.mark.parametrize("detached", [False, True], ids=["compact", "detached"])


class Registry(jws.JWSRegistry):
    """joserfc allows a header 512 bytes: less than one certificate."""

    max_header_length = 16 * 1024
    max_payload_length = 1024 * 1024
    max_signature_length = 1024


def registry() -> Registry:
    return Registry(algorithms=["RS256", "RS384", "RS512", "ES256", "ES384"])


def public_key(signer: SoftwareSigner) -> RSAKey | ECKey:
    pem = (
        x509.load_der_x509_certificate(signer.certificate)
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return _kind(signer).import_key(pem)


def _kind(signer: SoftwareSigner) -> type[RSAKey] | type[ECKey]:
    return ECKey if hasattr(signer.key, "curve") else RSAKey


def ours(signer: SoftwareSigner, *, detached: bool = False, document: bytes = DOCUMENT) -> bytes:
    prepared = prepare(document, certificate=signer.certificate, chain=(signer.ca,), detached=detached, typ="JOSE")
    return prepared.finish(signer(prepared.order))


def joserfc_believes(made: bytes, signer: SoftwareSigner, document: bytes | None = None) -> bytes | None:
    """What joserfc takes out, None where it refuses. `document`: of a detached one."""
    try:
        return jws.deserialize_compact(made, public_key(signer), registry=registry(), payload=document).payload
    except (JoseError, ValueError):
        return None


def pyjwt_believes(made: bytes, signer: SoftwareSigner, document: bytes | None = None) -> bytes | None:
    """The same by PyJWT; it knows detached content only with RFC 7797, so the content is put back first (appendix F)."""
    whole = made if document is None else made.replace(b"..", b"." + packed(document).encode() + b".")
    key = x509.load_der_x509_certificate(signer.certificate).public_key()
    try:
        return jwt.PyJWS().decode(whole, key, algorithms=["RS256", "RS384", "RS512", "ES256", "ES384"])
    except jwt.InvalidTokenError:
        return None


JUDGES = pytest.mark.parametrize("believes", [joserfc_believes, pyjwt_believes], ids=["joserfc", "pyjwt"])


@EVERYBODY
@BOTH_FORMS
@JUDGES
@pytest.mark.proves("fault 166")
def test_others_believe_our_signature_and_no_changed_one(name: str, detached: bool, believes) -> None:
    signer, algorithm = SIGNERS[name]
    made = ours(signer, detached=detached)
    given = DOCUMENT if detached else None
    assert believes(made, signer, given) == DOCUMENT
    assert jwt.get_unverified_header(made)["alg"] == algorithm
    header, middle, last = made.split(b".")
    raw = base64.urlsafe_b64decode(last + b"=" * (-len(last) % 4))
    value = b".".join((header, middle, packed(bytes([raw[0] ^ 1]) + raw[1:]).encode()))
    other = made if detached else b".".join((header, packed(DOCUMENT + b" ").encode(), last))
    for wrong, content in ((value, given), (other, DOCUMENT + b" " if detached else None)):
        assert believes(wrong, signer, content) is None
        assert check(wrong, content=content)[0].integrity is Integrity.WRONG_VALUE


@EVERYBODY
def test_the_certificate_in_our_header_is_what_others_read(name: str) -> None:
    signer, _ = SIGNERS[name]
    header = jws.deserialize_compact(ours(signer), public_key(signer), registry=registry()).headers()
    assert [base64.b64decode(text) for text in header["x5c"]] == [signer.certificate, signer.ca]
    assert header["x5t#S256"] == packed(hashlib.sha256(signer.certificate).digest())
    assert header["typ"] == "JOSE"


# --- theirs, judged by us ----------------------------------------------------------------------------------------------


def theirs(
    signer: SoftwareSigner, algorithm: str, header: dict[str, Any] | None = None, document: bytes = DOCUMENT
) -> bytes:
    key = _kind(signer).import_key(signer.key_pem)
    protected = {"alg": algorithm, "x5c": [base64.b64encode(signer.certificate).decode()], **(header or {})}
    return jws.serialize_compact(protected, document, key, registry=registry()).encode()


def one(made: bytes, content: bytes | None = None) -> Found:
    (found,) = check(made, content=content)
    return found


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [("jpki", "RS256"), ("jpki", "RS384"), ("rsa", "RS512"), ("p256", "ES256"), ("p384", "ES384")],
)
@BOTH_FORMS
@pytest.mark.proves("fault 166")
def test_we_believe_what_joserfc_makes_and_nothing_changed(name: str, algorithm: str, detached: bool) -> None:
    signer, _ = SIGNERS[name]
    made = theirs(signer, algorithm)
    if detached:
        made = jws.detach_content(made.decode()).encode()
    found = one(made, DOCUMENT if detached else None)
    assert (found.integrity, found.certificate) == (Integrity.INTACT, signer.certificate)
    stranger = operator(number=1) if "ES256" in algorithm else resident(2)
    swapped = _with_header(made, {"alg": algorithm, "x5c": [base64.b64encode(stranger.certificate).decode()]})
    assert one(swapped, DOCUMENT if detached else None).integrity is Integrity.WRONG_VALUE
    if detached:
        assert one(made, DOCUMENT + b" ").integrity is Integrity.WRONG_VALUE


def _with_header(made: bytes, header: dict[str, Any]) -> bytes:
    _, middle, last = made.split(b".")
    return b".".join((packed(json.dumps(header).encode()).encode(), middle, last))


@pytest.mark.parametrize(("name", "algorithm"), [("jpki", "RS256"), ("p256", "ES256"), ("p384", "ES384")])
def test_we_believe_what_pyjwt_makes(name: str, algorithm: str) -> None:
    signer, _ = SIGNERS[name]
    header = {"x5c": [base64.b64encode(signer.certificate).decode()]}
    made = jwt.PyJWS().encode(DOCUMENT, signer.key, algorithm, headers=header).encode()
    assert one(made).integrity is Integrity.INTACT


def test_what_others_sign_with_a_secret_or_not_at_all_is_refused() -> None:
    x5c = [base64.b64encode(resident().certificate).decode()]
    mac = jws.serialize_compact(
        {"alg": "HS256", "x5c": x5c}, DOCUMENT, OctKey.import_key("x" * 32), registry=Registry(algorithms=["HS256"])
    )
    bare = jwt.PyJWS().encode(DOCUMENT, None, "none", headers={"x5c": x5c})
    for made in (mac, bare):
        assert one(made.encode()).problem == "algorithm_refused"


def test_unencoded_content_is_refused_where_joserfc_would_take_it() -> None:
    signer, _ = SIGNERS["jpki"]
    made = theirs(signer, "RS256", {"b64": False, "crit": ["b64"]}, b"plain")
    assert one(made).problem == "crit"
