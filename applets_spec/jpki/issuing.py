"""電子証明書の発行 as a test profile of our own: how a terminal puts keys, certificates and PINs onto a reference card.

How real cards are issued is not public, and nothing here was taken from them: the commands, the secret and the order are made up.
A card answers them only where its file switches them on; else as a real card does, 6D00. Documented in docs/issuing-test-profile.md.

The terminal proves that it knows the profile's secret, and the card that it does. Then, for one certificate at a time: the card makes
a key, the terminal writes the certificate and its authority's, the holder sets the PIN, and one last command puts all of it in
force at once. Until then the card keeps what it had; what was begun is gone when the power goes.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto, unique
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from applets_spec.cv_certificate import public_key
from applets_spec.iso7816 import OK, CardRefusal, Command, Response, StatusWord
from applets_spec.jpki.issuing_spec import (
    ACTIVATE,
    CERTIFICATE_OF_AUTHORITY,
    CERTIFICATE_OF_HOLDER,
    CHALLENGE_BYTES,
    CLA,
    GENERATE,
    LONGEST,
    MAC_BYTES,
    MOST_TRIES,
    OPEN,
    PIN_FORMS,
    SET_PIN,
    WRITE,
    Kind,
    mac,
)


@unique
class Step(Enum):
    """What the card has been through since it was selected."""

    CLOSED = auto()
    OPENED = auto()
    KEY_MADE = auto()
    HOLDER_WRITTEN = auto()
    AUTHORITY_WRITTEN = auto()
    PIN_SET = auto()


@dataclass(frozen=True, slots=True, repr=False)
class Issued:
    """What one run puts into force."""

    kind: Kind
    key: RSAPrivateKey
    certificate: bytes
    authority: bytes
    pin: bytes


@dataclass(slots=True, repr=False)
class _Begun:
    kind: Kind
    key: RSAPrivateKey
    parts: dict[int, bytearray] = field(
        default_factory=lambda: {CERTIFICATE_OF_HOLDER: bytearray(), CERTIFICATE_OF_AUTHORITY: bytearray()}
    )
    pin: bytes = b""


class Issuing:
    """The switched-on capability of one card. `tries` left at the profile's secret are persistent."""

    def __init__(
        self,
        secret: bytes,
        tries: int = MOST_TRIES,
        make_key: Callable[[], RSAPrivateKey] = lambda: generate_private_key(65537, 2048),
    ) -> None:
        self._secret = secret
        self.tries = tries
        self._make_key = make_key
        self._step = Step.CLOSED
        self._challenge = b""
        self._session = b""
        self._begun: _Begun | None = None

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Issuing":
        """Raises `ValueError`, `KeyError` on a state that is none."""
        secret, tries = bytes.fromhex(state["secret"]), state["tries"]
        if len(secret) != MAC_BYTES or not 0 <= tries <= MOST_TRIES:
            raise ValueError("issuing: a secret of 32 bytes, and 0 to 5 tries")
        return cls(secret, tries)

    def to_state(self) -> dict[str, Any]:
        """For the card file."""
        return {"secret": self._secret.hex(), "tries": self.tries}

    def challenged(self, challenge: bytes) -> None:
        """The card has given random bytes to a terminal; only the last ones count, and only once."""
        self._challenge = challenge if len(challenge) == CHALLENGE_BYTES else b""

    def forget(self) -> None:
        """Power off, another application: whatever was begun is gone."""
        self._step, self._challenge, self._session, self._begun = Step.CLOSED, b"", b"", None

    def knows(self, command: Command) -> bool:
        """Whether the command is one of this profile."""
        return command.cla == CLA and command.ins in (OPEN, GENERATE, WRITE, SET_PIN, ACTIVATE)

    def process(self, command: Command) -> Response | Issued:
        """One command of the profile; `Issued` when the last one has come. Raises `CardRefusal`."""
        if command.ins == OPEN:
            return self._open(command)
        if self._step is Step.CLOSED:
            raise CardRefusal(StatusWord.SECURITY_NOT_SATISFIED)
        if command.ins == GENERATE:
            return self._generate(command)
        begun = self._begun
        if begun is None or command.p1 or command.p2 & 0x0F != begun.kind:
            raise CardRefusal(StatusWord.CONDITIONS_NOT_SATISFIED)
        if command.ins == WRITE:
            return self._write(command, begun)
        if command.p2 != begun.kind:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        return self._set_pin(command, begun) if command.ins == SET_PIN else self._activate(command, begun)

    def _open(self, command: Command) -> Response:
        """Terminal's number and its proof in, the card's proof out."""
        challenge, self._challenge = self._challenge, b""
        self._step, self._begun = Step.CLOSED, None
        if len(command.data) != CHALLENGE_BYTES + MAC_BYTES or command.p1 or command.p2:
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        if not challenge:
            raise CardRefusal(StatusWord.CONDITIONS_NOT_SATISFIED)
        if not self.tries:
            raise CardRefusal(StatusWord.BLOCKED)
        number, proof = command.data[:CHALLENGE_BYTES], command.data[CHALLENGE_BYTES:]
        if not hmac.compare_digest(proof, mac(self._secret, b"terminal", challenge, number)):
            self.tries -= 1
            raise CardRefusal(StatusWord.TRIES_LEFT | self.tries)
        self.tries = MOST_TRIES
        self._step = Step.OPENED
        self._session = mac(self._secret, b"session", challenge, number)
        return Response(mac(self._secret, b"card", challenge, number))

    def _generate(self, command: Command) -> Response:
        """A key on the card; its public half, and a proof that this card made it. Begins anew whatever was begun."""
        if command.p1 or command.p2 not in set(Kind):
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        if command.data or command.le is None:
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        kind = Kind(command.p2)
        self._begun = _Begun(kind, self._make_key())
        self._step = Step.KEY_MADE
        told = public_key(self._begun.key.public_key())
        return Response(told + mac(self._session, bytes([kind]), told, b""))

    def _write(self, command: Command, begun: _Begun) -> Response:
        """Two bytes of offset, then the next bytes of one of the two certificates: the holder's first, then its authority's."""
        part = command.p2 & 0xF0
        allowed = {
            CERTIFICATE_OF_HOLDER: (Step.KEY_MADE, Step.HOLDER_WRITTEN),
            CERTIFICATE_OF_AUTHORITY: (Step.HOLDER_WRITTEN, Step.AUTHORITY_WRITTEN),
        }
        if part not in allowed:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        if self._step not in allowed[part]:
            raise CardRefusal(StatusWord.CONDITIONS_NOT_SATISFIED)
        offset, piece, written = int.from_bytes(command.data[:2]), command.data[2:], begun.parts[part]
        if not piece or command.le is not None:
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        if offset != len(written):
            raise CardRefusal(StatusWord.OFFSET_OUTSIDE)
        if len(written) + len(piece) > LONGEST[part]:
            raise CardRefusal(StatusWord.NO_SPACE)
        written += piece
        self._step = allowed[part][1]
        return OK

    def _set_pin(self, command: Command, begun: _Begun) -> Response:
        """The PIN that the holder chose, in the form of its kind."""
        if self._step not in (Step.AUTHORITY_WRITTEN, Step.PIN_SET):
            raise CardRefusal(StatusWord.CONDITIONS_NOT_SATISFIED)
        if not PIN_FORMS[begun.kind].fullmatch(command.data) or command.le is not None:
            raise CardRefusal(StatusWord.WRONG_DATA)
        begun.pin = bytes(command.data)
        self._step = Step.PIN_SET
        return OK

    def _activate(self, command: Command, begun: _Begun) -> Issued:
        """All of it in force, if the certificate is about the card's new key and of the authority that came with it."""
        if self._step is not Step.PIN_SET:
            raise CardRefusal(StatusWord.CONDITIONS_NOT_SATISFIED)
        if command.data or command.le is not None:
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        certificate, authority = (
            bytes(begun.parts[part]) for part in (CERTIFICATE_OF_HOLDER, CERTIFICATE_OF_AUTHORITY)
        )
        if not _belong(certificate, authority, begun.key):
            raise CardRefusal(StatusWord.WRONG_DATA)
        self._step, self._begun = Step.OPENED, None
        return Issued(begun.kind, begun.key, certificate, authority, begun.pin)


def _belong(certificate: bytes, authority: bytes, key: RSAPrivateKey) -> bool:
    try:
        leaf, issuer = x509.load_der_x509_certificate(certificate), x509.load_der_x509_certificate(authority)
        leaf.verify_directly_issued_by(issuer)
        return leaf.public_key() == key.public_key()
    except (ValueError, TypeError, InvalidSignature):
        return False
