"""Whether the key of a badge is strong enough to be certified.

PIV: RSA of 2048 bits or more, P-256, P-384 (SP 800-78-4, table 3-1). Known ways to make bad RSA keys that their public half
betrays: CA/Browser Forum Baseline Requirements 6.1.1.3 (4) and 6.1.6 ask for the same.
"""

import math
from functools import cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

SMALLEST_RSA_BITS = 2048
LARGEST_RSA_BITS = 4096
EXPONENT = 65537
FERMAT_ROUNDS = 100
CURVES = (ec.SECP256R1, ec.SECP384R1)
ROCA_LARGEST_PRIME = 167
SMALL_FACTORS_BELOW = 752


def is_strong(spki_der: bytes) -> bool:
    """`spki_der`: SubjectPublicKeyInfo. A point that is not on its curve is no key either."""
    try:
        key = load_der_public_key(spki_der)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return (
            SMALLEST_RSA_BITS <= key.key_size <= LARGEST_RSA_BITS
            and numbers.e == EXPONENT
            and not (_small_factor(numbers.n) or _roca(numbers.n) or _close_primes(numbers.n))
        )
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, CURVES)


def _small_factor(modulus: int) -> bool:
    return any(modulus % prime == 0 for prime in _primes(SMALL_FACTORS_BELOW))


def _roca(modulus: int) -> bool:
    """Whether it looks like a key of the library of CVE-2017-15361, which smart cards carried.

    Its primes are powers of 65537 modulo the product of small primes, and so is the modulus (Nemec et al., ACM CCS 2017, 2.1).
    A sound key looks so once in some 2^27.
    """
    return all(modulus % prime in _powers(prime) for prime in _primes(ROCA_LARGEST_PRIME + 1) if prime > 2)


def _close_primes(modulus: int) -> bool:
    """Whether Fermat's method finds the factors at once (CVE-2022-26320)."""
    middle = math.isqrt(modulus - 1) + 1
    for _ in range(FERMAT_ROUNDS):
        rest = middle * middle - modulus
        if math.isqrt(rest) ** 2 == rest:
            return True
        middle += 1
    return False


@cache
def _primes(below: int) -> tuple[int, ...]:
    return tuple(number for number in range(2, below) if all(number % small for small in range(2, number)))


@cache
def _powers(prime: int) -> frozenset[int]:
    """All powers of 65537 modulo `prime`."""
    return frozenset(pow(EXPONENT, exponent, prime) for exponent in range(prime - 1))
