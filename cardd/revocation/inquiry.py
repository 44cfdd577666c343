"""Which responder may be asked about a certificate, and the question (RFC 6960, 4.1). Importing this brings the certificate code.

By the lightweight profile (RFC 5019, 2.1; RFC 9919): one certificate, no signature, no nonce, so that answers made beforehand will do.
What an answer without a nonce is worth is bounded by its age.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from cardd.log import get_logger
from cardd.revocation.asking import Asking
from cardd.revocation_settings import ListFor, Responder
from certs.errors import BadAnchor
from certs.reading import Reading
from certs.validation.building import signed_by
from certs.validation.truststore import from_pem

_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303  # an identifier, it signs nothing
    "sha256": hashes.SHA256(),
}


@dataclass(frozen=True, slots=True)
class _Found:
    responder: Responder
    issuer: x509.Certificate


class Inquiry:
    """All responders of the settings. Their files are read with the first question; those that cannot be used, again with the next."""

    def __init__(self, responders: Sequence[Responder], asking: Asking) -> None:
        self._responders, self._asking = responders, asking
        self._issuers: dict[str, tuple[x509.Certificate, ...]] = {}

    def ask(self, leaf: Reading, fingerprint: str, abouts: Sequence[ListFor], still: Callable[[], None]) -> bool | None:
        """Whether an answer has come; None: no responder is there for certificates of this issuer. Blocks as `Asking.ask`.

        `fingerprint`: SHA-256 of the certificate, lower-case hex. `abouts`: whose certificate it may be. `still`: as there.
        """
        found = self._found(leaf, abouts)
        if found is None:
            return None
        return self._asking.ask(found.responder.name, fingerprint, question(leaf.certificate, found), still)

    def _found(self, leaf: Reading, abouts: Sequence[ListFor]) -> _Found | None:
        for responder in self._responders:
            if responder.about not in abouts:
                continue
            for issuer in self._issuers_of(responder):
                named = issuer.subject == leaf.certificate.issuer
                if named and any(signed_by(leaf.certificate, body, issuer) for body in leaf.signed):
                    return _Found(responder, issuer)
        return None

    def _issuers_of(self, responder: Responder) -> tuple[x509.Certificate, ...]:
        if responder.name not in self._issuers:
            try:
                store = from_pem([responder.ca.read_bytes()])
            except (OSError, BadAnchor) as error:
                problem = error.problem if isinstance(error, BadAnchor) else "unreadable"
                get_logger().error(
                    "ocsp_not_asked",
                    responder=responder.name,
                    problem=problem,
                    file=str(responder.ca),
                    remedy="cardd --check-config",
                )
                return ()
            self._issuers[responder.name] = tuple(each.certificate for each in store.anchors)
        return self._issuers[responder.name]


def question(certificate: x509.Certificate, found: _Found) -> bytes:
    """DER OCSPRequest about one certificate."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, found.issuer, _HASHES[found.responder.id_hash])
    return builder.build().public_bytes(Encoding.DER)
