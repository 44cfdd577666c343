"""Pieces of certificates that all profiles of the test PKI share: names, alternative names, and the signing of a finished draft."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from applets_spec.testca.der import encode
from applets_spec.testca.hierarchy import Name
from applets_spec.testca.keys import PrivateKey

UTF8_STRING = 0x0C

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension of a draft."""

    value: x509.ExtensionType
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything a certificate says, before anybody signs it."""

    subject: x509.Name
    issuer: x509.Name
    serial: int
    not_before: datetime
    not_after: datetime
    public_key: PublicKey
    extensions: tuple[Extension, ...]

    def extended_by(self, *more: Extension) -> "Draft":
        """The same draft with more extensions; one of the same kind is replaced in its place."""
        new = {type(extension.value): extension for extension in more}
        kept = tuple(new.pop(type(extension.value), extension) for extension in self.extensions)
        return self.with_extensions(kept + tuple(new.values()))

    def with_extensions(self, extensions: tuple[Extension, ...]) -> "Draft":
        """The same draft with these extensions in place of its own."""
        return Draft(
            self.subject, self.issuer, self.serial, self.not_before, self.not_after, self.public_key, extensions
        )


def sign(draft: Draft, key: PrivateKey) -> bytes:
    """The certificate as DER, signed with SHA-256; the same draft and key give the same bytes (PKCS #1 v1.5, RFC 6979)."""
    builder = x509.CertificateBuilder(
        issuer_name=draft.issuer,
        subject_name=draft.subject,
        public_key=draft.public_key,
        serial_number=draft.serial,
        not_valid_before=draft.not_before,
        not_valid_after=draft.not_after,
    )
    for extension in draft.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    certificate = builder.sign(key, hashes.SHA256(), ecdsa_deterministic=deterministic(key))
    return certificate.public_bytes(Encoding.DER)


def deterministic(key: PrivateKey) -> bool | None:
    """What the builders of `cryptography` want to hear for that key: True for ECDSA, None for RSA, which always is."""
    return True if isinstance(key, ec.EllipticCurvePrivateKey) else None


def distinguished_name(name: Name) -> x509.Name:
    """The X.501 name of a table row."""
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, name.country),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, name.organisation),
        *(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in name.units),
    ]
    if name.common_name is not None:
        parts.append(x509.NameAttribute(NameOID.COMMON_NAME, name.common_name))
    return x509.Name(parts)


def japanese_name(organisation: str) -> x509.DirectoryName:
    """A directory name that holds the organisation's Japanese name, as the JPKI roots carry in their alternative name."""
    return x509.DirectoryName(
        x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            ]
        )
    )


def utf8_other_name(oid: str, text: str) -> x509.OtherName:
    """An otherName whose value is a UTF8String."""
    return x509.OtherName(x509.ObjectIdentifier(oid), encode(UTF8_STRING, text.encode()))


def key_usage(*names: str) -> Extension:
    """A critical keyUsage extension; `names` as in RFC 5280, 4.2.1.3, in `cryptography`'s spelling."""
    return Extension(
        x509.KeyUsage(
            digital_signature="digital_signature" in names,
            content_commitment="content_commitment" in names,
            key_encipherment="key_encipherment" in names,
            data_encipherment=False,
            key_agreement="key_agreement" in names,
            key_cert_sign="key_cert_sign" in names,
            crl_sign="crl_sign" in names,
            encipher_only=False,
            decipher_only=False,
        ),
        critical=True,
    )
