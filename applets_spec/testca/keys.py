"""Private keys of the test PKI: each is derived from its name, so the same name gives the same key everywhere.

Every key made here is worthless by construction: who knows its name has the key.
"""

import hashlib
from collections.abc import Iterator
from enum import StrEnum
from importlib import resources
from itertools import count
from math import gcd
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

PUBLIC_EXPONENT = 65537
PEM_NOTE = b"TEST - worthless: a key of a test PKI, it protects nothing.\n"
SEED_PREFIX = b"cardd test PKI, worthless key: "
SMALL_PRIMES = tuple(n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2)))
MILLER_RABIN_ROUNDS = 8

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class KeyAlgorithm(StrEnum):
    """The key types of the test PKI."""

    RSA_2048 = "rsa2048"
    RSA_1024 = "rsa1024"
    """Only for certificates that must be refused."""
    P256 = "p256"


RSA_BITS = {KeyAlgorithm.RSA_2048: 2048, KeyAlgorithm.RSA_1024: 1024}


class KeySource(Protocol):
    """Where issuing takes its keys from."""

    def key(self, name: str, algorithm: KeyAlgorithm) -> PrivateKey:
        """The private key of that name."""


class DerivedKeys:
    """The keys that are the same each time: committed as PEM where that saves a second of deriving, derived otherwise."""

    def key(self, name: str, algorithm: KeyAlgorithm) -> PrivateKey:
        """The private key of that name; RSA that is not committed takes about a second."""
        if algorithm is KeyAlgorithm.P256:
            return derive_p256(name)
        committed = resources.files(__package__).joinpath("pem", f"{name}.{algorithm}.pem")
        if committed.is_file():
            return read_private_key(committed.read_bytes())
        return derive_rsa(name, RSA_BITS[algorithm])


class FreshKeys:
    """Keys nobody can make again, one for each name; for cards that must not share keys with anybody else's."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, KeyAlgorithm], PrivateKey] = {}

    def key(self, name: str, algorithm: KeyAlgorithm) -> PrivateKey:
        """A random private key, the same one when this object is asked for the name again."""
        known = self._made.get((name, algorithm))
        if known is None:
            known = self._made[(name, algorithm)] = random_key(algorithm)
        return known


def random_key(algorithm: KeyAlgorithm) -> PrivateKey:
    """A new random private key."""
    if algorithm is KeyAlgorithm.P256:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(PUBLIC_EXPONENT, RSA_BITS[algorithm])


def derive_p256(name: str) -> ec.EllipticCurvePrivateKey:
    """The P-256 key of that name: the hash of the name, taken as the secret number.

    Of 2**256 hashes fewer than one in 2**32 lies outside 1..n-1; such a name raises `ValueError`.
    """
    secret = int.from_bytes(hashlib.sha256(SEED_PREFIX + b"p256 " + name.encode()).digest())
    return ec.derive_private_key(secret, ec.SECP256R1())


def derive_rsa(name: str, bits: int) -> rsa.RSAPrivateKey:
    """The RSA key of that name: the first two suitable primes of its hash stream."""
    stream = _numbers(name, bits // 2)
    p = _next_prime(stream)
    q = _next_prime(stream)
    while p == q:
        q = _next_prime(stream)
    d = pow(PUBLIC_EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(PUBLIC_EXPONENT, p * q)
    return rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
    ).private_key()


def _numbers(name: str, bits: int) -> Iterator[int]:
    """Odd numbers of exactly `bits` bits with the two highest bits set, so that a product of two has full length."""
    seed = SEED_PREFIX + f"rsa {bits} {name} ".encode()
    for turn in count():
        block = hashlib.shake_256(seed + str(turn).encode()).digest(bits // 8)
        yield int.from_bytes(block) | (0b11 << (bits - 2)) | 1


def _next_prime(candidates: Iterator[int]) -> int:
    for candidate in candidates:
        suits = all(candidate % small for small in SMALL_PRIMES) and gcd(candidate - 1, PUBLIC_EXPONENT) == 1
        if suits and _is_probable_prime(candidate):
            return candidate
    raise AssertionError("the stream of candidates does not end")


def _is_probable_prime(candidate: int) -> bool:
    """Miller-Rabin with the first small primes as bases: enough for random numbers of this size in tests."""
    odd, twos = candidate - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_passes(candidate, base, odd, twos) for base in SMALL_PRIMES[:MILLER_RABIN_ROUNDS])


def _passes(candidate: int, base: int, odd: int, twos: int) -> bool:
    power = pow(base, odd, candidate)
    if power in (1, candidate - 1):
        return True
    for _ in range(twos - 1):
        power = pow(power, 2, candidate)
        if power == candidate - 1:
            return True
    return False


def private_key_pem(key: PrivateKey) -> bytes:
    """The key as unencrypted PKCS #8 PEM, below a line that says what it is worth."""
    return PEM_NOTE + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_private_key(pem: bytes) -> PrivateKey:
    """Read a PEM private key of our own making. Raises `TypeError` for a key type that this PKI does not use."""
    key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError("neither an RSA nor an elliptic curve key")
    return key
