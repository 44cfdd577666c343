"""A certificate that stands for the one that only a PIN opens, so that a document can be tried out before anybody is asked."""

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_DAY = datetime(2000, 1, 1, tzinfo=UTC)


def stand_in() -> x509.Certificate:
    """Of nobody, for the private key 1 on P-256. Nothing that is made with it is ever handed out."""
    key = ec.derive_private_key(1, ec.SECP256R1())
    nobody = x509.Name([])
    return (
        x509.CertificateBuilder(nobody, nobody, key.public_key(), 1, _DAY, _DAY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, SHA256())
    )
