"""OpenSC and OpenSSL judge cards whose certificates were issued under the test profile: first issue, address change, revocation."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.card import Card
from applets_spec.holder import Holder
from applets_spec.jpki import card_office
from applets_spec.testca.hierarchy import authority
from applets_spec.testca.office import KINDS, JpkiOffice
from tests.fixtures.pcscd import PcscBox
from tests.judges.conftest import HOLDER, state_of
from tests.judges.tools import Bench

SIGNATURE = ("pkcs11-tool", "--token-label", "JPKI (Digital Signature PIN)", "--login", "--pin")
AUTHENTICATION = ("pkcs11-tool", "--token-label", "JPKI (User Authentication PIN)", "--login", "--pin")
SIGN = ("--sign", "-m", "SHA256-RSA-PKCS", "-i", "document", "-o", "signature", "--id")
YEAR = timedelta(days=365)
MADE, MOVED = Holder.example(HOLDER), Holder.example("latin_name")


class Counter:
    """A card that goes between the issuing terminal and OpenSC's reader, and the office's list."""

    def __init__(self, bench: Bench, pcscd: PcscBox, folder: Path, kind: str) -> None:
        self.bench, self._pcscd, self._path = bench, pcscd, folder / "card.json"
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.office = JpkiOffice.create(folder / "jpki", self.now)
        Card.from_state(copy.deepcopy(state_of(kind)), self._path).save()
        card_office.switch(self._path, on=True)

    def issue(self, kind: str, holder: Holder, pin: str) -> bytes:
        """A visit to the issuing terminal, and back into the reader; the new certificate."""
        if self._pcscd_has_card:
            self._pcscd.pull()
        visit = card_office.issue(self._path, self.office, kind, holder, pin, self.now)
        self._pcscd.insert(Card.load(self._path))
        self._pcscd_has_card = True
        return visit.certificate

    _pcscd_has_card = False

    def revoke(self, kind: str) -> None:
        card_office.revoke(self._path, self.office, kind, x509.ReasonFlags.key_compromise, self.now)

    def verify(self, certificate: str, kind: str, *, good: bool) -> None:
        """`openssl verify` with the office's list of now."""
        row = authority(KINDS[kind])
        with (self.bench.folder / "list.der").open("wb") as out:
            self.office.write_list(out, row, (self.now, self.now + YEAR))
        self.bench.ok("openssl", "crl", "-inform", "DER", "-in", "list.der", "-out", "list.pem")
        self.bench.write(
            "ca.pem", x509.load_der_x509_certificate(self.office.certificate_of(row)).public_bytes(Encoding.PEM)
        )
        words = (
            "openssl",
            "verify",
            "-no-CAfile",
            "-no-CApath",
            "-CAfile",
            "ca.pem",
            "-crl_check",
            "-CRLfile",
            "list.pem",
            certificate,
        )
        said = self.bench.ok(*words) if good else self.bench.fails(*words)
        assert ("certificate revoked" in said) is not good


@pytest.mark.parametrize("kind", ["my-number", "juki"])
def test_the_life_of_a_signature_certificate(bench: Bench, pcscd: PcscBox, tmp_path: Path, kind: str) -> None:
    counter = Counter(bench, pcscd, tmp_path, kind)
    counter.issue("signature", MADE, "FIRST1")
    bench.ok(*SIGNATURE, "FIRST1", "--read-object", "--type", "cert", "--id", "02", "-o", "first")
    bench.ok(*SIGNATURE, "FIRST1", *SIGN, "02")
    assert bench.verifies("first", "signature")
    counter.verify("first", "signature", good=True)

    after = counter.issue("signature", MOVED, "SECOND2")
    bench.fails(*SIGNATURE, "FIRST1", "-O")
    bench.ok(*SIGNATURE, "SECOND2", "--read-object", "--type", "cert", "--id", "02", "-o", "second")
    assert bench.certificate("second").public_bytes(Encoding.DER) == after
    bench.ok(*SIGNATURE, "SECOND2", *SIGN, "02")
    assert bench.verifies("second", "signature")
    assert not bench.verifies("first", "signature")
    counter.verify("first", "signature", good=False)
    counter.verify("second", "signature", good=True)

    bench.ok("pkcs15-tool", "--read-certificate", "01", "-o", "authentication")
    counter.verify("authentication", "authentication", good=True)
    bench.ok(*AUTHENTICATION, MADE.pins.authentication, *SIGN, "01")
    assert bench.verifies("authentication", "signature")

    counter.revoke("signature")
    counter.verify("second", "signature", good=False)
    bench.ok(*SIGNATURE, "SECOND2", *SIGN, "02")
    assert bench.verifies("second", "signature"), "the card knows nothing of it"


def test_an_authentication_certificate_is_renewed(bench: Bench, pcscd: PcscBox, tmp_path: Path) -> None:
    counter = Counter(bench, pcscd, tmp_path, "my-number")
    made = counter.issue("authentication", MADE, "4321")
    bench.ok("pkcs15-tool", "--read-certificate", "01", "-o", "renewed")
    assert bench.certificate("renewed").public_bytes(Encoding.DER) == made
    bench.ok(*AUTHENTICATION, "4321", *SIGN, "01")
    assert bench.verifies("renewed", "signature")
    bench.ok("pkcs15-tool", "--read-certificate", "03", "-o", "ca")
    bench.ok("openssl", "verify", "-no-CAfile", "-no-CApath", "-trusted", "ca", "renewed")
