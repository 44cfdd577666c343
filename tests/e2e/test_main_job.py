"""The main job, end to end, over real pcscd and over the stand-in: log in, read, sign, verify, and the record of it."""

import base64
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.fixtures.counter import CONTEXT, RESIDENT_SLOT, SIGN_CONTEXT, Counter, any_counter

__all__ = ["any_counter"]
INTENT = 1
DOCUMENT = "<申請>転入届</申請>".encode()


@pytest.mark.proves("S1", "A1", "S8")
def test_login_read_sign_logout(any_counter: Counter) -> None:
    sato = any_counter.office.people[0]
    resident = any_counter.office.resident()
    holder = resident.holder
    any_counter.log_in(sato)
    card = any_counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")

    read = any_counter.call(
        "card.read", holder.pins.card_info, card=card, items=["name", "address", "birth_date", "sex"], **CONTEXT
    )
    values = {field["item"]: field for field in read["items"]}
    assert values["name"]["text"] == holder.name
    assert values["address"]["text"] == holder.address
    assert values["birth_date"]["date"]["source"] == holder.birth_date
    assert values["sex"]["text"] == holder.sex

    digest = hashlib.sha256(DOCUMENT).digest()
    signed = any_counter.call(
        "sign.digest",
        holder.pins.authentication,
        card=card,
        key="authentication",
        hash="sha256",
        digests_base64=[base64.b64encode(digest).decode()],
        signature_format="pkcs1v15",
        **SIGN_CONTEXT,
    )
    certificate = x509.load_der_x509_certificate(base64.b64decode(signed["certificate_base64"]))
    assert certificate == x509.load_der_x509_certificate(resident.certificates.authentication_certificate)
    signature = base64.b64decode(signed["signatures_base64"][0])
    certificate.public_key().verify(signature, DOCUMENT, padding.PKCS1v15(), hashes.SHA256())

    any_counter.call("session.logout")
    any_counter.stop()
    records = any_counter.records()
    intents = [record for record in records if record["phase"] == INTENT]
    assert [record["event"] for record in intents] == ["session.login", "card.read", "sign.digest"]
    assert all(record["operator"] == "sato" and record["case"] == "R8-0042" for record in intents[1:])
    outcomes = {record["intent"]: record for record in records if "intent" in record}
    assert [outcomes[record["seq"]]["result"] for record in intents] == ["done"] * 3
