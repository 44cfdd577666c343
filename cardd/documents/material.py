"""Validation material from files: certificates, revocation lists and OCSP answers, DER or PEM, told apart by what they are."""

from collections.abc import Iterable
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from cardd.documents.errors import DocumentError
from cardd.documents.model import ValidationMaterial

LARGEST: Final = 4 * 1024 * 1024
"""Bytes of one file: what goes into a document is a part of a list, never a list of a million."""


def material_of(files: Iterable[bytes]) -> ValidationMaterial:
    """Sort the contents of files. Raises `DocumentError("material_unreadable")` for one that is none of the three."""
    certificates: list[bytes] = []
    lists: list[bytes] = []
    responses: list[bytes] = []
    for content in files:
        if len(content) > LARGEST:
            raise DocumentError("material_unreadable")
        if content.lstrip().startswith(b"-----BEGIN CERTIFICATE-----"):
            certificates += [each.public_bytes(Encoding.DER) for each in _pem_certificates(content)]
        elif _is(x509.load_der_x509_certificate, content):
            certificates.append(content)
        elif _is(x509.load_der_x509_crl, content):
            lists.append(content)
        elif _is(x509.load_pem_x509_crl, content):
            lists.append(x509.load_pem_x509_crl(content).public_bytes(Encoding.DER))
        elif _is(ocsp.load_der_ocsp_response, content):
            responses.append(content)
        else:
            raise DocumentError("material_unreadable")
    return ValidationMaterial(tuple(certificates), tuple(lists), tuple(responses))


def _pem_certificates(content: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError:
        raise DocumentError("material_unreadable") from None


def _is(load: object, content: bytes) -> bool:
    try:
        load(content)  # type: ignore[operator]
    except (ValueError, TypeError, x509.InvalidVersion):
        return False
    return True
