"""An authority with a P-256 key and what it signs, for tests of revocation: certificates, lists and answers with anything in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)
HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
BEGIN, END = NOON - YEAR, NOON + YEAR
SERIAL = 0x1234567890
Extension = tuple[x509.ExtensionType, bool]

_CURVE_ORDER_SAFE = 0x1C0FFEE
KEYS = [ec.derive_private_key(_CURVE_ORDER_SAFE + number, ec.SECP256R1()) for number in range(6)]
"""Fixed keys: the authority, its other generation, the holder, the responder, a stranger, a spare."""


def named(text: str) -> x509.Name:
    """A name of one part."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def usage(*names: str) -> Extension:
    """A key usage with these bits."""
    bits = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{bit: bit in names for bit in bits}), True


CA_NAME = named("TEST Small CA")
HOLDER_NAME = named("TEST Holder")
SIGNS_BOTH = usage("key_cert_sign", "crl_sign")
SHA256 = hashes.SHA256()


@dataclass(frozen=True)
class Authority:
    """Signs what it is told to, right or wrong."""

    key: ec.EllipticCurvePrivateKey = field(default=KEYS[0], repr=False)
    name: x509.Name = CA_NAME
    key_usage: Extension = SIGNS_BOTH
    life: tuple[datetime, datetime] = (BEGIN, END)

    @property
    def certificate(self) -> x509.Certificate:
        more: list[Extension] = [(x509.BasicConstraints(ca=True, path_length=None), True), self.key_usage]
        more.append((x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False))
        return self.issue(self.key, self.name, 1, more, life=self.life)

    def issue(
        self,
        key: ec.EllipticCurvePrivateKey = KEYS[2],
        name: x509.Name = HOLDER_NAME,
        serial: int = SERIAL,
        extensions: Sequence[Extension] = (),
        *,
        life: tuple[datetime, datetime] = (BEGIN, END),
    ) -> x509.Certificate:
        """A certificate signed by this authority."""
        builder = x509.CertificateBuilder(self.name, name, key.public_key(), serial, life[0], life[1])
        for value, critical in extensions:
            builder = builder.add_extension(value, critical)
        return builder.sign(self.key, SHA256)

    def responder(self, *extensions: Extension, key: ec.EllipticCurvePrivateKey = KEYS[3]) -> x509.Certificate:
        """A responder's certificate with id-kp-OCSPSigning and what is given; with nocheck where nothing is given."""
        more = extensions or ((x509.OCSPNoCheck(), False),)
        signing = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
        return self.issue(key, named("TEST Responder"), 77, [(signing, False), usage("digital_signature"), *more])

    def listing(
        self,
        *entries: int | x509.RevokedCertificate,
        number: int | None = 7,
        updates: tuple[datetime, datetime] = (NOON - HOUR, NOON + HOUR),
        more: Sequence[Extension] = (),
        identifier: bytes | None = None,
        revoked_at: datetime = NOON - DAY,
    ) -> bytes:
        """A list, DER. `identifier`: another key identifier than its own."""
        own = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()).digest
        builder = x509.CertificateRevocationListBuilder(self.name, *updates)
        builder = builder.add_extension(x509.AuthorityKeyIdentifier(identifier or own, None, None), False)
        if number is not None:
            builder = builder.add_extension(x509.CRLNumber(number), False)
        for value, critical in more:
            builder = builder.add_extension(value, critical)
        for each in entries:
            plain = x509.RevokedCertificateBuilder(each, revoked_at).build() if isinstance(each, int) else each
            builder = builder.add_revoked_certificate(plain)
        return builder.sign(self.key, SHA256).public_bytes(Encoding.DER)


def divided(
    *names: x509.GeneralName,
    users: bool = False,
    authorities: bool = False,
    indirect: bool = False,
    attributes: bool = False,
    reasons: frozenset[x509.ReasonFlags] | None = None,
    relative: x509.RelativeDistinguishedName | None = None,
) -> Extension:
    """An issuingDistributionPoint, critical."""
    return (
        x509.IssuingDistributionPoint(
            full_name=list(names) or None,
            relative_name=relative,
            only_contains_user_certs=users,
            only_contains_ca_certs=authorities,
            only_some_reasons=reasons,
            indirect_crl=indirect,
            only_contains_attribute_certs=attributes,
        ),
        True,
    )


def point(
    *names: x509.GeneralName,
    relative: x509.RelativeDistinguishedName | None = None,
    reasons: frozenset[x509.ReasonFlags] | None = None,
    issuer: x509.Name | None = None,
) -> Extension:
    """A certificate's CRL distribution point."""
    of = None if issuer is None else [x509.DirectoryName(issuer)]
    one = x509.DistributionPoint(list(names) or None, relative, reasons, of)
    return x509.CRLDistributionPoints([one]), False


@dataclass(frozen=True)
class Saying:
    """What a response says, and when."""

    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD
    updates: tuple[datetime, datetime | None] = (NOON - HOUR, NOON + HOUR)
    revoked_at: datetime | None = None
    algorithm: hashes.HashAlgorithm = field(default_factory=hashes.SHA256)


SAYS_GOOD = Saying()


def answer(
    signer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey],
    about: tuple[x509.Certificate, x509.Certificate],
    saying: Saying = SAYS_GOOD,
    *,
    sent: Sequence[x509.Certificate] = (),
    nonce: bytes | None = None,
    produced: datetime = NOON - HOUR,
    forged_by: ec.EllipticCurvePrivateKey | None = None,
    change: Callable[[asn1_ocsp.ResponseData], None] = lambda _: None,
) -> bytes:
    """A response by `signer` about a certificate and its issuer, DER; `change` may do anything to it before it is signed."""
    builder = ocsp.OCSPResponseBuilder().add_response(
        *about,
        algorithm=saying.algorithm,
        cert_status=saying.status,
        this_update=saying.updates[0],
        next_update=saying.updates[1],
        revocation_time=saying.revoked_at,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer[0])
    if sent:
        builder = builder.certificates(sent)
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    made = asn1_ocsp.OCSPResponse.load(builder.sign(signer[1], SHA256).public_bytes(Encoding.DER))
    basic = made["response_bytes"]["response"].parsed
    data = basic["tbs_response_data"]
    data["produced_at"] = produced
    change(data)
    basic["signature"] = (forged_by or signer[1]).sign(data.dump(force=True), ec.ECDSA(SHA256))
    made["response_bytes"]["response"] = asn1_ocsp.ParsableOctetString(basic.dump(force=True))
    whole: bytes = made.dump(force=True)
    return whole
