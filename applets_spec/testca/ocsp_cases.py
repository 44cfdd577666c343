"""Cases about OCSP answers, all on one resident's signature certificate; fault by fault what a responder's answer can be.

RFC 6960, 3.2 lists what a client must look at before it believes an answer; each wrong case is wrong in one of these.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.x509.ocsp import OCSPResponseStatus

from applets_spec.testca.case import Case, Verdict
from applets_spec.testca.hierarchy import Authority, service_key_name
from applets_spec.testca.issue import authority_certificate
from applets_spec.testca.keys import KeyAlgorithm
from applets_spec.testca.ocsp import GOOD, UNKNOWN, Responder, Standing, refuse, respond, revoked
from applets_spec.testca.revocation_cases import AUTHENTICATION, KEYS, NEW, NOON, OLD, WHEN, draft, key_of
from applets_spec.testca.revocation_cases import case as list_case
from applets_spec.testca.services import issue_service, responder_draft
from applets_spec.testca.x509_parts import sign

FRESH = (NOON - timedelta(minutes=10), NOON + timedelta(hours=1))
OVER = (NOON - timedelta(days=2), NOON - timedelta(days=1))
LATER = (NOON + timedelta(hours=1), NOON + timedelta(hours=2))
LIFE = (NOON - timedelta(days=30), NOON + timedelta(days=60))
ASKED = bytes(range(16))
ANSWERED_BEFORE = bytes(range(16, 32))


def responder(row: Authority = NEW, life: tuple[datetime, datetime] = LIFE) -> Responder:
    """The responder that an authority has appointed."""
    pair = issue_service(row, *life)
    return Responder(pair.certificate, pair.key)


def authority_itself(row: Authority = NEW) -> Responder:
    """The authority answers with its own key."""
    return Responder(authority_certificate(row), key_of(row), sends_certificate=False)


def answer(
    standing: Standing = GOOD,
    by: Responder | None = None,
    updates: tuple[datetime, datetime | None] = FRESH,
    *,
    nonce: bytes | None = None,
    about: tuple[bytes, bytes] | None = None,
) -> bytes:
    """What a responder says of the certificate of these cases, unless it is `about` another."""
    return respond(by or responder(), about or (_leaf(), authority_certificate(NEW)), standing, updates, nonce)


def case(verdict: Verdict, clause: str, response: bytes, *, nonce: bytes | None = None) -> Case:
    """The certificate with this response and no list."""
    built = list_case(verdict, clause)
    return Case(
        built.certificate, built.purpose, built.anchors, NOON, verdict, clause, responses=(response,), nonce=nonce
    )


# --- the answer is believed


def good() -> Case:
    """The CA's responder says good. Good."""
    return case(Verdict.GOOD, "RFC 6960, 2.2 and 4.2.2.2", answer())


def good_with_nonce() -> Case:
    """The CA's responder says good, and repeats the nonce. Good."""
    return case(Verdict.GOOD, "RFC 6960, 4.4.1", answer(nonce=ASKED), nonce=ASKED)


def good_by_authority() -> Case:
    """The CA itself says good. Good."""
    return case(Verdict.GOOD, "RFC 6960, 4.2.2.2", answer(by=authority_itself()))


def is_revoked() -> Case:
    """The CA's responder says revoked. Revoked."""
    return case(Verdict.REVOKED, "RFC 6960, 2.2", answer(revoked(WHEN, x509.ReasonFlags.affiliation_changed)))


# --- the responder does not say


def says_unknown() -> Case:
    """The CA's responder says unknown. Cannot be told: neither good nor revoked."""
    return case(Verdict.RESPONDER_UNKNOWN, "RFC 6960, 2.2", answer(UNKNOWN))


def try_later() -> Case:
    """The responder says tryLater. Cannot be told; ask again."""
    return case(Verdict.RESPONDER_TRY_LATER, "RFC 6960, 2.3", refuse(OCSPResponseStatus.TRY_LATER))


def unauthorized() -> Case:
    """The responder does not answer us. Cannot be told."""
    return case(Verdict.RESPONDER_REFUSED, "RFC 6960, 2.3", refuse(OCSPResponseStatus.UNAUTHORIZED))


def internal_error() -> Case:
    """The responder is broken. Cannot be told."""
    return case(Verdict.RESPONDER_REFUSED, "RFC 6960, 2.3", refuse(OCSPResponseStatus.INTERNAL_ERROR))


def malformed() -> Case:
    """Half a response. Cannot be told."""
    whole = answer()
    return case(Verdict.RESPONSE_MALFORMED, "RFC 6960, 4.2.1", whole[: len(whole) // 2])


# --- the answer is to something else


def other_certificate() -> Case:
    """The responder says good, of the certificate with another serial number. Cannot be told."""
    elsewhere = sign(replace(draft(), serial=draft().serial + 2), key_of(NEW))
    said = answer(about=(elsewhere, authority_certificate(NEW)))
    return case(Verdict.RESPONSE_OTHER_CERTIFICATE, "RFC 6960, 3.2 (1)", said)


def other_issuer() -> Case:
    """The responder says good, of the same serial number of CA (1), which has the same name. Cannot be told."""
    said = answer(about=(_leaf(), authority_certificate(OLD)))
    return case(Verdict.RESPONSE_OTHER_CERTIFICATE, "RFC 6960, 3.2 (1) and 4.1.1 (issuerKeyHash)", said)


def old_nonce() -> Case:
    """Good, with the nonce of another question: somebody plays an old answer back. Cannot be told."""
    said = answer(nonce=ANSWERED_BEFORE)
    return case(Verdict.RESPONSE_OTHER_NONCE, "RFC 6960, 4.4.1", said, nonce=ASKED)


# --- the answer is not of this time


def from_future() -> Case:
    """Good, from an hour ahead of now. Cannot be told."""
    return case(Verdict.RESPONSE_FROM_FUTURE, "RFC 6960, 3.2 (5) and 4.2.2.1", answer(updates=LATER))


def too_old() -> Case:
    """Good, until yesterday. Cannot be told."""
    return case(Verdict.RESPONSE_TOO_OLD, "RFC 6960, 3.2 (6) and 4.2.2.1", answer(updates=OVER))


# --- who answers may not


def flipped_bit() -> Case:
    """Good, but the signature does not verify. Cannot be told."""
    alone = answer(by=authority_itself())  # without a certificate behind it, the last byte is the signature's
    return case(Verdict.RESPONSE_BAD_SIGNATURE, "RFC 6960, 3.2 (2)", alone[:-1] + bytes([alone[-1] ^ 1]))


def responder_without_usage() -> Case:
    """Good, by one whom the CA certified, but not for OCSP. Cannot be told."""
    leaf = responder_draft(NEW, *LIFE)
    plain = leaf.with_extensions(
        tuple(each for each in leaf.extensions if not isinstance(each.value, x509.ExtendedKeyUsage))
    )
    own_key = KEYS.key(service_key_name(NEW), KeyAlgorithm.RSA_2048)
    said = answer(by=Responder(sign(plain, key_of(NEW)), own_key))
    return case(Verdict.RESPONDER_NOT_AUTHORISED, "RFC 6960, 4.2.2.2", said)


def responder_of_older_generation() -> Case:
    """Good, by the responder of CA (1), which has the same name. Cannot be told: it was not appointed by the issuer's key."""
    return case(Verdict.RESPONDER_NOT_AUTHORISED, "RFC 6960, 4.2.2.2", answer(by=responder(OLD)))


def responder_of_authentication() -> Case:
    """Good, by the authentication CA's responder. Cannot be told."""
    return case(Verdict.RESPONDER_NOT_AUTHORISED, "RFC 6960, 4.2.2.2", answer(by=responder(AUTHENTICATION)))


def responder_expired() -> Case:
    """Good, by the CA's responder whose certificate ended last month. Cannot be told."""
    over = (NOON - timedelta(days=90), NOON - timedelta(days=30))
    return case(Verdict.RESPONDER_NOT_AUTHORISED, "RFC 6960, 3.2 (3), (4)", answer(by=responder(NEW, over)))


def _leaf() -> bytes:
    return sign(draft(), key_of(NEW))
