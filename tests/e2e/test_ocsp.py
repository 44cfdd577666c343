"""OCSP with everything real: the daemon asks through a folder, `cardd-lists` posts, OpenSSL answers, and the daemon judges."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from demo.office import Resident
from tests.e2e.fault_house import nothing_left_by_the_module, nothing_left_running, take_out
from tests.e2e.ocsp_house import Asked, nothing_asked_any_more, open_asking_house
from tests.e2e.revocation_house import checked, last_sign_outcome, serial_of, sign, signing
from tests.fixtures.counter import RESIDENT_SLOT, until

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
KIND = "jpki_authentication"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    with open_asking_house(tmp_path_factory.mktemp("ocsp"), KIND, "jpki_signature", "operator_ca") as opened:
        person = opened.counter.office.people[0]
        opened.fronts["operator_ca"].responder.knows(person.certificates.slots[0x9A].certificate)
        opened.counter.log_in(person)
        yield opened


@pytest.fixture(scope="module")
def residents(house: Asked) -> list[Resident]:
    """Known as good, known as revoked, not known; and two that are good, for tests in which it is not asked so simply."""
    found = [house.counter.office.resident(number=number) for number in (1, 2, 3, 4, 5)]
    for kind in (KIND, "jpki_signature"):
        responder = house.fronts[kind].responder
        for number in (0, 1, 3, 4):
            responder.knows(_der(found[number], kind), revoked=number == 1)
    return found


def _der(resident: Resident, kind: str = KIND) -> bytes:
    certificates = resident.certificates
    return certificates.authentication_certificate if kind == KIND else certificates.signature_certificate


@pytest.mark.proves("K2", "S12", "fault 159")
def test_a_badge_is_asked_about_before_anybody_types(house: Asked) -> None:
    front = house.fronts["operator_ca"]
    assert len(front.questions) == 1
    login = next(record for record in house.counter.records() if record.get("certificate") == "good")
    assert 0 <= login["list_age_s"] < 3600, "the age of the answer, by its thisUpdate"
    assert "Hash Algorithm: sha256" in front.responder.in_words(front.questions[0])
    assert house.row() == {"name": "ocsp", "state": "good", "problem": None}


@pytest.mark.proves("K2", "fault 159")
def test_a_certificate_that_the_responder_calls_good_signs(house: Asked, residents: list[Resident]) -> None:
    """The signature certificate is readable after the PIN alone: it is asked about while its card waits."""
    counter, resident, front = house.counter, residents[0], house.fronts["jpki_signature"]
    asked = len(front.questions)
    card = counter.insert(resident.card, RESIDENT_SLOT)
    words = signing(card) | {"key": "signature"}
    assert counter.call("sign.digest", resident.holder.pins.signature, **words)["signatures_base64"]
    take_out(counter, RESIDENT_SLOT)
    record = last_sign_outcome(counter)
    assert (record["result"], record["certificate"]) == ("done", "good")
    assert 0 <= record["list_age_s"] < 3600
    assert len(front.questions) == asked + 1
    assert front.types == {"application/ocsp-request"}
    nothing_asked_any_more(house)
    # What lies here answers the next one: nobody is asked twice while it is good.
    assert checked(counter, _der(resident, "jpki_signature"))["result"] == "good"
    assert len(front.questions) == asked + 1


@pytest.mark.proves("K2", "fault 159")
def test_the_question_is_one_certificate_and_nothing_else(house: Asked, residents: list[Resident]) -> None:
    checked(house.counter, _der(residents[3], "jpki_signature"))
    front = house.fronts["jpki_signature"]
    shown = front.responder.in_words(front.questions[-1])
    assert shown.count("Certificate ID:") == 1
    assert "Hash Algorithm: sha1" in shown
    assert "Nonce" not in shown
    assert "Requestor Name" not in shown


@pytest.mark.proves("K2", "fault 153", "fault 159")
def test_a_certificate_that_the_responder_calls_revoked_signs_nothing(house: Asked, residents: list[Resident]) -> None:
    counter, resident = house.counter, residents[1]
    card = counter.insert(resident.card, RESIDENT_SLOT)
    error = counter.fails("sign.digest", resident.holder.pins.authentication, **signing(card))
    take_out(counter, RESIDENT_SLOT)
    assert error.name == "cert.revoked"
    record = last_sign_outcome(counter)
    assert (record["result"], record["code"], record["certificate"]) == ("refused", "cert.revoked", "revoked")


@pytest.mark.proves("K2", "K4", "fault 159")
def test_a_certificate_that_the_responder_does_not_know_goes_by_the_rule_of_the_purpose(
    house: Asked, residents: list[Resident]
) -> None:
    told = checked(house.counter, _der(residents[2]))
    assert (told["result"], told["reason"], told["usable"]) == ("unknown", "responder_unknown", False)
    loose = checked(house.counter, _der(residents[2]), purpose="certificate_issue")
    assert (loose["result"], loose["usable"]) == ("unknown", True)


@pytest.mark.proves("K2", "fault 159")
def test_try_later_is_an_answer_and_says_nothing(house: Asked, residents: list[Resident]) -> None:
    front = house.fronts[KIND]
    front.says_later()
    told = checked(house.counter, _der(residents[3]))
    assert (told["result"], told["reason"]) == ("unknown", "responder_try_later")
    assert house.row()["state"] == "good", "it speaks"


@pytest.mark.proves("K2", "K4", "fault 154")
def test_a_silent_responder_leaves_it_to_the_purpose_and_is_waited_for_once(
    house: Asked, residents: list[Resident]
) -> None:
    counter, front = house.counter, house.fronts[KIND]
    name = f"{KIND}-{hashlib.sha256(_der(residents[3])).hexdigest()}.ocsp"
    (house.folder / name).unlink(missing_ok=True)
    front.silent()
    told = checked(counter, _der(residents[3]))
    assert (told["result"], told["reason"], told["usable"]) == ("unknown", "ocsp_silent", False)
    assert house.row() == {"name": "ocsp", "state": "warning", "problem": "ocsp_silent"}
    assert "event=ocsp_not_answered" in house.helper_says()
    assert f"responder={KIND}" in house.helper_says()
    asked = len(front.questions)
    loose = checked(counter, _der(residents[3]), purpose="certificate_issue")
    assert (loose["reason"], loose["usable"]) == ("ocsp_silent", True)
    assert len(front.questions) == asked, "nobody asks a responder again that said nothing a moment ago"
    card = counter.insert(residents[3].card, RESIDENT_SLOT)
    error = counter.fails("sign.digest", residents[3].holder.pins.authentication, **signing(card))
    take_out(counter, RESIDENT_SLOT)
    assert (error.name, error.data["problem"]) == ("cert.unknown", "ocsp_silent")
    nothing_asked_any_more(house)
    # Logs have the responder's name, and nothing of the certificate.
    said = [line for line in (counter.log + house.helper_says()).splitlines() if "event=ocsp_" in line]
    assert len(said) >= 2
    fingerprint, serial = hashlib.sha256(_der(residents[3])).hexdigest(), serial_of(_der(residents[3]))
    assert not any(part in line for line in said for part in (fingerprint, f"{serial:x}", f"{serial:X}", str(serial)))


@pytest.mark.proves("K2")
def test_what_others_put_into_the_folder_counts_without_asking(house: Asked, residents: list[Resident]) -> None:
    front, der = house.fronts[KIND], _der(residents[4])
    asked = len(front.questions)
    issuer = x509.load_pem_x509_certificate((front.responder.folder / "ca.pem").read_bytes())
    leaf = x509.load_der_x509_certificate(der)
    question = (
        ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA256()).build().public_bytes(Encoding.DER)
    )
    name = f"brought-{hashlib.sha256(der).hexdigest()}.ocsp"
    (house.folder / name).write_bytes(front.responder.answer(question))
    card = house.counter.insert(residents[4].card, RESIDENT_SLOT)
    assert sign(house.counter, residents[4], card)["signatures_base64"]
    take_out(house.counter, RESIDENT_SLOT)
    assert len(front.questions) == asked


@pytest.mark.proves("C4", "K2", "fault 1")
def test_a_card_that_is_pulled_while_a_responder_is_waited_for_is_gone_at_once(
    house: Asked, residents: list[Resident]
) -> None:
    counter, resident, front = house.counter, residents[2], house.fronts["jpki_signature"]
    front.silent()
    asked = len(front.questions)
    card = counter.insert(resident.card, RESIDENT_SLOT)
    words = signing(card) | {"key": "signature"}
    with ThreadPoolExecutor() as threads:
        signing_it = threads.submit(counter.fails, "sign.digest", resident.holder.pins.signature, **words)
        until(lambda: len(front.questions) > asked, 60)
        take_out(counter, RESIDENT_SLOT)
        error = signing_it.result(60)
    assert error.name == "card.removed"
    assert last_sign_outcome(counter)["result"] == "failed"


def test_without_a_responder_nothing_is_asked(tmp_path: Path) -> None:
    with open_asking_house(tmp_path) as opened:
        counter = opened.counter
        counter.log_in(counter.office.people[0])
        told = checked(counter, _der(counter.office.resident(number=1)))
        assert (told["result"], told["reason"]) == ("not_checked", "not_checked")
        assert not opened.asked.exists()
        assert all(row["name"] != "ocsp" for row in counter.call("health")["checks"])
