"""The issuing test profile: strict order, proof on both sides, all in force at once; and nothing of it where it is not switched on."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from applets_spec import card_file
from applets_spec.card import Card
from applets_spec.holder import Holder
from applets_spec.jpki import card_office
from applets_spec.jpki.issuing import Issuing
from applets_spec.jpki.issuing_spec import ACTIVATE, GENERATE, MOST_TRIES, OPEN, SET_PIN, TEST_SECRET, WRITE, Kind
from applets_spec.jpki.issuing_terminal import IssuingRefused, IssuingTerminal
from applets_spec.testca.issue import JpkiCertificates
from applets_spec.testca.office import JpkiOffice, OfficeError

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
SELECT = bytes.fromhex("00A4040C0AD392F000260100000001")
MADE = Holder.example("long_address")
MOVED = Holder.example("latin_name")


@pytest.fixture
def office(tmp_path: Path) -> JpkiOffice:
    return JpkiOffice.create(tmp_path / "jpki", NOW)


@pytest.fixture
def path(tmp_path: Path, my_number_state: dict[str, Any]) -> Path:
    """A card's file; the card takes part in the profile."""
    place = tmp_path / "card.json"
    Card.from_state(copy.deepcopy(my_number_state), place).save()
    card_office.switch(place, on=True)
    return place


def powered(path: Path) -> Card:
    card = Card.load(path)
    card.power_on()
    return card


def status(card: Card, *command: str) -> str:
    return card.transmit(bytes.fromhex("".join(command)))[-2:].hex()


def opened(card: Card, secret: bytes = TEST_SECRET) -> IssuingTerminal:
    terminal = IssuingTerminal(card.transmit, secret)
    terminal.open()
    return terminal


def test_a_card_that_is_not_switched_on_answers_as_one_without_the_profile(make_card: Callable[..., Card]) -> None:
    plain = make_card()
    plain.transmit(SELECT)
    answers = {ins: status(plain, f"80{ins:02X}0001") for ins in (OPEN, GENERATE, WRITE, ACTIVATE)}
    assert set(answers.values()) == {"6d00"}
    assert status(plain, f"80{SET_PIN:02X}000104", "31323334") == "6e00"  # known in class 00 alone
    with pytest.raises(IssuingRefused, match="OPEN: the card answers 6D00"):
        IssuingTerminal(plain.transmit).open()


def test_switched_off_again_the_file_is_as_it_was(path: Path, my_number_state: dict[str, Any]) -> None:
    assert card_file.read(path)["applets"]["jpki"]["issuing"]["tries"] == MOST_TRIES
    card_office.switch(path, on=False)
    assert card_file.read(path)["applets"] == my_number_state["applets"]


def test_issued_certificate_key_and_pin_are_in_force(
    path: Path, office: JpkiOffice, certificates: JpkiCertificates
) -> None:
    visit = card_office.issue(path, office, "signature", MADE, "NEW789", NOW)
    leaf = x509.load_der_x509_certificate(visit.certificate)
    leaf.verify_directly_issued_by(x509.load_der_x509_certificate(certificates.signature_ca))
    assert leaf.public_key() != certificates.signature_key.public_key()
    card = powered(path)
    card.transmit(SELECT)
    assert status(card, "0020009B06", b"NEW789".hex()) == "9000"
    read = card.transmit(bytes.fromhex("00B0810000"))[:-2]
    assert read == visit.certificate[:256]
    assert card_office.certificate_on(path, "authentication") == certificates.authentication_certificate
    assert card.references()["jpki.authentication"].value == MADE.pins.authentication.encode()


def test_only_the_signature_certificate_falls_with_an_address(
    path: Path, office: JpkiOffice, certificates: JpkiCertificates
) -> None:
    visit = card_office.issue(path, office, "signature", MOVED, "ABC123", NOW)
    assert visit.revoked == certificates.signature_certificate
    reasons = [each.reason for each in office.revocations(card_row(office, "signature"))]
    assert reasons == [x509.ReasonFlags.affiliation_changed]
    assert not office.is_revoked(certificates.authentication_certificate)
    again = card_office.issue(path, office, "signature", MOVED, "ABC123", NOW)
    assert again.revoked == visit.certificate
    assert office.revocations(card_row(office, "signature"))[-1].reason is x509.ReasonFlags.superseded


def card_row(office: JpkiOffice, kind: str) -> Any:
    from applets_spec.testca.hierarchy import authority
    from applets_spec.testca.office import KINDS

    assert office.folder.is_dir()
    return authority(KINDS[kind])


def test_a_child_s_card_gets_its_first_signature_certificate(
    tmp_path: Path, office: JpkiOffice, my_number_state: dict[str, Any]
) -> None:
    state = copy.deepcopy(my_number_state)
    applet = state["applets"]["jpki"]
    for part in ("files", "keys"):
        applet[part].pop("signature_certificate" if part == "files" else "signature_key")
    applet["pins"]["signature"]["tries"] = 0
    applet["files"]["availability"] = ["AI8A"]
    path = tmp_path / "child.json"
    Card.from_state(state, path).save()
    card_office.switch(path, on=True)
    with pytest.raises(OfficeError, match="no signature certificate"):
        card_office.revoke(path, office, "signature", x509.ReasonFlags.superseded, NOW)
    assert card_office.issue(path, office, "signature", MADE, "FIRST1", NOW).revoked is None
    card = powered(path)
    card.transmit(SELECT)
    assert card.transmit(bytes.fromhex("00B0880003")).hex() == "8f8f009000"
    assert status(card, "0020009B06", b"FIRST1".hex()) == "9000"


@pytest.mark.parametrize("after", range(1, 12))
def test_a_card_that_is_pulled_keeps_what_it_had(path: Path, office: JpkiOffice, after: int) -> None:
    """Whatever command was the last: nothing is half."""
    before = card_file.read(path)["applets"]["jpki"]
    card = powered(path)
    seen = 0

    def pulled(command: bytes) -> bytes:
        nonlocal seen
        seen += 1
        if seen > after:
            card.power_off()
            return bytes.fromhex("6985")
        return card.transmit(command)

    with pytest.raises(IssuingRefused):
        run(IssuingTerminal(pulled), office)
    assert card_file.read(path)["applets"]["jpki"] == before


def run(terminal: IssuingTerminal, office: JpkiOffice, pin: bytes = b"ABC123") -> None:
    terminal.open()
    key = terminal.generate(Kind.SIGNATURE)
    certificate = office.issue("signature", MADE, key, NOW)
    terminal.finish(Kind.SIGNATURE, certificate, office.certificate_of(card_row(office, "signature")), pin)


def test_what_was_issued_and_reached_no_card_is_revoked(
    path: Path, office: JpkiOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise IssuingRefused("pulled")

    monkeypatch.setattr(IssuingTerminal, "finish", fails)
    with pytest.raises(IssuingRefused):
        card_office.issue(path, office, "signature", MADE, "ABC123", NOW)
    (revoked,) = office.revocations(card_row(office, "signature"))
    assert revoked.reason is x509.ReasonFlags.cessation_of_operation


def test_a_wrong_secret_counts_down_and_the_count_stays(path: Path) -> None:
    for left in reversed(range(MOST_TRIES)):
        with pytest.raises(IssuingRefused, match=f"63C{left}"):
            opened(powered(path), b"\x00" * 32)
    with pytest.raises(IssuingRefused, match="6983"):
        opened(powered(path))


def test_the_right_secret_sets_the_count_back(path: Path) -> None:
    with pytest.raises(IssuingRefused, match="63C4"):
        opened(powered(path), b"\x00" * 32)
    opened(powered(path))
    assert card_file.read(path)["applets"]["jpki"]["issuing"]["tries"] == MOST_TRIES


def test_a_card_that_does_not_know_the_secret_is_not_believed(path: Path) -> None:
    card = powered(path)

    def liar(command: bytes) -> bytes:
        return bytes(32) + b"\x90\x00" if command[1] == OPEN else card.transmit(command)

    with pytest.raises(IssuingRefused, match="does not know the secret"):
        IssuingTerminal(liar).open()


def test_a_key_that_was_exchanged_on_its_way_is_not_certified(path: Path) -> None:
    card = powered(path)

    def changing(command: bytes) -> bytes:
        answer = card.transmit(command)
        return answer[:100] + bytes([answer[100] ^ 1]) + answer[101:] if command[1] == GENERATE else answer

    terminal = IssuingTerminal(changing)
    terminal.open()
    with pytest.raises(IssuingRefused, match="changed on its way"):
        terminal.generate(Kind.SIGNATURE)


STEPS = {
    "generate": f"80{GENERATE:02X}000100",
    "write holder": f"80{WRITE:02X}0011030000AA",
    "write authority": f"80{WRITE:02X}0021030000AA",
    "set pin": f"80{SET_PIN:02X}000106{b'ABC123'.hex()}",
    "activate": f"80{ACTIVATE:02X}0001",
}


@pytest.mark.parametrize("step", STEPS)
def test_before_the_proof_nothing_is_done(path: Path, step: str) -> None:
    card = powered(path)
    card.transmit(SELECT)
    assert status(card, STEPS[step]) == "6982"


ORDER = ("generate", "write holder", "write authority", "set pin")
ALLOWED = {
    (): {"generate"},
    ORDER[:1]: {"generate", "write holder"},
    ORDER[:2]: {"generate", "write authority"},
    ORDER[:3]: {"generate", "set pin"},
    ORDER: {"generate", "set pin", "activate"},
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("done", ALLOWED, ids=lambda done: done[-1] if done else "opened")
def test_every_other_order_is_refused(path: Path, done: tuple[str, ...], step: str) -> None:
    card = powered(path)
    opened(card)
    for each in done:
        assert status(card, STEPS[each])[:2] in ("90", "61"), each
    said = status(card, STEPS[step])
    if step not in ALLOWED[done]:
        # a second piece at the offset of the first is refused by its offset
        assert said in ("6985", "6b00")
    elif step == "activate":
        assert said == "6a80", "what was written is no certificate"
    else:
        assert said[:2] in ("90", "61")


def test_another_kind_than_the_one_begun_is_refused(path: Path) -> None:
    card = powered(path)
    opened(card)
    status(card, STEPS["generate"])
    assert status(card, f"80{WRITE:02X}0012030000AA") == "6985"


@pytest.mark.parametrize(
    ("pin", "kind"),
    [
        ("abc123", 1),
        ("ABCDEF", 1),
        ("123456", 1),
        ("AB123", 1),
        ("A" * 16 + "1", 1),
        ("123", 2),
        ("12345", 2),
        ("12a4", 2),
    ],
)
def test_a_pin_of_another_form_is_refused(path: Path, pin: str, kind: int) -> None:
    card = powered(path)
    opened(card)
    for step in ORDER[:3]:
        command = bytearray.fromhex(STEPS[step])
        command[3] = command[3] & 0xF0 | kind
        assert status(card, command.hex())[:2] in ("90", "61")
    assert status(card, f"80{SET_PIN:02X}00{kind:02X}{len(pin):02X}{pin.encode().hex()}") == "6a80"


def test_the_certificate_of_another_key_is_not_activated(
    path: Path, office: JpkiOffice, certificates: JpkiCertificates
) -> None:
    terminal = opened(powered(path))
    terminal.generate(Kind.SIGNATURE)
    other = office.issue("signature", MADE, certificates.signature_key.public_key(), NOW)
    with pytest.raises(IssuingRefused, match="ACTIVATE: the card answers 6A80"):
        terminal.finish(Kind.SIGNATURE, other, certificates.signature_ca, b"ABC123")


def test_a_certificate_longer_than_its_file_is_refused(path: Path) -> None:
    terminal = opened(powered(path))
    terminal.generate(Kind.SIGNATURE)
    with pytest.raises(IssuingRefused, match="WRITE: the card answers 6A84"):
        terminal.finish(Kind.SIGNATURE, bytes(3809), b"x", b"ABC123")


def test_a_challenge_is_good_once(path: Path) -> None:
    card = powered(path)
    sent: list[bytes] = []

    def heard(command: bytes) -> bytes:
        sent.append(command)
        return card.transmit(command)

    IssuingTerminal(heard).open()
    replay = next(command for command in sent if command[1] == OPEN)
    assert card.transmit(replay)[-2:].hex() == "6985"
    assert status(card, STEPS["generate"]) == "6982", "a failed proof closes what was open"


def test_a_pin_of_the_wrong_form_never_reaches_the_card(path: Path, office: JpkiOffice) -> None:
    before = path.read_bytes()
    with pytest.raises(OfficeError, match="PIN"):
        card_office.issue(path, office, "signature", MADE, "1234", NOW)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "state", [{"secret": "00", "tries": 5}, {"secret": "00" * 32, "tries": 6}, {"secret": "00" * 32, "tries": -1}]
)
def test_a_damaged_state_is_refused(state: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="issuing"):
        Issuing.from_state(state)
