"""Which kind of certificate stands under a document: by policies and key usages, before anybody asks whether it is to be believed."""

from dataclasses import dataclass

from cryptography import x509

from certs.errors import Malformed
from certs.profiles.profile import Kind
from certs.profiles.registry import PROFILES
from certs.validation.conformity import nonconformity
from certs.validation.truststore import TEST_MARKS
from certs.validation.validate import parse

OTHER = "other"
"""A certificate of none of the kinds that are known here, such as a company's."""
MAY_SIGN = (Kind.JPKI_SIGNATURE, Kind.OPERATOR_SIGNATURE)
"""Who signs documents. Keys that prove who is there (login) never do, whatever they signed."""
_TOLD_APART = (Kind.JPKI_SIGNATURE, Kind.JPKI_AUTHENTICATION, Kind.OPERATOR_SIGNATURE, Kind.OPERATOR_BADGE)
"""In this order: the JPKI kinds by their policies, the operators' by their key usages."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A certificate under a document: what it shows itself as, and as what a judge is to take it."""

    shown: str
    kind: str
    test: bool

    @property
    def may_sign(self) -> bool:
        """Whether it is of a kind that signs documents; else it is of the wrong kind, however good."""
        return self.kind in MAY_SIGN


def offered_as(certificate: bytes) -> Offered:
    """For a judge elsewhere. What is of no known kind is offered as an operator's: then it is good only where it looks like one."""
    try:
        read = parse(certificate)
    except Malformed:
        return Offered(OTHER, Kind.OPERATOR_SIGNATURE, False)
    shown = kind_of(read)
    return Offered(shown, Kind.OPERATOR_SIGNATURE if shown == OTHER else shown, is_test(read))


def is_test(certificate: x509.Certificate) -> bool:
    """Whether it names a test authority as its issuer."""
    return any(str(part.value).startswith(TEST_MARKS) for part in certificate.issuer)


def kind_of(certificate: x509.Certificate) -> str:
    """As which kind a certificate shows itself: a word of `Kind`, or `other`. Test policies count: what they are worth is asked later."""
    for kind in _TOLD_APART:
        if nonconformity(certificate, PROFILES[kind], test=True) is None:
            return OTHER if kind is Kind.OPERATOR_BADGE and not _names_its_use(certificate) else kind.value
    return OTHER


def _names_its_use(certificate: x509.Certificate) -> bool:
    try:
        certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return False
    return True
