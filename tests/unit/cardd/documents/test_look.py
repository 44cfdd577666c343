"""What can be said of a document before anybody enters a PIN is said then."""

from pathlib import Path

import pytest

from cardd.documents import jws, xades
from cardd.documents.checking.xades import check as check_xades
from cardd.documents.errors import DocumentError
from cardd.documents.found import Integrity
from cardd.documents.xades_signer import Form, Layout
from tests.fixtures.application_xml import APPLICATION
from tests.fixtures.software_signer import operator, resident

IN_IT = (Form.ENVELOPED, Form.ENVELOPING)


def deep(levels: int) -> bytes:
    return b"<a>" * levels + b"</a>" * levels


def whole() -> bytes:
    signer = resident()
    prepared = xades.prepare(APPLICATION, signer.certificate)
    return prepared.finish(signer(prepared.order))


BAD = {
    "damaged": (b"<a", IN_IT, "xml_unreadable"),
    "a DTD": (b"<!DOCTYPE a><a/>", IN_IT, "xml_doctype"),
    "a namespace that is no URI": ('<a xmlns="urn:example:見本町"/>'.encode(), IN_IT, "xml_namespace"),
    "a host in Japanese letters": ('<a xmlns:b="http://見本.example/"/>'.encode(), IN_IT, "xml_namespace"),
    "a namespace without a scheme": (b'<a xmlns="form"/>', IN_IT, "xml_canonical"),
    "too deep": (deep(201), IN_IT, "xml_too_complex"),
    "too deep in a signature": (deep(199), (Form.ENVELOPING,), "xml_too_complex"),
    "signed as a whole": (whole(), (Form.ENVELOPED,), "xml_signed_whole"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_signed_is_seen_without_a_certificate(name: str) -> None:
    document, forms, problem = BAD[name]
    for form in forms:
        with pytest.raises(DocumentError, match=f"^{problem}$"):
            xades.look(document, Layout(form), name="a.xml")


@pytest.mark.parametrize("form", list(Form))
def test_what_was_looked_at_is_what_is_prepared(form: Form, tmp_path: Path) -> None:
    path = tmp_path / "申請書.xml"
    path.write_bytes(APPLICATION)
    shown = xades.look(path, Layout(form))
    assert shown == xades.prepare(path, operator().certificate, Layout(form)).facts
    assert shown.name == "申請書.xml"


def test_a_percent_encoded_namespace_and_japanese_prefixes_are_signed() -> None:
    document = '<見:a xmlns:見="urn:example:%E8%A6%8B%E6%9C%AC%E7%94%BA"/>'.encode()
    signer = resident()
    prepared = xades.prepare(document, signer.certificate)
    assert "見:a".encode() in prepared.finish(signer(prepared.order))


def test_room_for_the_signature_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xades, "SIGNATURE_ROOM", xades.LARGEST - len(APPLICATION))
    with pytest.raises(DocumentError, match=r"^too_large$"):
        xades.look(APPLICATION)
    assert xades.look(APPLICATION, Layout(Form.DETACHED), name="a.xml").size == len(APPLICATION)


def test_a_jws_that_would_be_too_large_is_seen_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(jws, "LARGEST_PAYLOAD", 3)
    (tmp_path / "a").write_bytes(b"1234")
    with pytest.raises(DocumentError, match=r"^too_large$"):
        jws.look(tmp_path / "a")
    assert jws.look(tmp_path / "a", detached=True).size == 4


def test_a_detached_jws_has_a_size_that_is_read_while_a_card_waits(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(jws, "LARGEST_DETACHED", 4)
    (tmp_path / "a").write_bytes(b"12345")
    for detached in (True, False):
        with pytest.raises(DocumentError, match=r"^too_large_for_jws$"):
            jws.look(tmp_path / "a", detached=detached)
    (tmp_path / "a").write_bytes(b"1234")
    assert jws.look(tmp_path / "a", detached=True).size == 4


def test_while_the_card_waits_a_document_is_read_once_for_a_jws_and_never_for_a_detached_xades(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path, signer = tmp_path / "a.txt", resident()
    path.write_bytes(b"agreed")
    shown, read = jws.look(path, detached=True), xades.read_before(path, hash_name="sha384")
    opens: list[Path] = []
    whole = Path.open

    def counted(self: Path, *args: str, **more: object) -> object:
        opens.append(self)
        return whole(self, *args, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", counted)
    of_jws = jws.prepare(path, certificate=signer.certificate, detached=True, known=shown)
    assert opens == [path]
    of_xml = xades.prepare(read, signer.certificate)
    assert opens == [path]
    assert of_jws.facts == of_xml.facts == shown
    signed = of_xml.finish(signer(of_xml.order))
    (found,) = check_xades(signed, content=b"agreed")
    assert found.integrity is Integrity.INTACT
    read.check()
    path.write_bytes(b"others")
    with pytest.raises(DocumentError, match=r"^document_changed$"):
        read.check()
    with pytest.raises(DocumentError, match=r"^document_changed$"):
        jws.prepare(path, certificate=signer.certificate, detached=True, known=shown)


@pytest.mark.parametrize("make", ["xades", "jws"])
@pytest.mark.proves("fault 166")
def test_a_file_that_changes_while_it_is_read_is_not_prepared(
    make: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"agreed")
    room = xades if make == "xades" else jws
    first = room.facts_of

    def changed_behind(document: Path, name: str | None = None) -> object:
        facts = first(document, name)
        path.write_bytes(b"others")
        return facts

    monkeypatch.setattr(room, "facts_of", changed_behind)
    certificate = resident().certificate
    ways = {
        "jws": lambda: jws.prepare(path, certificate=certificate),
        "xades": lambda: xades.prepare(path, certificate, Layout(Form.DETACHED), hash_name="sha512"),
    }
    with pytest.raises(DocumentError, match=r"^document_changed$"):
        ways[make]()
