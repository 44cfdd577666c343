"""Finds candidate paths from a certificate to the anchors. Each step is a signature that holds, so names and hints alone lead nowhere.

RFC 5280 leaves the search open (6.1); RFC 4158 describes it. The number of signatures looked at is limited, for whoever hands over
certificates may own all of their keys.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from certs.errors import Malformed
from certs.validation.algorithms import weakness

MOST_SIGNATURES = 32
"""Signatures verified in one search. Real chains need fewer than ten."""
_LOOKED_AT = (
    "key_identifier",
    "authority_key_identifier",
    "authority_issuer_serial",
    "basic_constraints_value",
    "key_usage_value",
    "certificate_policies_value",
    "policy_mappings_value",
    "policy_constraints_value",
    "inhibit_any_policy_value",
    "name_constraints_value",
    "subject_alt_name_value",
    "extended_key_usage_value",
)
"""What the validator asks a certificate for. Read here once, for it reads late and raises late."""


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """One certificate that may be part of a path."""

    der: bytes = field(repr=False)
    certificate: x509.Certificate = field(repr=False)
    signed: tuple[bytes, ...] = field(repr=False)
    """The bytes that its issuer signed; several only where a card's certificate was not DER (`certs.reading`)."""
    anchor: bool = False
    plain: asn1_x509.Certificate = field(init=False, repr=False)
    """As the path validator reads it."""

    def __post_init__(self) -> None:
        """Raises `Malformed` where the second reader cannot make sense of what the first one took, or the two algorithms differ."""
        plain = asn1_x509.Certificate.load(self.der)
        try:
            _ = plain.subject.hashable, plain.issuer.hashable
            _ = [getattr(plain, name) for name in _LOOKED_AT]
            algorithms = plain["signature_algorithm"].dump(), plain["tbs_certificate"]["signature"].dump()
        except (ValueError, TypeError, KeyError, OverflowError):
            raise Malformed("not_readable") from None
        if algorithms[0] != algorithms[1]:
            raise Malformed("algorithms_differ")  # RFC 5280, 4.1.1.2
        object.__setattr__(self, "plain", plain)


@dataclass(slots=True)
class Search:
    """One search, and what it saw on the way to nothing."""

    anchors: tuple[Link, ...]
    between: tuple[Link, ...]
    longest: int
    """Certificates of a path, holder's and anchor's counted."""
    other_generation: bool = False
    """An authority had the right name, and its key identifier said that it is not the issuer (RFC 5280, 4.2.1.1)."""
    bad_signature: bool = False
    """An authority had the right name and nothing spoke against it, but its key did not sign the holder's certificate."""
    weak: bool = False
    """An authority on the way is too weak: its own signature, or its key."""
    too_long: bool = False
    _checked: dict[tuple[int, int], bool] = field(default_factory=dict)

    @property
    def exhausted(self) -> bool:
        """Whether it gave up over too many signatures."""
        return len(self._checked) >= MOST_SIGNATURES

    def paths(self, leaf: Link) -> Iterator[tuple[Link, ...]]:
        """Paths from an anchor to `leaf`, the likeliest first: anchors before others, named keys before unnamed ones."""
        yield from self._above((leaf,))

    def _above(self, below: tuple[Link, ...]) -> Iterator[tuple[Link, ...]]:
        top = below[0]
        for issuer in self._issuers(top, first=len(below) == 1):
            if len(below) >= self.longest:
                self.too_long = True
            elif issuer.anchor:
                yield (issuer, *below)
            elif all(issuer.der != each.der for each in below):
                yield from self._above((issuer, *below))

    def _issuers(self, subject: Link, *, first: bool) -> Iterator[Link]:
        named = [each for each in (*self.anchors, *self.between) if each.plain.subject == subject.plain.issuer]
        wanted = subject.plain.authority_key_identifier
        for issuer in sorted(named, key=lambda each: (not each.anchor, each.plain.key_identifier != wanted)):
            own = issuer.plain.key_identifier
            if wanted and own and wanted != own:
                self.other_generation |= first
            elif not issuer.anchor and weakness(issuer.certificate) is not None:
                self.weak = True
            elif self._signed(subject, issuer):
                yield issuer
            else:
                self.bad_signature |= first

    def _signed(self, subject: Link, issuer: Link) -> bool:
        pair = (id(subject), id(issuer))
        if pair not in self._checked:
            if self.exhausted:
                return False
            self._checked[pair] = any(
                signed_by(subject.certificate, each, issuer.certificate) for each in subject.signed
            )
        return self._checked[pair]


def link(certificate: x509.Certificate, der: bytes, *, anchor: bool = False) -> Link:
    """A certificate in DER as part of a path. Raises `Malformed`."""
    return Link(der, certificate, (certificate.tbs_certificate_bytes,), anchor)


def signed_by(certificate: x509.Certificate, signed: bytes, issuer: x509.Certificate) -> bool:
    """Whether the issuer's key signed `signed`, by the algorithm and with the signature that the certificate carries.

    RSA with PKCS #1 v1.5 or PSS, and ECDSA; any other is False.
    """
    try:
        key, digest = issuer.public_key(), certificate.signature_hash_algorithm
        how = certificate.signature_algorithm_parameters
        if digest is None:
            return False
        if isinstance(key, rsa.RSAPublicKey) and isinstance(how, padding.PKCS1v15 | padding.PSS):
            key.verify(certificate.signature, signed, how, digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(how, ec.ECDSA):
            key.verify(certificate.signature, signed, how)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True
