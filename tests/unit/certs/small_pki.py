"""A small PKI for tests of paths: any name, any key by number, any signer. Keys are derived, so the same call gives the same content."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

BEGINS = datetime(2024, 1, 1, tzinfo=UTC)
AT = datetime(2025, 1, 1, tzinfo=UTC)
ENDS = datetime(2034, 1, 1, tzinfo=UTC)

Extensions = tuple[tuple[x509.ExtensionType, bool], ...]


def key(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number, ec.SECP256R1())


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)] if text else [])


def usage(*names: str) -> tuple[x509.ExtensionType, bool]:
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**{each: each in names for each in every}), True


CA: Extensions = ((x509.BasicConstraints(ca=True, path_length=None), True), usage("key_cert_sign", "crl_sign"))
LEAF: Extensions = (usage("digital_signature", "content_commitment"),)


@dataclass(frozen=True, slots=True)
class Made:
    """What to issue. Numbers are those of keys; `identifier`: of the issuer's key that the certificate names, 0 for none."""

    name: str
    number: int
    issuer: str
    by: int
    extensions: Extensions = LEAF
    serial: int = 1
    begins: datetime = BEGINS
    ends: datetime = ENDS
    identifier: int | None = None
    more: Extensions = field(default=())

    def der(self) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(self.name))
            .issuer_name(named(self.issuer))
            .public_key(key(self.number).public_key())
            .serial_number(self.serial)
            .not_valid_before(self.begins)
            .not_valid_after(self.ends)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key(self.number).public_key()), critical=False)
        )
        identifier = self.by if self.identifier is None else self.identifier
        if identifier:
            issuer_key = key(identifier).public_key()
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
            )
        for value, critical in (*self.extensions, *self.more):
            builder = builder.add_extension(value, critical)
        certificate = builder.sign(key(self.by), hashes.SHA256(), ecdsa_deterministic=True)
        return certificate.public_bytes(Encoding.DER)


def root(name: str, number: int, *, more: Extensions = (), begins: datetime = BEGINS, ends: datetime = ENDS) -> bytes:
    return Made(name, number, name, number, CA, begins=begins, ends=ends, more=more).der()


def revocation_list(issuer: str, by: int, *revoked: int, identifier: int | None = None) -> bytes:
    """A complete list of `issuer`, signed by key `by`, with these serial numbers."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(named(issuer))
        .last_update(datetime(2024, 12, 31, tzinfo=UTC))
        .next_update(datetime(2025, 1, 7, tzinfo=UTC))
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    names = x509.AuthorityKeyIdentifier.from_issuer_public_key(key(identifier or by).public_key())
    builder = builder.add_extension(names, critical=False)
    for serial in revoked:
        entry = x509.RevokedCertificateBuilder(serial, datetime(2024, 6, 1, tzinfo=UTC))
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key(by), hashes.SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)
