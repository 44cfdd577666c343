"""Weak keys are found by their public half."""

from __future__ import annotations

import math
import random

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.ca.key_strength import is_strong
from certs.ca.keys import spki_of
from tests.unit.certs.ca.office import KEYS, key_of, spki

DICE = random.Random(20171016)


def is_prime(number: int) -> bool:
    """Miller and Rabin, 20 rounds."""
    if number < 2 or any(number % small == 0 and number != small for small in (2, 3, 5, 7, 11, 13)):
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(20):
        power = pow(DICE.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        if all((power := power * power % number) != number - 1 for _ in range(twos - 1)):
            return False
    return True


def prime(bits: int) -> int:
    """With both highest bits set, so that a product of two has all its bits."""
    while not is_prime(found := DICE.getrandbits(bits) | 3 << (bits - 2) | 1):
        pass
    return found


def after(number: int) -> int:
    """The next prime."""
    number += 1
    while not is_prime(number):
        number += 1
    return number


def roca_prime() -> int:
    """1,024 bits: k * M + (65537^a mod M), M the product of the first 126 primes (Nemec et al., ACM CCS 2017, table 1)."""
    small = [number for number in range(2, 702) if all(number % below for below in range(2, number))]
    assert len(small) == 126
    product = math.prod(small)
    while True:
        free = (3 << 1022) // product + DICE.getrandbits(1020 - product.bit_length())
        found = free * product + pow(65537, DICE.getrandbits(256), product)
        if found.bit_length() == 1024 and is_prime(found):
            return found


def rsa_of(modulus: int, exponent: int = 65537) -> bytes:
    return spki_of(rsa.RSAPublicNumbers(exponent, modulus).public_key())


@pytest.mark.parametrize("kind", KEYS)
def test_what_badges_make_is_strong(kind: str) -> None:
    assert is_strong(spki(key_of(kind)))


@pytest.mark.proves("K1")
@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 1024),
        rsa.generate_private_key(3, 2048),
        ec.generate_private_key(ec.SECP256K1()),
        ec.generate_private_key(ec.SECP224R1()),
        ec.generate_private_key(ec.SECP521R1()),
        ed25519.Ed25519PrivateKey.generate(),
        dsa.generate_private_key(2048),
    ],
    ids=["rsa1024", "exponent3", "k256", "p224", "p521", "ed25519", "dsa"],
)
def test_other_kinds_and_sizes_are_not(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | dsa.DSAPrivateKey,
) -> None:
    assert not is_strong(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def test_the_helper_makes_sound_keys_too() -> None:
    assert is_strong(rsa_of(prime(1024) * prime(1024)))


def test_a_key_of_the_broken_card_library_is_weak() -> None:
    modulus = roca_prime() * roca_prime()
    assert modulus.bit_length() == 2048
    assert not is_strong(rsa_of(modulus))


def test_close_primes_are_weak() -> None:
    one = prime(1024)
    assert not is_strong(rsa_of(one * after(one)))


@pytest.mark.parametrize("factor", [3, 7, 751])
def test_a_small_factor_is_weak(factor: int) -> None:
    rest = DICE.getrandbits(2048 - factor.bit_length()) | 3 << (2046 - factor.bit_length()) | 1
    modulus = factor * rest
    assert modulus.bit_length() in (2047, 2048)
    assert not is_strong(rsa_of(modulus if modulus.bit_length() == 2048 else modulus + (factor << 2040)))


@pytest.mark.parametrize("octets", [b"", b"\x30\x00", b"x"])
def test_what_is_no_key_is_not_strong(octets: bytes) -> None:
    assert not is_strong(octets)


def test_a_point_beside_its_curve_is_not_strong() -> None:
    beside = bytearray(spki(key_of("p256")))
    beside[-1] ^= 1
    assert not is_strong(bytes(beside))
