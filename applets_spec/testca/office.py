"""The test JPKI as an office in a folder: it issues, renews, revokes, publishes lists, answers OCSP; its books are on the disk.

Everything it says is marked as a test and worthless: who knows a key's name has the key, unless the folder was made with fresh keys.
"""

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPResponseStatus, load_der_ocsp_request

from applets_spec.holder import Holder
from applets_spec.testca import ocsp, profiles
from applets_spec.testca.crl import partition, partition_name
from applets_spec.testca.hierarchy import (
    AUTHORITIES,
    LATEST_GENERATION,
    Authority,
    Family,
    authority,
)
from applets_spec.testca.issue import authority_certificate, end_of_fifth_birthday, holder_subject
from applets_spec.testca.keys import (
    DerivedKeys,
    KeyAlgorithm,
    KeySource,
    PrivateKey,
    private_key_pem,
    random_key,
    read_private_key,
)
from applets_spec.testca.ledger import Ledger, Line
from applets_spec.testca.long_list import Entry, filler, write_list
from applets_spec.testca.services import issue_service
from applets_spec.testca.x509_parts import Draft, distinguished_name, sign

SETTINGS = "jpki.json"
FORMAT = "cardd-vcard test JPKI"
README = "TEST - worthless. A made-up JPKI for tests: trust none of these authorities outside of tests.\n"
SERIAL_BYTES = 4
SERVICE_LIFE = timedelta(days=365 * 5)
KINDS = {"signature": Family.SIGNATURE, "authentication": Family.AUTHENTICATION}
REASONS = {
    each.name.replace("_", "-"): each
    for each in (
        x509.ReasonFlags.unspecified,
        x509.ReasonFlags.key_compromise,
        x509.ReasonFlags.affiliation_changed,
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.cessation_of_operation,
        x509.ReasonFlags.certificate_hold,
    )
}
_TSA_SETTINGS = """# TEST. openssl ts -reply -config openssl.cnf -queryfile query.tsq -out answer.tsr
[tsa]
default_tsa = tsa_test
[tsa_test]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
ess_cert_id_chain = no
tsa_name = no
ordering = no
"""


class OfficeError(Exception):
    """The office cannot do this; the text says why."""


class FolderKeys:
    """Random keys that stay the same for a folder: each is kept there as PEM."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def key(self, name: str, algorithm: KeyAlgorithm) -> PrivateKey:
        """The private key of that name; made when it is first asked for."""
        place = self._folder / f"{name}.{algorithm}.pem"
        if not place.is_file():
            place.write_bytes(private_key_pem(random_key(algorithm)))
        return read_private_key(place.read_bytes())


@dataclass(frozen=True, slots=True)
class Revocation:
    """One certificate that is no longer good."""

    serial: int
    moment: datetime
    reason: x509.ReasonFlags


class JpkiOffice:
    """The office whose books are in `folder`; see `create` and `open`."""

    def __init__(self, folder: Path, keys: KeySource) -> None:
        self.folder = folder
        self.keys = keys
        self._issued = Ledger(folder / "issued.jsonl")
        self._revoked = Ledger(folder / "revoked.jsonl")
        self._lists = Ledger(folder / "lists.jsonl")

    @classmethod
    def create(cls, folder: Path, now: datetime, *, fresh: bool = False) -> Self:
        """A new office in a folder that has none. `fresh`: keys nobody else has. Raises `OfficeError`."""
        if (folder / SETTINGS).exists():
            raise OfficeError(f"there is a test JPKI in {folder} already")
        (folder / "keys").mkdir(parents=True, exist_ok=True)
        office = cls(folder, FolderKeys(folder / "keys") if fresh else DerivedKeys())
        for row in AUTHORITIES:
            if row.family in (*KINDS.values(), Family.TIME_STAMP):
                office._write_authority(row, now)
        (folder / "README.txt").write_text(README)
        (folder / SETTINGS).write_text(json.dumps({"format": FORMAT, "fresh": fresh}) + "\n")
        return office

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The office in this folder. Raises `OfficeError`."""
        try:
            settings = json.loads((folder / SETTINGS).read_text())
        except (OSError, ValueError) as error:
            raise OfficeError(f"there is no test JPKI in {folder}; make one with: cardd-vcard jpki create") from error
        if settings.get("format") != FORMAT:
            raise OfficeError(f"{folder / SETTINGS} is of another program")
        return cls(folder, FolderKeys(folder / "keys") if settings.get("fresh") else DerivedKeys())

    def certificate_of(self, row: Authority) -> bytes:
        """An authority's certificate, DER."""
        return authority_certificate(row, self.keys)

    def issue(
        self,
        kind: str,
        holder: Holder,
        public_key: rsa.RSAPublicKey,
        now: datetime,
        generation: int = LATEST_GENERATION,
    ) -> bytes:
        """A resident's certificate, DER, until the end of the fifth birthday; in the book before this returns."""
        row = authority(KINDS[kind], generation)
        made: list[bytes] = []

        def decide(lines: Sequence[Line]) -> list[Line]:
            draft = self._draft(kind, row, holder, public_key, (now, _serial(lines)))
            made.append(sign(draft, self.keys.key(row.key_name, row.algorithm)))
            part = int(holder.municipality[:2])
            return [{"serial": draft.serial, "kind": kind, "generation": generation, "part": part, "time": now.isoformat(),
                     "not_after": draft.not_after.isoformat()}]  # fmt: skip

        self._issued.decide(decide)
        return made[0]

    def revoke(self, certificate: bytes, reason: x509.ReasonFlags, now: datetime) -> None:
        """On the disk before this returns. A certificate of a card that was made without this office is taken into its book first.

        Raises `OfficeError`: not of this office's authorities, revoked already.
        """
        leaf = x509.load_der_x509_certificate(certificate)
        row = self._issuer_of(leaf)
        self._adopt(leaf, row)

        def decide(lines: Sequence[Line]) -> list[Line]:
            if any((line["serial"], line["authority"]) == (leaf.serial_number, row.key_name) for line in lines):
                raise OfficeError("the certificate is revoked already")
            return [
                {
                    "serial": leaf.serial_number,
                    "authority": row.key_name,
                    "reason": reason.name,
                    "time": now.isoformat(),
                }
            ]

        self._revoked.decide(decide)

    def is_revoked(self, certificate: bytes) -> bool:
        """Whether this office has revoked it. Raises `OfficeError` when it is none of its authorities'."""
        leaf = x509.load_der_x509_certificate(certificate)
        return any(each.serial == leaf.serial_number for each in self.revocations(self._issuer_of(leaf)))

    def revocations(self, row: Authority, part: int | None = None) -> list[Revocation]:
        """What an authority has revoked; `part`: only certificates whose list would be that part."""
        parts = {line["serial"]: line.get("part") for line in self._issued.lines()}
        return [
            Revocation(line["serial"], datetime.fromisoformat(line["time"]), x509.ReasonFlags[line["reason"]])
            for line in self._revoked.lines()
            if line["authority"] == row.key_name and (part is None or parts.get(line["serial"]) == part)
        ]

    def write_list(
        self,
        out: BinaryIO,
        row: Authority,
        updates: tuple[datetime, datetime],
        *,
        part: int | None = None,
        entries: int = 0,
    ) -> tuple[int, int]:
        """The next list of an authority as DER: its number, and how many entries it has. `entries`: so many made-up ones beside."""
        number = self._next_number(row)
        named = self.revocations(row, part)
        more = () if part is None else (partition(partition_name(row, part)),)

        def listed() -> Iterable[Entry]:
            yield from ((each.serial, each.moment, each.reason) for each in named)
            yield from filler(entries, updates[0])

        return number, write_list(out, row, listed, updates, number, self.keys, more)

    def answer(self, request: bytes, now: datetime, life: timedelta) -> bytes:
        """An OCSP response to a request, DER; `malformedRequest` and `unauthorized` where it is none, or none of ours."""
        try:
            asked = load_der_ocsp_request(request)
            nonce = next((e.value.nonce for e in asked.extensions if isinstance(e.value, x509.OCSPNonce)), None)
        except (ValueError, NotImplementedError):
            return ocsp.refuse(OCSPResponseStatus.MALFORMED_REQUEST)
        row = next(
            (
                each
                for each in AUTHORITIES
                if each.family in KINDS.values() and self._is_about(asked.issuer_key_hash, each)
            ),
            None,
        )
        if row is None:
            return ocsp.refuse(OCSPResponseStatus.UNAUTHORIZED)
        pair = issue_service(row, now - timedelta(days=1), now + SERVICE_LIFE, self.keys)
        responder = ocsp.Responder(pair.certificate, pair.key)
        about = ocsp.About(asked.issuer_name_hash, asked.issuer_key_hash, asked.serial_number, asked.hash_algorithm)
        return ocsp.respond_by_hash(
            responder, about, self._standing(row, asked.serial_number), (now, now + life), nonce
        )

    def _standing(self, row: Authority, serial: int) -> ocsp.Standing:
        for each in self.revocations(row):
            if each.serial == serial:
                return ocsp.revoked(each.moment, each.reason)
        known = any(line["serial"] == serial and authority_of(line) == row for line in self._issued.lines())
        return ocsp.GOOD if known else ocsp.UNKNOWN

    def _is_about(self, key_hash: bytes, row: Authority) -> bool:
        key = self.keys.key(row.key_name, row.algorithm).public_key()
        return any(ocsp.key_hash(key, each) == key_hash for each in (hashes.SHA1(), hashes.SHA256()))  # noqa: S303

    def _draft(
        self, kind: str, row: Authority, holder: Holder, public_key: rsa.RSAPublicKey, moment: tuple[datetime, int]
    ) -> Draft:
        now, serial = moment
        issuer_key = self.keys.key(row.key_name, row.algorithm).public_key()
        about = (
            profiles.resident_signature(holder.name, holder.address, holder.birth_date, holder.sex, row.japanese_name)
            if kind == "signature"
            else profiles.resident_authentication(row.japanese_name)
        )
        return Draft(
            subject=holder_subject(row, serial, now),
            issuer=distinguished_name(row.name),
            serial=serial,
            not_before=now,
            not_after=end_of_fifth_birthday(holder.birth_date, now),
            public_key=public_key,
            extensions=(
                *profiles.identifiers(public_key, issuer_key),
                *about,
                profiles.revocation_list_at(partition_name(row, int(holder.municipality[:2]))),
            ),
        )

    def _issuer_of(self, leaf: x509.Certificate) -> Authority:
        for row in AUTHORITIES:
            if row.family in KINDS.values():
                try:
                    leaf.verify_directly_issued_by(x509.load_der_x509_certificate(self.certificate_of(row)))
                except (InvalidSignature, ValueError, TypeError):
                    continue
                return row
        raise OfficeError("none of this test JPKI's authorities has issued that certificate")

    def _adopt(self, leaf: x509.Certificate, row: Authority) -> None:
        kind = next(word for word, family in KINDS.items() if family is row.family)

        def decide(lines: Sequence[Line]) -> list[Line]:
            if any(line["serial"] == leaf.serial_number and authority_of(line) == row for line in lines):
                return []
            return [{"serial": leaf.serial_number, "kind": kind, "generation": row.generation, "part": None,
                     "time": leaf.not_valid_before_utc.isoformat(), "not_after": leaf.not_valid_after_utc.isoformat()}]  # fmt: skip

        self._issued.decide(decide)

    def _next_number(self, row: Authority) -> int:
        taken: list[int] = []

        def decide(lines: Sequence[Line]) -> list[Line]:
            taken.append(1 + max((line["number"] for line in lines if line["authority"] == row.key_name), default=0))
            return [{"authority": row.key_name, "number": taken[0]}]

        self._lists.decide(decide)
        return taken[0]

    def _write_authority(self, row: Authority, now: datetime) -> None:
        place = self.folder / "authorities"
        place.mkdir(exist_ok=True)
        stem = f"{row.family}-{row.generation}"
        der = self.certificate_of(row)
        (place / f"{stem}.cer").write_bytes(der)
        (place / f"{stem}.pem").write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
        pair = issue_service(row, now - timedelta(days=1), now + SERVICE_LIFE, self.keys)
        stamps = row.family is Family.TIME_STAMP
        answering = self.folder / ("tsa" if stamps else "ocsp")
        answering.mkdir(exist_ok=True)
        name = "tsa" if stamps else stem
        (answering / f"{name}.pem").write_bytes(
            x509.load_der_x509_certificate(pair.certificate).public_bytes(Encoding.PEM)
        )
        (answering / f"{name}.key.pem").write_bytes(private_key_pem(pair.key))
        if stamps:
            (answering / "openssl.cnf").write_text(_TSA_SETTINGS)
            (answering / "serial").write_text("01\n")


def authority_of(line: Line) -> Authority:
    """The authority that a line of the book of issued certificates means."""
    return authority(KINDS[line["kind"]], line["generation"])


def _serial(lines: Sequence[Line]) -> int:
    """Positive, four bytes, and no other certificate's."""
    used = {line["serial"] for line in lines}
    while (serial := secrets.randbits(8 * SERIAL_BYTES - 1) | 1) in used:
        continue
    return serial
