"""The management key in memory: blocks through an independent cipher, no text, and wiping that spares the published key."""

import copy
import pickle
from pathlib import Path
from subprocess import run

import pytest

from cardd.cards.management_key import FACTORY_KEYS, ManagementAlgorithm, ManagementKey

OPENSSL = {
    ManagementAlgorithm.TDES: "des-ede3",
    ManagementAlgorithm.AES_128: "aes-128-ecb",
    ManagementAlgorithm.AES_192: "aes-192-ecb",
    ManagementAlgorithm.AES_256: "aes-256-ecb",
}


def key(algorithm: ManagementAlgorithm) -> ManagementKey:
    return ManagementKey(algorithm, bytearray(range(0x40, 0x40 + algorithm.key_bytes)))


@pytest.mark.parametrize("algorithm", ManagementAlgorithm, ids=str)
def test_a_block_goes_through_as_openssl_puts_it_through(algorithm: ManagementAlgorithm, tmp_path: Path) -> None:
    one = key(algorithm)
    block = bytes(range(algorithm.block_bytes))
    (tmp_path / "block").write_bytes(block)
    name = f"-{OPENSSL[algorithm]}"
    command = ["openssl", "enc", name, "-nopad", "-K", one.octets.hex(), "-in", str(tmp_path / "block")]
    told = run(command, capture_output=True, check=True, timeout=120).stdout
    assert one.encrypt(block) == told != block
    assert one.decrypt(told) == block


@pytest.mark.parametrize("algorithm", ManagementAlgorithm, ids=str)
@pytest.mark.parametrize("length", [0, 15, 17, 31, 33, 64])
def test_octets_that_do_not_fit_the_algorithm(algorithm: ManagementAlgorithm, length: int) -> None:
    with pytest.raises(ValueError, match="bytes"):
        ManagementKey(algorithm, bytearray(length))
    with pytest.raises(ValueError, match="bytes"):
        key(algorithm).encrypt(bytes(length))


@pytest.mark.proves("P6", "P7")
def test_a_key_shows_itself_nowhere() -> None:
    one = key(ManagementAlgorithm.AES_256)
    assert repr(one) == str(one) == "<ManagementKey>"
    for spread in (pickle.dumps, copy.copy, copy.deepcopy, hash):
        with pytest.raises(TypeError):
            spread(one)


@pytest.mark.proves("P6")
def test_a_wiped_key_is_zeros() -> None:
    octets = bytearray(range(1, 17))
    one = ManagementKey(ManagementAlgorithm.AES_128, octets)
    one.wipe()
    one.wipe()
    assert octets == bytearray(16)


def test_the_published_key_outlives_wiping() -> None:
    for one in FACTORY_KEYS:
        one.wipe()
        assert one.is_factory
        assert one.octets.hex() == "0102030405060708" * 3
    assert not key(ManagementAlgorithm.AES_192).is_factory


def test_keys_are_compared_with_their_algorithm() -> None:
    assert FACTORY_KEYS[0] != FACTORY_KEYS[1]
    assert key(ManagementAlgorithm.AES_256) == key(ManagementAlgorithm.AES_256)
    assert key(ManagementAlgorithm.TDES) != key(ManagementAlgorithm.AES_192)
    assert key(ManagementAlgorithm.TDES) != "key"
