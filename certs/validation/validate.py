"""The one function that checks a certificate: form, algorithm, path, time, revocation, kind. No network, no clock of its own.

Importing this module costs about 150 ms and 15 MB (certvalidator, asn1crypto): import it when the first certificate comes.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from cryptography import x509

from certs.errors import Malformed
from certs.profiles.profile import Profile
from certs.reading import parse, read
from certs.validation.algorithms import weakness
from certs.validation.along import Chain, revocation_along
from certs.validation.building import Link, link
from certs.validation.conformity import nonconformity, unknown_critical
from certs.validation.evidence import NO_EVIDENCE, Evidence
from certs.validation.path import STRICT, Rules, check_path
from certs.validation.truststore import TrustStore, is_authority
from certs.validation.verdict import GOOD, NOT_CHECKED, Answer, Verdict, bad

__all__ = ["MOST_OTHERS", "parse", "validate"]

MOST_OTHERS = 32
"""Certificates of authorities and of signers of lists that came along and are looked at, in the order they came."""
ROOM_FOR_OTHERS = 128 * 1024
"""Bytes that are read to find them; what does not fit is not looked at. Real ones have 1 or 2 KiB; many of 8 KiB, full of small
elements, would take longer than a certificate may."""


def validate(
    der: bytes,
    profile: Profile | None,
    store: TrustStore,
    at: datetime,
    *,
    others: Sequence[bytes] = (),
    evidence: Evidence = NO_EVIDENCE,
    test: bool = False,
    rules: Rules = STRICT,
) -> Verdict:
    """What is known of `der` as a certificate of `profile` at the time `at` (with time zone).

    `profile` None: of any kind, as long as its key may sign. `others`: authorities' certificates that came along, DER, not trusted
    by themselves. `evidence`: what is known of revocation; without any of it revocation is `not_checked`.
    Revocation is asked for each certificate of the path but the anchor: an authority that is revoked makes the chain bad
    (`issuer_revoked`), one of which nothing is known leaves revocation unknown.
    `test`: policies of test hierarchies count. `rules`: see `Rules`; for a certificate that was read from a card
    `FOR_CARDS`, and `Verdict.fixes` says what had to be mended.
    Raises nothing about the certificate: all of that is in the verdict.
    """
    at = at.astimezone(UTC)
    try:
        reading = read(der, rules.loose)
        leaf = Link(reading.der, reading.certificate, reading.signed)
    except Malformed as error:
        return Verdict(form=bad("malformed"), detail=error.problem)
    verdict = _judged(leaf, profile, store, at, others, evidence, test=test, rules=rules)
    return replace(verdict, fixes=tuple(reading.fixes))


def _judged(
    leaf: Link,
    profile: Profile | None,
    store: TrustStore,
    at: datetime,
    others: Sequence[bytes],
    evidence: Evidence,
    *,
    test: bool,
    rules: Rules,
) -> Verdict:
    certificate = leaf.certificate
    weak = weakness(certificate)
    if weak is not None:
        return Verdict(form=GOOD, algorithm=bad("weak_algorithm"), time=_time(certificate, at), detail=weak)
    odd = nonconformity(certificate, profile, test=test)
    conformity = GOOD if odd is None else bad("wrong_kind")
    time, detail = _time(certificate, at), odd or ""
    if unknown_critical(certificate.extensions, authority=profile is not None and profile.authority):
        return Verdict(form=GOOD, algorithm=GOOD, time=time, conformity=conformity, detail=detail)
    # the path is asked for at a moment of the holder's own validity, so that `chain` and `time` are two answers
    moment = min(max(at, certificate.not_valid_before_utc), certificate.not_valid_after_utc)
    between = _readable(others)
    path = check_path(leaf, store, between, moment, rules)
    if not path.chains:
        return Verdict(GOOD, GOOD, path.answer, time, NOT_CHECKED, conformity, detail or path.detail)

    def paths_of(other: Link) -> tuple[Chain, ...]:
        return check_path(other, store, between, moment, Rules(rules.longest)).chains

    for chain in path.chains:
        found = revocation_along(chain, evidence, at, between, paths_of)
        if found.good:
            break
    return Verdict(GOOD, GOOD, found.chain, time, found.revocation, conformity, detail or found.detail, found.age_s)


def _time(certificate: x509.Certificate, at: datetime) -> Answer:
    """Both bounds belong to the validity (RFC 5280, 4.1.2.5)."""
    if at < certificate.not_valid_before_utc:
        return bad("not_yet_valid")
    return bad("expired") if at.replace(microsecond=0) > certificate.not_valid_after_utc else GOOD


def _readable(others: Sequence[bytes]) -> list[Link]:
    found: list[Link] = []
    room = ROOM_FOR_OTHERS
    for der in others:
        if len(found) == MOST_OTHERS:
            break
        if len(der) > room:
            continue
        room -= len(der)
        try:
            certificate = parse(der)
            if _may_vouch(certificate):
                found.append(link(certificate, der))
        except Malformed:  # what cannot be read cannot be part of a path
            continue
    return found


def _may_vouch(certificate: x509.Certificate) -> bool:
    """Whether it can stand above another certificate or under a list: other holders' certificates take no place from those."""
    if is_authority(certificate):
        return True
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True
