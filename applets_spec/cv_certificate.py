"""Card-verifiable certificates and the keys that vouch for what is on a card's face (layout: myna-card src/ca.rs, sc-tools-myna)."""

import hashlib
from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from applets_spec.iso7816 import tlv

MODULUS_BYTES = 256
KEY_ID_BYTES = 16
TAG_CV_CERTIFICATE = 0x7F21
TAG_BODY = 0x5F4E
TAG_SIGNATURE = 0x5F37
TAG_EXPONENT = 0x90
TAG_MODULUS = 0x91


def new_key() -> RSAPrivateKey:
    """A fresh RSA-2048 key."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def public_key(key: RSAPublicKey) -> bytes:
    """`90 03 010001 91 820100 n`: 265 bytes."""
    numbers = key.public_numbers()
    return tlv(TAG_EXPONENT, numbers.e.to_bytes(3)) + tlv(TAG_MODULUS, numbers.n.to_bytes(MODULUS_BYTES))


def key_id(name: str) -> bytes:
    """16 bytes: 7 ASCII digits, 08 05, 3 ASCII digits, 4 bytes, made from the key's name."""
    mark = hashlib.sha256(name.encode()).digest()
    number = int.from_bytes(mark[:8])
    return f"{number % 10**7:07d}".encode() + b"\x08\x05" + f"{number % 1000:03d}".encode() + mark[8:12]


def sign(key: RSAPrivateKey, message: bytes) -> bytes:
    """PKCS#1 v1.5 with SHA-256: 256 bytes."""
    return key.sign(message, PKCS1v15(), SHA256())


@dataclass(frozen=True, slots=True, repr=False)
class FaceAuthority:
    """Who vouches for the face: the root, and the signer with its certificate from the root. Shared by many cards."""

    signer: RSAPrivateKey
    signer_id: bytes
    certificate: bytes
    """`7F21 820233 {...}`: 568 bytes."""

    @classmethod
    def new(cls) -> Self:
        """Fresh keys; the root's private key is not kept."""
        root, signer = new_key(), new_key()
        signer_id = key_id("face signer")
        body = key_id("face root") + signer_id + public_key(signer.public_key())
        certificate = tlv(TAG_CV_CERTIFICATE, tlv(TAG_BODY, body) + tlv(TAG_SIGNATURE, sign(root, body)))
        return cls(signer, signer_id, certificate)
