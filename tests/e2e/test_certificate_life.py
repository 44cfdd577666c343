"""A card's certificates from issue to replacement, seen through cardd: it signs with what is on the card, and issues nothing itself."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from applets_spec.card import Card
from applets_spec.jpki.issuing_spec import ACTIVATE, GENERATE, OPEN, SET_PIN, WRITE
from cardd.cli.main import main as cardctl
from cardd.iso7816.commands import Ins
from cardd.wire.catalogue import METHODS
from tests.fixtures.counter import RESIDENT_SLOT, SIGN_CONTEXT, Counter, counter

__all__ = ["counter"]
DOCUMENT = "<申請>転入届</申請>".encode()


def vcard(*words: object) -> dict[str, Any]:
    """The command as people type it."""
    command = [sys.executable, "-m", "applets_spec", *(str(word) for word in words), "--json"]
    told: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=300).stdout)
    return told


def signed(counter: Counter, card: str, key: str, pin: str) -> str:
    """Sign through cardd and check it; the fingerprint of the certificate that came along."""
    digest = base64.b64encode(hashlib.sha256(DOCUMENT).digest()).decode()
    done = counter.call("sign.digest", pin, card=card, key=key, hash="sha256", digests_base64=[digest],
                        signature_format="pkcs1v15", **SIGN_CONTEXT)  # fmt: skip
    der = base64.b64decode(done["certificate_base64"])
    key_of_card: Any = x509.load_der_x509_certificate(der).public_key()
    key_of_card.verify(base64.b64decode(done["signatures_base64"][0]), DOCUMENT, padding.PKCS1v15(), hashes.SHA256())
    return hashlib.sha256(der).hexdigest()


def test_issued_replaced_and_signed_with(counter: Counter, tmp_path: Path) -> None:
    jpki, path = tmp_path / "jpki", tmp_path / "card.json"
    vcard("jpki", "create", jpki)
    vcard("make", "my-number", path, "--number", 3)
    vcard("certificate", "enable", path)
    counter.log_in(counter.office.people[0])

    first = vcard("certificate", "issue", path, "--jpki", jpki, "--kind", "signature", "--pin", "FIRST1")
    card = counter.insert(Card.load(path), RESIDENT_SLOT, kind="my_number")
    assert signed(counter, card, "signature", "FIRST1") == first["certificate_sha256"]
    authentication = signed(counter, card, "authentication", "1234")
    counter.pull(RESIDENT_SLOT)

    second = vcard(
        "certificate",
        "issue",
        path,
        "--jpki",
        jpki,
        "--kind",
        "signature",
        "--pin",
        "SECOND2",
        "--holder",
        "latin_name",
    )
    assert second["revoked_sha256"] == first["certificate_sha256"]
    card = counter.insert(Card.load(path), RESIDENT_SLOT, kind="my_number")
    assert signed(counter, card, "signature", "SECOND2") == second["certificate_sha256"]
    assert signed(counter, card, "authentication", "1234") == authentication, "an address is not in it"


@pytest.mark.proves("K1")
def test_cardd_can_issue_nothing() -> None:
    """No command of a card, of cardctl or of the socket is one of the test profile's: it is the virtual cards' alone."""
    profile = {OPEN, GENERATE, WRITE, ACTIVATE}
    assert not profile & {each.value for each in Ins}
    assert SET_PIN in set(Ins), "the one they share changes a PIN under class 00, after the old one was verified"
    assert not [each.name for each in METHODS if "issu" in each.name or each.name.startswith("jpki")]
    assert not [name for name in cardctl.commands if "issu" in name or name in ("jpki", "ca")]  # type: ignore[attr-defined]
