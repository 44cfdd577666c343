"""Signed documents in the tour: a form as PDF with a visible signature, application XML, both checked here and by others."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.testca.crl import issue_crl
from applets_spec.testca.hierarchy import Family, authority
from demo.form import write_form
from demo.office import Office, Resident
from demo.stage import Failed
from demo.tour import Tour

YES = "はい"
FORM, SIGNED_FORM = "転入届.pdf", "転入届-signed.pdf"
XML, SIGNED_XML = "申請.xml", "申請-signed.xml"
PICTURE = "signed-form"
USE = ("--purpose", "online_signature", "--case", "R8-0042")
KINDS = {"jpki_signature": Family.SIGNATURE, "jpki_authentication": Family.AUTHENTICATION}


def lists(office: Office, resident: Resident) -> str:
    """Anchors and revocation lists of residents' certificates, as the helper would fetch them; the settings that name them."""
    folder = office.folder / "lists"
    folder.mkdir(exist_ok=True)
    now = datetime.now(UTC).replace(microsecond=0)
    text = f"[revocation]\ndirectory = {_quoted(folder)}\n"
    cas = {
        "jpki_signature": resident.certificates.signature_ca,
        "jpki_authentication": resident.certificates.authentication_ca,
    }
    tables = ""
    for about, family in KINDS.items():
        ca = office.folder / f"{about}_ca.pem"
        ca.write_bytes(x509.load_der_x509_certificate(cas[about]).public_bytes(Encoding.PEM))
        crl = issue_crl(authority(family), (), now - timedelta(hours=1), now + timedelta(days=1), number=1)
        (folder / f"{about}.crl").write_bytes(crl)
        text += f"{about}_ca = [{_quoted(ca)}]\n"
        tables += f'[[revocation.lists]]\nname = "{about}"\nfor = "{about}"\nca = {_quoted(ca)}\n'
    return f"{text}{tables}\n"


def _quoted(path: Path) -> str:
    """A TOML basic string; its escapes are those of JSON."""
    return json.dumps(str(path), ensure_ascii=False)


def sign_documents(tour: Tour, folder: Path, resident: Resident) -> None:
    """The resident signs two documents at the counter, and everybody looks at them."""
    name = resident.holder.name
    _write(folder, name, resident.holder.address)
    pin = resident.holder.pins.signature
    tour.step(
        "転入届（PDF）に、住民が見える形で署名します。内容を見て、同意してから、暗証番号を1回",
        "A form as PDF with a visible signature: the person sees what is signed, says yes, and types the PIN once",
    )
    box = ("--visible", name, "--visible-purpose", "転入届", "--visible-office", "見本町役場 窓口")
    tour.person("sign", *USE, "--format", "pades", *box, FORM, answers=[YES, pin])
    tour.step(
        "申請書（XML、要素名も日本語）にも署名します（XAdES）",
        "Application XML with Japanese element names: XAdES, enveloped; one PIN again",
    )
    tour.person("sign", *USE, "--format", "xades", XML, answers=[YES, pin])
    tour.step(
        "2つの署名を確かめます。窓口で読み上げられる言葉で",
        "Both are verified, in words that a clerk can read aloud; revocation by this machine's own lists",
    )
    for signed in (SIGNED_FORM, SIGNED_XML):
        tour.clerk("verify", *USE, signed)
    tour.step(
        "ほかのソフトウェアも、この署名を認めます（poppler の pdfsig）。ページを画像にします",
        "Software that nobody here wrote agrees: poppler's pdfsig. The page as a picture",
    )
    if "Signature is Valid." not in tour.run("pdfsig", "-nocert", SIGNED_FORM):
        raise Failed("pdfsig does not accept the signature")
    tour.run("pdftoppm", "-r", "80", "-png", "-singlefile", SIGNED_FORM, PICTURE)
    tour.step(
        "署名のあとで1文字でも変えると、すぐに分かります", "One character changed after signing: it is seen at once"
    )
    content = (folder / SIGNED_XML).read_text(encoding="utf-8")
    changed = content.replace("一丁目", "二丁目", 1)
    if changed == content:
        raise Failed("there was nothing to change in the signed XML")
    (folder / "changed.xml").write_text(changed, encoding="utf-8")
    tour.clerk("verify", *USE, "changed.xml", expect=TOTAL_FAILED)


TOTAL_FAILED = 42
"""Exit status of `cardctl verify`: a signature is wrong."""


def _write(folder: Path, name: str, address: str) -> None:
    rows: Sequence[tuple[str, str]] = (
        ("届出日", "令和8年11月23日"),
        ("異動日", "令和8年11月20日"),
        ("氏名", name),
        ("新しい住所", "見本県見本町一丁目２番３号"),
        ("これまでの住所", address),
        ("世帯主", f"{name}（本人）"),
    )
    write_form(folder / FORM, rows)
    (folder / XML).write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<申請書 xmlns="urn:example:mihon">\n  <種別>転入届</種別>\n'
        f"  <氏名>{name}</氏名>\n  <新しい住所>見本県見本町一丁目２番３号</新しい住所>\n</申請書>\n",
        encoding="utf-8",
    )
