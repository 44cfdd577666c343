"""The part of a canary's day with real documents and with certificates that come along: signed, checked, and all that fails."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509

from applets_spec.testca.crl import issue_crl
from cardd.documents import cades, counter, jws, pades, xades
from cardd.documents.checking.judging import Question, Trust
from cardd.documents.checking.report import CertificateReport
from cardd.documents.checking.verify import check_file
from cardd.documents.errors import DocumentError
from demo.office import Office
from tests.daemon.canary_scene import DOCUMENT_NAME, HOLDER, WRONG, Day
from tests.daemon.tools import Lines
from tests.e2e.revocation_house import ca_pem, row_of
from tests.fixtures.counter import SIGN_CONTEXT
from tests.fixtures.made_pdf import plain
from tests.fixtures.octets import flipped

if TYPE_CHECKING:
    from tests.daemon.canary_day import Shift

XML = f'<届 xmlns="urn:example:todoke"><氏名>{HOLDER.name}</氏名><番号>{HOLDER.my_number}</番号></届>'.encode()
FAMILIES = ("jpki_signature", "jpki_authentication")
STEM = DOCUMENT_NAME.removesuffix(".pdf")


def trust_residents(office: Office) -> None:
    """The daemon knows the authorities of residents' certificates, so that it looks into what it is given."""
    write: Callable[..., None] = office.write

    def with_anchors(socket: Path, *, extra_config: str = "", **other: Any) -> None:
        text = "\n[revocation]\n"
        for name in FAMILIES:
            file = office.folder / f"{name}-ca.pem"
            file.write_bytes(ca_pem(name))
            text += f'{name}_ca = ["{file}"]\n'
        write(socket, extra_config=extra_config + text, **other)

    office.write = with_anchors  # type: ignore[method-assign]


def documents(shift: Shift) -> None:
    """A person's PDF, XML and text are signed and checked by a program; then everything goes wrong once."""
    folder = shift.stage.folder / "documents"
    folder.mkdir()
    use = counter.Use(shift.resident, SIGN_CONTEXT["purpose"], SIGN_CONTEXT["case"])
    pdf, xml = folder / DOCUMENT_NAME, folder / f"{STEM}.xml"
    pdf.write_bytes(plain(2))
    xml.write_bytes(XML)
    signed = _signed(shift, use, pdf, xml)
    for path in signed:
        report = check_file(path, trust=Trust(_Daemon(shift)))
        shift.day.keep("repr of a report", repr([each.indication for each in report.signatures]))
    _failing_signatures(shift, use, pdf, xml)
    _failing_checks(shift, signed)
    certificates(shift)


def _signed(shift: Shift, use: counter.Use, pdf: Path, xml: Path) -> list[Path]:
    made = {}
    with shift.client() as client:
        of_pdf = pades.prepare(pdf.read_bytes(), name=pdf.name)
        made["-signed.pdf"] = of_pdf.finish(counter.sign(client, use, of_pdf).octets)
        of_any = cades.prepare(xml, enveloping=True)
        made[".p7m"] = of_any.finish(counter.sign(client, use, of_any).octets)
        begun = counter.begin(client, use, xades.look(xml))
        of_xml = xades.prepare(xml, begun.certificate, name=xml.name)
        made["-signed.xml"] = of_xml.finish(counter.finish(client, begun, of_xml).octets)
        begun = counter.begin(client, use, jws.look(xml))
        of_json = jws.prepare(xml, certificate=begun.certificate)
        made[".jws"] = of_json.finish(counter.finish(client, begun, of_json).octets)
        for each in (of_pdf, of_any, begun, of_xml, of_json):
            shift.day.keep("repr of what is prepared", repr(each))
    paths = []
    for ending, octets in made.items():
        paths.append(pdf.with_name(STEM + ending))
        paths[-1].write_bytes(octets)
    return paths


class _Daemon:
    """The daemon judges the certificates of a signed document."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift

    def __call__(self, question: Question) -> CertificateReport:
        self._shift.day.keep("repr of a question", repr(question))
        _check(self._shift, question.certificate, others_base64=[_text(each) for each in question.others[:8]])
        at = question.at
        return CertificateReport(at, "not_checked", "not_checked", "not_checked", None, "jpki_signature", True, "")


# --- what fails ----------------------------------------------------------------------------------------------------------


def _failing_signatures(shift: Shift, use: counter.Use, pdf: Path, xml: Path) -> None:
    of_pdf = pades.prepare(pdf.read_bytes(), name=pdf.name)
    for place in ("PDF", "XML"):
        with shift.client({"signature": WRONG[place]}) as client, shift.day.failing(f"{place}: wrong PIN"):
            if place == "PDF":
                counter.sign(client, use, of_pdf)
            else:
                counter.begin(client, use, xades.look(xml))
        with shift.client() as client:  # the counter of tries is full again
            answer = counter.sign(client, use, of_pdf)
    with shift.client() as client:
        begun = counter.begin(client, use, xades.look(xml))
        prepared = xades.prepare(xml, begun.certificate, name=xml.name)
        value = counter.finish(client, begun, prepared).octets
    other = shift.day.certificates.authentication_certificate
    for place, work in {
        "PDF: another certificate": lambda: of_pdf.finish(answer.octets, expected_fingerprint="0" * 64),
        "PDF: another answer": lambda: of_pdf.finish(flipped(answer.octets)),
        "XML: another certificate": lambda: xades.prepare(xml, other, name=xml.name).finish(value),
        "XML: another value": lambda: prepared.finish(flipped(value)),
        "PDF: damaged": lambda: pades.prepare(plain(1)[:-200] + XML, name=pdf.name),
        "PDF: none": lambda: pades.prepare(XML, name=pdf.name),
        "XML: damaged": lambda: xades.look(_beside(xml, XML[:-4])),
        "XML: a name of its own": lambda: xades.look(
            _beside(xml, XML.replace(b"urn:example:todoke", b"urn:\xe5\xb1\xb1"))
        ),
        "XML: gone": lambda: xades.look(xml.with_name(f"{HOLDER.name}.xml")),
    }.items():
        _fails(shift.day, place, work)
    with shift.client() as client:
        begun = counter.begin(client, use, jws.look(xml))
        of_another = jws.prepare(pdf, certificate=begun.certificate)
        _fails(shift.day, "another document", lambda: counter.finish(client, begun, of_another))


def _failing_checks(shift: Shift, signed: list[Path]) -> None:
    trust = Trust(_Daemon(shift))
    for path in signed:
        octets = path.read_bytes()
        for damaged in (octets[: len(octets) // 2], XML[:-4], b""):
            other = _beside(path, damaged)
            _fails(shift.day, f"check of a damaged {path.suffix}", partial(check_file, other, trust=trust))


def _beside(path: Path, octets: bytes) -> Path:
    beside = path.with_name(f"{STEM} 2{path.suffix}")
    beside.write_bytes(octets)
    return beside


def _fails(day: Day, place: str, work: Callable[[], object]) -> None:
    """Keeps the error and what it carries along; without lines of source, in which these tests name what they look for."""
    try:
        work()
    except DocumentError as error:
        each: BaseException | None = error
        while each is not None:
            day.keep(place, "\n".join([repr(each), repr(vars(each)), *traceback.format_exception_only(each)]))
            each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    else:
        raise AssertionError(f"{place}: it did not fail")


# --- certificates that come along ----------------------------------------------------------------------------------------


def certificates(shift: Shift) -> None:
    """`certificate.check` of a resident's certificates: good, revoked by a list that came along, damaged, asked wrongly."""
    made = shift.day.certificates
    found = set()
    for der in (made.signature_certificate, made.authentication_certificate):
        for more in _good_questions(der):
            found |= _check(shift, der, **more)
    assert {"not_checked", "revoked", "refused"} <= found
    with Lines(shift.stage.socket) as raw:
        der = made.signature_certificate
        for wrong in (
            {"at": "2999-01-01T00:00:00Z"},
            {"at": HOLDER.birth_date},
            {"purpose": HOLDER.my_number},
            {"purpose": "no_such_purpose"},
            {"kind": HOLDER.pins.signature},
            {"others_base64": [HOLDER.name]},
            {"certificate_base64": HOLDER.name},
            {"serial": str(x509.load_der_x509_certificate(der).serial_number)},
        ):
            raw.error("certificate.check", **{"certificate_base64": _text(der), **SIGN_CONTEXT, **wrong})
        shift.day.keep("answers about a certificate", b"".join(raw.told))


def _good_questions(der: bytes) -> Iterator[Mapping[str, Any]]:
    now = datetime.now(UTC).replace(microsecond=0)
    serial = x509.load_der_x509_certificate(der).serial_number
    entries = [(serial, now - timedelta(days=2), None)]
    lists = [
        issue_crl(row_of(name), entries, now - timedelta(hours=1), now + timedelta(days=9), 7) for name in FAMILIES
    ]
    yield {}
    yield {"lists_base64": [_text(each) for each in lists]}
    yield {"lists_base64": [_text(each[:-9]) for each in lists], "responses_base64": [_text(der)]}
    yield {"others_base64": [_text(der), _text(der[:-5])]}
    for kind in (*FAMILIES, "operator_badge"):
        yield {"kind": kind}


def _check(shift: Shift, der: bytes, **more: Any) -> set[str]:
    """Whole, cut, and with a bit turned: the words it comes to. What is told goes to who asked; without who issued it, it is looked at."""
    found = set()
    for octets in (der, der[: len(der) // 2], flipped(der[:200]) + der[200:]):
        told = shift.call("certificate.check", certificate_base64=_text(octets), **{**SIGN_CONTEXT, **more})
        shift.day.keep("words about a certificate", repr({**told, "authority": None, "receipt": None}))
        found.add(told["result"])
    return found


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
