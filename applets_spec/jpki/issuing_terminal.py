"""The terminal's side of the issuing test profile: drives a card from SELECT to the certificate in force."""

import secrets
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from applets_spec.cv_certificate import MODULUS_BYTES, TAG_EXPONENT, TAG_MODULUS
from applets_spec.iso7816 import Ins, StatusWord, read_tlvs
from applets_spec.jpki.issuing_spec import (
    ACTIVATE,
    CERTIFICATE_OF_AUTHORITY,
    CERTIFICATE_OF_HOLDER,
    CHALLENGE_BYTES,
    CLA,
    GENERATE,
    MAC_BYTES,
    OPEN,
    SET_PIN,
    TEST_SECRET,
    WRITE,
    Kind,
    mac,
)
from applets_spec.jpki.spec import TABLE

PIECE = 200
"""Bytes of a certificate in one command: short length, so that every card and reader takes it."""


class IssuingRefused(Exception):
    """The card did not do a step, or is not one that knows the profile's secret. The text says which step, and the status word."""


class IssuingTerminal:
    """One card before the terminal. `transmit`: a command APDU in, the answer with its status word out; the card has power."""

    def __init__(self, transmit: Callable[[bytes], bytes], secret: bytes = TEST_SECRET) -> None:
        self._transmit = transmit
        self._secret = secret
        self._session = b""

    def open(self) -> None:
        """Both sides prove that they know the secret. Raises `IssuingRefused`."""
        self._send("SELECT", bytes([0x00, Ins.SELECT, 0x04, 0x0C, len(TABLE.aid)]) + TABLE.aid)
        challenge = self._send("GET CHALLENGE", bytes([0x00, Ins.GET_CHALLENGE, 0, 0, CHALLENGE_BYTES]))
        number = secrets.token_bytes(CHALLENGE_BYTES)
        data = number + mac(self._secret, b"terminal", challenge, number)
        proof = self._send("OPEN", bytes([CLA, OPEN, 0, 0, len(data)]) + data + bytes([MAC_BYTES]))
        if not secrets.compare_digest(proof, mac(self._secret, b"card", challenge, number)):
            raise IssuingRefused("OPEN: the card does not know the secret")
        self._session = mac(self._secret, b"session", challenge, number)

    def generate(self, kind: Kind) -> RSAPublicKey:
        """The card makes a key; its public half, with proof that this card said so. Raises `IssuingRefused`."""
        answer = self._send("GENERATE", bytes([CLA, GENERATE, 0, kind, 0]))
        told, proof = answer[:-MAC_BYTES], answer[-MAC_BYTES:]
        if not secrets.compare_digest(proof, mac(self._session, bytes([kind]), told, b"")):
            raise IssuingRefused("GENERATE: the key was changed on its way")
        fields = dict(read_tlvs(told))
        if len(fields[TAG_MODULUS]) != MODULUS_BYTES:
            raise IssuingRefused("GENERATE: no RSA-2048 key")
        numbers = RSAPublicNumbers(int.from_bytes(fields[TAG_EXPONENT]), int.from_bytes(fields[TAG_MODULUS]))
        return numbers.public_key()

    def finish(self, kind: Kind, certificate: bytes, authority: bytes, pin: bytes) -> None:
        """Write both certificates (DER), set the holder's PIN, put all of it in force. Raises `IssuingRefused`."""
        for part, content in ((CERTIFICATE_OF_HOLDER, certificate), (CERTIFICATE_OF_AUTHORITY, authority)):
            for offset in range(0, len(content), PIECE):
                data = offset.to_bytes(2) + content[offset : offset + PIECE]
                self._send("WRITE", bytes([CLA, WRITE, 0, part | kind, len(data)]) + data)
        self._send("SET PIN", bytes([CLA, SET_PIN, 0, kind, len(pin)]) + pin)
        self._send("ACTIVATE", bytes([CLA, ACTIVATE, 0, kind]))

    def _send(self, step: str, command: bytes) -> bytes:
        answer = self._transmit(command)
        gathered = answer[:-2]
        while answer[-2] == StatusWord.MORE_DATA >> 8:
            answer = self._transmit(bytes([0x00, Ins.GET_RESPONSE, 0, 0, answer[-1]]))
            gathered += answer[:-2]
        status = int.from_bytes(answer[-2:])
        if status != StatusWord.SUCCESS:
            raise IssuingRefused(f"{step}: the card answers {status:04X}")
        return gathered
