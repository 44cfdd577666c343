"""`cardd-vcard certificate` on a card that is in a running virtual reader: it goes out to the terminal and comes back."""

from __future__ import annotations

from pathlib import Path

from tests.pcsc.test_standin_command import Command, idle, vcard

__all__ = ["idle", "vcard"]


def test_a_card_in_a_reader_is_issued_to_and_comes_back(vcard: Command, tmp_path: Path) -> None:
    card, jpki = str(tmp_path / "card.json"), str(tmp_path / "jpki")
    vcard.json("jpki", "create", jpki)
    vcard.json("make", "juki", card)
    vcard.json("insert", card, "--reader", "1")
    refused = vcard("certificate", "issue", "--reader", "1", "--jpki", jpki, "--kind", "signature")
    assert refused.returncode == 1
    assert "6D00" in refused.stderr
    vcard.json("certificate", "enable", "--reader", "1")
    told = vcard.json(
        "certificate", "issue", "--reader", "1", "--jpki", jpki, "--kind", "signature", "--pin", "NEWPIN1"
    )
    assert told["revoked_sha256"] is not None
    rows = vcard.json("list")["readers"]
    assert [row["card"] for row in rows] == [None, card]  # type: ignore[attr-defined]
    read = vcard.client(
        "pkcs15-tool",
        "--reader",
        "1",
        "--verify-pin",
        "--auth-id",
        "02",
        "--pin",
        "NEWPIN1",
        "--read-certificate",
        "02",
    )
    assert read.returncode == 0, read.stderr
    exported = vcard.json("certificate", "export", card, "--kind", "signature", "--out", str(tmp_path / "leaf.cer"))
    assert exported["sha256"] == told["certificate_sha256"]
    revoked = vcard.json(
        "certificate", "revoke", "--reader", "1", "--jpki", jpki, "--kind", "signature", "--reason", "key-compromise"
    )
    assert revoked["revoked_sha256"] == told["certificate_sha256"]


def test_wrong_use_is_told(vcard: Command, tmp_path: Path) -> None:
    card, jpki = str(tmp_path / "card.json"), str(tmp_path / "jpki")
    vcard.json("jpki", "create", jpki)
    vcard.json("make", "juki", card)
    words = ("--jpki", jpki, "--kind", "signature")
    assert vcard("certificate", "issue", *words).returncode == 2
    assert vcard("certificate", "issue", card, "--reader", "0", *words).returncode == 2
    empty = vcard("certificate", "issue", "--reader", "0", *words)
    assert (empty.returncode, "no card" in empty.stderr) == (1, True)
    wrong_pin = vcard("certificate", "issue", card, "--pin", "-", *words, stdin="1234\n")
    assert (wrong_pin.returncode, "PIN" in wrong_pin.stderr) == (1, True)
