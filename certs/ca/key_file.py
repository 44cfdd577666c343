"""The form of the CA's key file: PEM of an EncryptedPrivateKeyInfo (RFC 5958, 3), with a line that tells damage from a wrong passphrase.

CBC has no check of its own. So a line before the PEM's begin, where text is allowed (RFC 7468, 5.2), gives the SHA-256 of the
DER below. It says nothing about the key: everybody who has the file can compute it. A file made elsewhere has no such line, and
damage to it looks like a wrong passphrase.
"""

import hashlib
import re
import secrets

from asn1crypto import core, pem
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.asn1 import check_bounds
from certs.ca.errors import CaKeyError
from certs.errors import Malformed

COST, BLOCK_SIZE, PARALLEL = 2**14, 8, 5
SALT_BYTES = 16
KEY_BYTES = 32
IV_BYTES = 16
LABEL = "ENCRYPTED PRIVATE KEY"
CHECK_LINE = "SHA-256 of the DER below: "
_PBES2 = "1.2.840.113549.1.5.13"
"""id-PBES2 (RFC 8018, A.4)"""
_SCRYPT = "1.3.6.1.4.1.11591.4.11"
"""id-scrypt (RFC 7914, 7)"""
_AES_256_CBC = "2.16.840.1.101.3.4.1.42"
"""aes256-CBC-PAD (RFC 8018, B.2.5)"""
_CHECK = re.compile(rb"^" + CHECK_LINE.encode() + rb"([0-9a-f]{64})\s*$", re.MULTILINE)


class _ScryptParameters(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """scrypt-params (RFC 7914, 7.1)."""

    _fields = [  # noqa: RUF012  # the form that asn1crypto wants
        ("salt", core.OctetString),
        ("cost", core.Integer),
        ("block_size", core.Integer),
        ("parallel", core.Integer),
        ("key_length", core.Integer),
    ]


class _Derivation(core.Sequence):  # type: ignore[misc]
    _fields = [("algorithm", core.ObjectIdentifier), ("parameters", _ScryptParameters)]  # noqa: RUF012


class _Scheme(core.Sequence):  # type: ignore[misc]
    _fields = [("algorithm", core.ObjectIdentifier), ("iv", core.OctetString)]  # noqa: RUF012


class _Pbes2Parameters(core.Sequence):  # type: ignore[misc]
    _fields = [("derivation", _Derivation), ("scheme", _Scheme)]  # noqa: RUF012


class _Algorithm(core.Sequence):  # type: ignore[misc]
    _fields = [("algorithm", core.ObjectIdentifier), ("parameters", _Pbes2Parameters)]  # noqa: RUF012


class _EncryptedPrivateKeyInfo(core.Sequence):  # type: ignore[misc]
    """RFC 5958, 3."""

    _fields = [("algorithm", _Algorithm), ("data", core.OctetString)]  # noqa: RUF012


def encrypted(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, passphrase: bytearray) -> bytes:
    """The file's content. The key in clear is in memory meanwhile, as `bytes`: only a program that ends soon calls this."""
    salt, iv = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(IV_BYTES)
    derived = Scrypt(salt=salt, length=KEY_BYTES, n=COST, r=BLOCK_SIZE, p=PARALLEL).derive(passphrase)
    padder = padding.PKCS7(algorithms.AES.block_size).padder()
    clear = padder.update(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())) + padder.finalize()
    encryptor = Cipher(algorithms.AES256(derived), modes.CBC(iv)).encryptor()
    der = _EncryptedPrivateKeyInfo(
        {
            "algorithm": {
                "algorithm": _PBES2,
                "parameters": {
                    "derivation": {
                        "algorithm": _SCRYPT,
                        "parameters": {
                            "salt": salt,
                            "cost": COST,
                            "block_size": BLOCK_SIZE,
                            "parallel": PARALLEL,
                            "key_length": KEY_BYTES,
                        },
                    },
                    "scheme": {"algorithm": _AES_256_CBC, "iv": iv},
                },
            },
            "data": encryptor.update(clear) + encryptor.finalize(),
        }
    ).dump()
    check = f"{CHECK_LINE}{hashlib.sha256(der).hexdigest()}\n"
    content: bytes = check.encode() + pem.armor(LABEL, der)
    return content


def encrypted_part(content: bytes) -> bytes:
    """The DER of the EncryptedPrivateKeyInfo in a file. Raises `CaKeyError`: `not_a_key`, `not_encrypted`, `damaged`."""
    check = _CHECK.search(content)
    try:
        label, _, der = pem.unarmor(content)
        check_bounds(der)
    except (ValueError, Malformed):
        begun = b"-----BEGIN " + LABEL.encode() in content or check is not None
        raise CaKeyError("damaged" if begun else "not_a_key") from None
    if label != LABEL:
        raise CaKeyError("not_encrypted" if label.endswith("PRIVATE KEY") else "not_a_key")
    if check is not None and check[1].decode() != hashlib.sha256(der).hexdigest():
        raise CaKeyError("damaged")
    result: bytes = der
    return result
