"""The part of signing that runs on the reader's thread: the certificate, the signatures, and the check of each."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from cardd.cards.card_type import CardType, PublicKeyKind
from cardd.errors import CarddError, WrongCertificate
from cardd.gate.request import Notes
from cardd.gate.step import Unlocked
from cardd.iso7816.connection import SmartCardConnection
from cardd.model import CardKind, KeyRole
from cardd.ports import CertificateFinding, CertificateJudge
from cardd.signatures import PublicKey, check_signature, key_kind, public_key
from cardd.signing import cms
from cardd.signing import digest as digests
from cardd.signing.order import Signed, SignOrder

CADES, PADES = "cades_b", "pades_b"


def compare(fingerprint: str | None, certificate: bytes) -> None:
    """Raises `WrongCertificate` unless it is the certificate that was shown to the person. `fingerprint`: SHA-256, lower-case hex."""
    if fingerprint is not None and hashlib.sha256(certificate).hexdigest() != fingerprint:
        raise WrongCertificate()


NOT_CHECKED = CertificateFinding("not_checked")


@dataclass(slots=True)
class Judging:
    """The question whether a resident's certificate may be used, asked on the reader's thread before the key is.

    Of a badge nobody is asked: its login has judged it.
    """

    judge: CertificateJudge | None
    kind: CardKind
    key: KeyRole
    purpose: str | None
    finding: CertificateFinding | None = None
    """What it came to; None while nobody was asked."""

    def __call__(self, certificate: bytes, card: SmartCardConnection) -> None:
        """Raises the `cert.*` of the judge, and what `card.check_there` does: it may wait for somebody who knows."""
        if self.kind is CardKind.BADGE:
            return
        self.finding = NOT_CHECKED
        if self.judge is None:
            return
        try:
            self.finding = self.judge(certificate, self.key, self.purpose, card.check_there)
        except CarddError as error:
            self.finding = CertificateFinding(error.code.rpartition(".")[2])
            raise

    def note(self, notes: Notes) -> None:
        """For the outcome record: the word, and the age of the list."""
        if self.finding is not None:
            notes.certificate, notes.list_age_s = self.finding.word, self.finding.list_age_s


@dataclass(slots=True)
class Asked:
    """Whether a card was asked to use its key: set on the reader's thread, read when the order has ended."""

    key_used: bool = False
    made: int = 0
    """Signatures that the card gave back, whatever became of them then."""


class SignJob:
    """The part on the reader's thread. The certificate comes before VERIFY where the card allows it, else right after."""

    def __init__(
        self,
        card_type: CardType,
        order: SignOrder,
        certificate: bytes | None,
        asked: Asked,
        now: datetime,
        judging: Judging | None = None,
    ) -> None:
        """`judging`: None where the certificate has been judged already."""
        self._card_type = card_type
        self._order = order
        self._certificate = certificate
        self._asked = asked
        self._now = now
        self._judging = judging
        self._key: PublicKey | None = None
        """Set once the certificate has passed."""

    @property
    def key(self) -> KeyRole:
        """The key that it uses."""
        return self._order.key

    @property
    def made(self) -> int:
        """Signatures that the card has made for this order so far."""
        return self._asked.made

    def read_certificate(self, card: SmartCardConnection) -> None:
        """Read the certificate unless it is known; refuse another one than was shown to the person, a key of another kind,
        and what the judge refuses."""
        if self._certificate is None:
            self._certificate = self._card_type.read_certificate(card, self._order.key)
        compare(self._order.fingerprint, self._certificate)
        self._key = public_key(self._certificate)
        digests.check_format(self._order.signature_format, key_kind(self._key))
        if self._judging is not None:
            self._judging(self._certificate, card)

    def work(self, card: SmartCardConnection, _: Unlocked) -> Signed:
        """Sign each digest and check each signature."""
        if self._key is None:
            # This certificate opens only after its PIN; the others were read before it.
            self.read_certificate(card)
        assert self._certificate is not None
        assert self._key is not None
        key, kind = self._key, key_kind(self._key)
        self._asked.key_used = True
        signatures = tuple(self._one(card, key, kind, digest) for digest in self._order.digests)
        kind_of_card = self._card_type.kind
        return Signed(kind_of_card, signatures, self._certificate, hashlib.sha256(self._certificate).hexdigest())

    def _one(self, card: SmartCardConnection, key: PublicKey, kind: PublicKeyKind, digest: bytes) -> bytes:
        assert self._certificate is not None
        hash_name = self._order.hash_name
        signature_format = self._order.signature_format
        if signature_format not in (CADES, PADES):
            signature = self._sign(card, digest, kind)
            check_signature(key, signature, digest, hash_name)
            return signature
        prepared = cms.prepare(
            self._certificate, kind, digest, hash_name, self._now if signature_format == CADES else None
        )
        signature = self._sign(card, prepared.digest, kind)
        check_signature(key, signature, prepared.digest, hash_name)
        return cms.finish(prepared, signature)

    def _sign(self, card: SmartCardConnection, digest: bytes, kind: PublicKeyKind) -> bytes:
        signature = self._card_type.sign(card, self._order.key, self._order.hash_name, digest, kind)
        self._asked.made += 1
        return signature
