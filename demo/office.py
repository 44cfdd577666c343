"""A made-up town hall in one folder: test certificates, an operator's badge, a resident's card, and cardd's files.

Shared by the demo, the tests and the benchmarks. Everything in it is worthless outside: test CA, mode `test`.
"""

import hashlib
import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.card import Card
from applets_spec.holder import Holder
from applets_spec.personalise import make_juki_card, make_my_number_card
from applets_spec.piv.personalise import BadgeSecrets, badge_variants, make_badge
from applets_spec.testca.hierarchy import DEFAULT_ISSUE_TIME, JST
from applets_spec.testca.issue import BadgeCertificates, JpkiCertificates, Operator, issue_badge, issue_jpki
from applets_spec.testca.keys import KeyAlgorithm
from applets_spec.variants import Variants
from certs.ca.authority import create_root
from certs.ca.file_key import FileKey
from certs.ca.keys import Algorithm

REQUIRE, ALLOW = (f'certificate_status = "{word}"' for word in ("require", "allow_not_checked"))
POLICY = Path(__file__).parent.parent / "cardd" / "policy" / "example.toml"
PIV_AUTHENTICATION = 0x9A
PASSPHRASE = "correct horse battery staple"
ALWAYS_OPEN = (
    "[watching.hours]\n"
    + "".join(f'{day} = "00:00-24:00"\n' for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    + "closed_on_holidays = false\nclosed_year_end = false\n\n"
)
"""Whoever takes the tour, and whatever tests look at, comes at any hour: no alarm depends on it."""
"""Of the operator CA's key in an office that makes badges."""


@dataclass(frozen=True)
class Person:
    """An operator with a badge in the register."""

    id: str
    name: str
    """As it stands in the register and on screens."""
    operator: Operator
    role: str
    badge: Card = field(repr=False)
    certificates: BadgeCertificates = field(repr=False)
    secrets: BadgeSecrets = field(repr=False)
    same_as: str | None = None
    """Whose second entry it is in the register, for a day badge."""

    @property
    def pin(self) -> str:
        return self.secrets.pin


def issue_time(now: datetime) -> datetime:
    """1 April of the fiscal year before this one, Japan: whatever the year, certificates are in force and end in years to come.

    They live five years (`BADGE_LIFE`, `end_of_fifth_birthday`), and the machine's clock is the one that the daemon goes by.
    """
    local = now.astimezone(JST)
    return DEFAULT_ISSUE_TIME.replace(year=local.year - (2 if local.month < DEFAULT_ISSUE_TIME.month else 1))


class Office:
    """The folder, and what lies in it. Making a card takes a moment: it is drawn, signed and saved."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.people: list[Person] = []
        self.own_ca: bytes | None = None
        """The certificate (DER) of an operator CA whose key the office has."""
        self.strict = False
        """Whether signatures are made only where revocation could be checked, as the shipped policy says; else without lists too."""
        self.issued = issue_time(datetime.now(UTC))
        """When everybody's certificates begin."""
        for name in ("cards", "audit", "state"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    @property
    def config_file(self) -> Path:
        return self.folder / "cardd.toml"

    @property
    def audit(self) -> Path:
        return self.folder / "audit"

    def hire(
        self,
        identifier: str = "sato",
        name: str = "佐藤 花子",
        role: str = "supervisor",
        *,
        name_on_badge: str = "SATO HANAKO",
        algorithm: KeyAlgorithm = KeyAlgorithm.RSA_2048,
        extended: bool = True,
        secrets_of_badge: BadgeSecrets | None = None,
        same_as: str | None = None,
    ) -> Person:
        """A new operator, badge in hand; `write` puts everybody into the register."""
        number = len(self.people) + 1
        operator = Operator(name_on_badge, f"{number:04}")
        certificates = issue_badge(operator, algorithm, number, issued=self.issued)
        badge_secrets = secrets_of_badge or BadgeSecrets()
        path = self.folder / "cards" / f"{identifier}.card"
        badge = make_badge(operator, certificates, badge_variants(extended=extended), path, secrets=badge_secrets)
        person = Person(identifier, name, operator, role, badge, certificates, badge_secrets, same_as)
        self.people.append(person)
        return person

    def make_badges_here(self) -> None:
        """Give the office an operator CA with its own key, and the master key of its badges. Takes a moment: the key is encrypted."""
        if self.own_ca is not None:
            return
        passphrase = bytearray(PASSPHRASE.encode())
        signer = FileKey.create(self.folder / "own-ca.key", passphrase, Algorithm.P256)
        self.own_ca = create_root(signer, "TEST 見本町 職員認証局", 10, datetime.now(UTC))
        signer.close()
        (self.folder / "own-ca.pem").write_bytes(_pem({self.own_ca}))
        master = self.folder / "badge-master.key"
        master.touch(0o600)
        master.write_bytes(secrets.token_bytes(32))

    def resident(
        self, holder: str = "long_address", variants: Variants | None = None, *, juki: bool = False, number: int = 1
    ) -> "Resident":
        """A resident with a card."""
        person = Holder.example(holder)
        certificates = issue_jpki(person, number, issued=self.issued)
        make = make_juki_card if juki else make_my_number_card
        path = self.folder / "cards" / f"{holder}-{number}.card"
        return Resident(person, make(person, certificates, variants, path, number=number), certificates)

    def write(self, socket: Path, *, extra_config: str = "", users: tuple[int, ...] | None = None) -> None:
        """The daemon's files: settings, policy, register, operator CA, pseudonym key."""
        (self.folder / "policy.toml").write_text(self._policy(), encoding="utf-8")
        (self.folder / "operator-ca.pem").write_bytes(_pem(self._authorities()))
        (self.folder / "register.toml").write_text(self._register(), encoding="utf-8")
        key = self.folder / "pseudonym.key"
        if not key.exists():
            key.touch(0o600)
            key.write_bytes(secrets.token_bytes(32))
        uids = ", ".join(str(uid) for uid in (users if users is not None else (os.getuid(),)))
        self.config_file.write_text(
            f'mode = "test"\n'
            f'terminal = "mihon-01"\n'
            f"socket = {_quoted(socket)}\n"
            f"state_directory = {_quoted(self.folder / 'state')}\n"
            f"policy = {_quoted(self.folder / 'policy.toml')}\n"
            f"register = {_quoted(self.folder / 'register.toml')}\n"
            f"operator_ca = [{_quoted(self.folder / 'operator-ca.pem')}]\n"
            f"pseudonym_key = {_quoted(key)}\n"
            f"{extra_config}\n"
            f"{'' if '[watching.hours]' in extra_config else ALWAYS_OPEN}"
            f"{self._badges()}"
            f"[audit]\ndirectory = {_quoted(self.audit)}\nreserve_mib = 1\n\n"
            f'[[clients]]\nname = "counter-app"\nusers = [{uids}]\nmay_prompt = true\n',
            encoding="utf-8",
        )

    def _authorities(self) -> set[bytes]:
        own = {self.own_ca} if self.own_ca is not None else set()
        return {person.certificates.ca for person in self.people} | own

    def _badges(self) -> str:
        """The part of the settings that a machine needs where badges are made."""
        if self.own_ca is None:
            return ""
        return (
            f"[badges]\nmaster_key = {_quoted(self.folder / 'badge-master.key')}\n\n"
            f"[badges.ca_key]\ncertificate = {_quoted(self.folder / 'own-ca.pem')}\n"
            f"file = {_quoted(self.folder / 'own-ca.key')}\n\n"
        )

    def _policy(self) -> str:
        text = POLICY.read_text("utf-8")
        return text if self.strict else text.replace(REQUIRE, ALLOW)

    def _register(self) -> str:
        lines = ["version = 1"]
        for person in self.people:
            certificate = person.certificates.slots[PIV_AUTHENTICATION].certificate
            lines += [
                "",
                "[[operators]]",
                f'id = "{person.id}"',
                f"name = {_quoted(person.name)}",
                f'role = "{person.role}"',
                f'certificates = ["{hashlib.sha256(certificate).hexdigest()}"]',
            ]
            if person.same_as is not None:
                lines.append(f'person = "{person.same_as}"')
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Resident:
    """A made-up person with a card."""

    holder: Holder
    card: Card = field(repr=False)
    certificates: JpkiCertificates = field(repr=False)


def _quoted(text: object) -> str:
    """A TOML basic string; its escapes are those of JSON."""
    return json.dumps(str(text), ensure_ascii=False)


def _pem(certificates: set[bytes]) -> bytes:
    parsed = (x509.load_der_x509_certificate(der) for der in sorted(certificates))
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in parsed)
