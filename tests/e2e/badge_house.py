"""Badges for the login tests: good ones, strange ones, and what is done with them at a counter."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.card import Card
from applets_spec.piv.personalise import BadgeSecrets, badge_variants, make_badge
from applets_spec.testca.badge_cases import KEYS, NEW, key_of
from applets_spec.testca.cases import CASES
from applets_spec.testca.hierarchy import badge_key_name
from applets_spec.testca.issue import BadgeCertificates, KeyAndCertificate, Operator, issue_badge
from applets_spec.testca.keys import KeyAlgorithm
from demo.office import Office, Person
from tests.e2e.fault_house import (
    take_out,
)
from tests.fixtures.counter import (
    BADGE_SLOT,
    Counter,
    PinScript,
)

AUTHENTICATION = 0x9A
REFUSAL = 3
"""Phase of a record that is neither intent nor outcome."""
MOST_COMMANDS = 60
NOW = datetime.now(UTC).replace(microsecond=0)
PIN = BadgeSecrets().pin


# --- badges with something wrong -------------------------------------------------------------------------------------


def operator(number: int) -> Operator:
    return Operator(f"TESTER {number}", f"{number:04}")


def issued(days: int, generation: int = 2, *, who: int = 70, number: int = 1) -> BadgeCertificates:
    """A badge's certificates, issued so many days from now, by a generation of the operator CA."""
    return issue_badge(operator(who), number=number, issued=NOW + timedelta(days=days), generation=generation)


def from_case(name: str) -> BadgeCertificates:
    """A badge whose 9A carries the certificate of one of the test CA's cases. It never comes to using its key."""
    key = KEYS.key(badge_key_name(0, AUTHENTICATION), KeyAlgorithm.P256)
    return with_9a(issued(-30), KeyAndCertificate(key, CASES[name]().certificate))


def in_force(name: str) -> BadgeCertificates:
    """`from_case` for a certificate that would be good today but for what is wrong with it: those of the cases end in 2030."""
    certificates = from_case(name)
    pair = certificates.slots[AUTHENTICATION]
    old = x509.load_der_x509_certificate(pair.certificate)
    built = x509.CertificateBuilder(
        old.issuer, old.subject, old.public_key(), old.serial_number, NOW - timedelta(days=30), NOW + timedelta(days=30)
    )
    for each in old.extensions:
        built = built.add_extension(each.value, each.critical)
    made = built.sign(key_of(NEW), hashes.SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)
    return with_9a(certificates, replace(pair, certificate=made))


def with_9a(certificates: BadgeCertificates, pair: KeyAndCertificate) -> BadgeCertificates:
    return replace(certificates, slots={**certificates.slots, AUTHENTICATION: pair})


def with_foreign_key() -> BadgeCertificates:
    good = issued(-30)
    key = issued(-30, who=71, number=2).slots[AUTHENTICATION].key
    return with_9a(good, replace(good.slots[AUTHENTICATION], key=key))


def copied() -> BadgeCertificates:
    """The certificate and even the key of another badge, on a card with its own number."""
    return with_9a(issued(-30), issued(-30, who=72, number=3).slots[AUTHENTICATION])


BAD_BADGES: dict[str, tuple[Callable[[], BadgeCertificates], str]] = {
    "expired": (lambda: issued(-1900), "expired"),
    "not yet valid": (lambda: issued(30), "not_yet_valid"),
    "old generation, same name": (lambda: issued(-30, generation=1), "unknown_issuer"),
    "stranger": (lambda: from_case("badge-stranger"), "unknown_issuer"),
    "impostor": (lambda: from_case("badge-impostor"), "bad_signature"),
    "wrong key usage": (lambda: in_force("badge-wrong-key-usage"), "wrong_kind"),
    "9D as 9A": (lambda: in_force("badge-key-management-as-authentication"), "wrong_kind"),
    "9E as 9A": (lambda: in_force("badge-card-authentication-as-authentication"), "wrong_kind"),
    "authority as badge": (lambda: in_force("badge-authority-as-badge"), "wrong_kind"),
    "SHA-1": (lambda: from_case("badge-sha1"), "weak_algorithm"),
    "RSA 1024": (lambda: from_case("badge-rsa-1024"), "weak_algorithm"),
    "copied onto another badge": (copied, "card_uuid"),
}


def badge_of(certificates: BadgeCertificates, secrets: BadgeSecrets | None = None) -> Card:
    return make_badge(operator(70), certificates, badge_variants(), secrets=secrets)


def hire_strange_people(office: Office) -> None:
    """Everybody of `BAD_BADGES` stands in the register: it is the certificate that must refuse them."""
    for name, (certificates, _) in BAD_BADGES.items():
        enter(office, name_in_register(name), certificates())
    enter(office, "foreign-key", with_foreign_key())
    enter(office, "blocked", issued(-30, who=80, number=4))
    enter(office, "auditor", issued(-30, who=81, number=5), role="auditor")
    office.hire("kato", "KATO JIRO", "counter")
    written = office._register
    office._register = lambda: written().replace('id = "blocked"', 'id = "blocked"\nstatus = "blocked"')  # type: ignore[method-assign]


def name_in_register(bad: str) -> str:
    return "bad-" + "".join(letter for letter in bad if letter.isalnum())


def enter(office: Office, identifier: str, certificates: BadgeCertificates, role: str = "supervisor") -> None:
    first = office.people[0]
    trusted = replace(certificates, ca=first.certificates.ca)
    person = replace(
        first, id=identifier, role=role, badge=badge_of(certificates), certificates=trusted, secrets=BadgeSecrets()
    )
    office.people.append(person)


def person_of(counter: Counter, identifier: str) -> Person:
    return next(person for person in counter.office.people if person.id == identifier)


def put_in(counter: Counter, badge: Any) -> str:
    """The badge into its reader, whatever lay there; its handle."""
    take_out(counter, BADGE_SLOT)
    return counter.insert(badge, BADGE_SLOT)


def tries(badge: Card) -> int:
    return badge.references()["piv.pin"].tries


def log_in(counter: Counter, *pins: str | None, person: PinScript | None = None, **params: Any) -> dict[str, Any]:
    with counter.client(*pins, person=person) as client:
        return client.call("session.login", **params)


def logged_in(counter: Counter) -> bool:
    return bool(counter.call("session.status")["logged_in"])


def last_outcome(counter: Counter) -> dict[str, Any]:
    return [record for record in counter.records() if record["phase"] == 2][-1]
