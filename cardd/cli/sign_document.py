"""`cardctl sign --format cades|pades|xades|jws`: a finished signed document, with one PIN."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import click

from cardd.cli.card import Use
from cardd.cli.context import Asking, Run
from cardd.cli.ending import keeping, says_after_a_second
from cardd.cli.failing import document_error, local_error
from cardd.cli.output import beside_of, check_new, write_private
from cardd.cli.picking import card_or_only_one
from cardd.cli.shown_document import in_units
from cardd.cli.verify import EXTRA

if TYPE_CHECKING:
    from cardd.documents import counter
    from cardd.documents.model import Stamper, ValidationMaterial
    from cardd.documents.pades import PdfOptions, PreparedPdf

DOCUMENT_FORMATS = ("cades", "pades", "xades", "jws")
LAYOUTS = ("enveloped", "enveloping", "detached")
CORNERS = ("top_left", "top_right", "bottom_left", "bottom_right")
CERTIFY = ("nothing", "fill_and_sign", "annotate")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_ENDINGS: Mapping[tuple[str, str], str] = {
    ("cades", "detached"): "{name}.p7s",
    ("cades", "enveloping"): "{name}.p7m",
    ("pades", "enveloped"): "{stem}-signed.pdf",
    ("xades", "enveloped"): "{stem}-signed.xml",
    ("xades", "enveloping"): "{stem}-signed.xml",
    ("xades", "detached"): "{name}.xades.xml",
    ("jws", "enveloping"): "{name}.jws",
    ("jws", "detached"): "{name}.detached.jws",
}
HashName = Literal["sha256", "sha384", "sha512"]
_HASHES: Mapping[str, HashName] = {"sha256": "sha256", "sha384": "sha384", "sha512": "sha512"}
_USUAL = {"cades": "detached", "pades": "enveloped", "xades": "enveloped", "jws": "enveloping"}


@dataclass(frozen=True, slots=True)
class Wish:
    """How a document is to be signed, as the options say it."""

    layout: str | None
    existing: Path | None
    more_to_come: bool
    stamps: str | None
    material: tuple[Path, ...]
    certify: str | None
    reason: str | None
    visible: str | None
    visible_office: str
    visible_purpose: str
    corner: str
    page: int | None
    font: Path | None

    @property
    def given(self) -> str | None:
        """One option that was given, or None: all of them go with finished documents alone."""
        for name in (
            "layout",
            "existing",
            "more_to_come",
            "stamps",
            "material",
            "certify",
            "reason",
            "visible",
            "page",
            "font",
        ):
            if getattr(self, name):
                return {"stamps": "tsa"}.get(name, name.replace("_", "-"))
        return None


def document_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of finished documents; handed on as one `wish`."""

    @click.option("--layout", type=click.Choice(LAYOUTS), help="Where the signature goes; each format has a usual one.")
    @click.option("--existing", type=FILE, help="cades: add one more signer to this signature.")
    @click.option("--more-to-come", is_flag=True, help="xades: leave room for the signatures of others.")
    @click.option("--tsa", "stamps", metavar="URL", help="Time stamp authority (RFC 3161): level T.")
    @click.option(
        "--material",
        type=FILE,
        multiple=True,
        help="DER or PEM certificates, CRLs, OCSP answers: with --tsa, level LT.",
    )
    @click.option("--certify", type=click.Choice(CERTIFY), help="pades: certify; what may be changed afterwards.")
    @click.option("--reason", help="pades: the reason, written into the signature.")
    @click.option("--visible", metavar="NAME", help="pades: show a box on the page, with this name of the signer.")
    @click.option("--visible-office", default="", metavar="TEXT", help="An office or company in the box.")
    @click.option("--visible-purpose", default="", metavar="TEXT", help="A purpose in the box.")
    @click.option("--corner", type=click.Choice(CORNERS), default="bottom_right", show_default=True, help="Of the box.")
    @click.option("--page", type=click.IntRange(min=1), help="Of the box; default the last.")
    @click.option("--font", type=FILE, help="TrueType or OpenType font of the box; default one that is installed.")
    @wraps(command)
    def with_wish(*args: Any, **given: Any) -> None:
        wish = Wish(**{name: given.pop(name) for name in Wish.__slots__})
        command(*args, wish=wish, **given)

    return with_wish


@dataclass(frozen=True, slots=True)
class Task:
    """One document, and all that was decided about it before anybody is asked."""

    run: Run
    file: Path
    out: Path
    form: str
    layout: str
    hash_name: str
    wish: Wish


def sign_document(task: Task, use: Use, kinds: tuple[str, ...], key: str, fingerprint: str | None) -> dict[str, Any]:
    """Prepare, have the person asked, sign, finish, write: `fingerprint` of the certificate, `file`, `receipt`.

    Raises `Ended`; what was there before is still there then, and nothing is left half written.
    """
    if any(find_spec(name) is None for name in EXTRA):
        raise local_error(task.run.speech, "no_documents_extra")
    from cardd.documents import counter  # noqa: PLC0415  # an extra, and 0.5 s to load
    from cardd.documents.errors import DocumentError  # noqa: PLC0415

    try:
        stamper, material = _stamper(task.wish), _material(task)
        with task.run.open(asks=True) as client:
            card = card_or_only_one(task.run, client, use.card, kinds)
            of_card = counter.Use(card, use.purpose, use.case, key, use.approval, fingerprint=fingerprint)
            answer = _WAYS[task.form](_Work(task, Asking(task.run, client), of_card, stamper, material))
    except DocumentError as error:
        raise document_error(task.run.speech, error.problem) from None
    return {"file": str(task.out), "fingerprint": answer.fingerprint, "receipt": answer.receipt}


def task_of(run: Run, file: Path, out: Path | None, form: str, hash_name: str, wish: Wish) -> Task:
    """What is to be done, once the options fit each other. Raises `UsageError`, and `Ended` where the result could not be written."""
    layout = wish.layout or _USUAL[form]
    if (form, layout) not in _ENDINGS:
        raise click.UsageError(f"--format {form} has no layout {layout}")
    for option, given, owner in (
        ("--existing", wish.existing, "cades"),
        ("--more-to-come", wish.more_to_come, "xades"),
        ("--certify", wish.certify, "pades"),
        ("--reason", wish.reason, "pades"),
        ("--visible", wish.visible, "pades"),
    ):
        if given and form != owner:
            raise click.UsageError(f"{option} goes with --format {owner}")
    if wish.material and not wish.stamps:
        raise click.UsageError("--material goes with --tsa")
    out = out or file.with_name(_ENDINGS[form, layout].format(name=file.name, stem=file.stem))
    if out.exists() and out.samefile(file):
        raise click.UsageError("--out names the document itself: it would be lost")
    if form == "pades" and out.exists() and not out.is_file():
        raise click.UsageError("--out is no file: a PDF is written beside it first")
    check_new(run, out)
    return Task(run, file, out, form, layout, hash_name, wish)


# --- one way for each format -------------------------------------------------------------------------------------------


class _Finishing(Protocol):
    """What `prepare` of each format gives that is finished in memory."""

    def finish(
        self,
        answer: bytes,
        *,
        expected_fingerprint: str | None = None,
        stamper: "Stamper | None" = None,
        material: "ValidationMaterial | None" = None,
    ) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Work:
    """One task, with the daemon, the card and what raises the level of the signature."""

    task: Task
    caller: Asking
    use: "counter.Use"
    stamper: "Stamper | None"
    material: "ValidationMaterial | None"

    def reading(self) -> AbstractContextManager[None]:
        """While the document is looked at, before anybody is asked."""
        return says_after_a_second(self.task.run, "document.looking", size=in_units(self.task.file.stat().st_size))

    def write(
        self, prepared: _Finishing, answer: "counter.Answer", check: Callable[[], None] | None = None
    ) -> "counter.Answer":
        """Finish and write, once `check` finds nothing wrong. Raises `Ended`, which says that the card has signed."""
        with keeping(self.task.run, answer.receipt):
            if check is not None:
                check()
            signed = prepared.finish(
                answer.octets,
                expected_fingerprint=answer.fingerprint,
                stamper=self.stamper,
                material=self.material,
            )
            write_private(self.task.run, self.task.out, signed)
        return answer


def _cades(work: _Work) -> "counter.Answer":
    from cardd.documents import cades, counter  # noqa: PLC0415

    task = work.task
    with work.reading():
        existing = None if task.wish.existing is None else task.wish.existing.read_bytes()
        prepared = cades.prepare(
            task.file, enveloping=task.layout == "enveloping", existing=existing, hash_name=_hash(task.hash_name)
        )
    return work.write(prepared, counter.sign(work.caller, work.use, prepared))


def _pades(work: _Work) -> "counter.Answer":
    from cardd.documents import pades  # noqa: PLC0415

    task = work.task
    # A name that no other signature has, whatever is signed at the same time, and that fits however long the file's own is.
    before = beside_of(task.out)
    try:
        with work.reading():
            prepared = pades.prepare(task.file, _pdf_options(task), name=task.file.name, work=before)
        return _pades_prepared(work, prepared)
    finally:
        before.unlink(missing_ok=True)


def _pades_prepared(work: _Work, prepared: "PreparedPdf") -> "counter.Answer":
    from cardd.documents import counter  # noqa: PLC0415

    task = work.task
    if prepared.shown_otherwise:
        click.echo(task.run.speech("document.shown_otherwise", characters=" ".join(prepared.shown_otherwise)), err=True)
    answer = counter.sign(work.caller, work.use, prepared)
    with keeping(task.run, answer.receipt):
        prepared.finish_file(
            answer.octets,
            task.out,
            expected_fingerprint=answer.fingerprint,
            stamper=work.stamper,
            material=work.material,
        )
    if not task.run.as_json:
        click.echo(task.run.speech("written", path=task.out), err=True)
    return answer


def _xades(work: _Work) -> "counter.Answer":
    from cardd.documents import counter, xades  # noqa: PLC0415
    from cardd.documents.xades_signer import Form, Layout  # noqa: PLC0415

    task = work.task
    layout = Layout(Form(task.layout), beside_others=task.wish.more_to_come)
    if layout.form is Form.DETACHED:
        with work.reading():
            read = xades.read_before(task.file, hash_name=_hash(task.hash_name))
        begun = counter.begin(work.caller, work.use, read.facts, hash_name=task.hash_name)
        prepared = xades.prepare(read, begun.certificate)
        return work.write(prepared, counter.finish(work.caller, begun, prepared), read.check)
    with work.reading():
        shown = xades.look(task.file, layout)
    begun = counter.begin(work.caller, work.use, shown, hash_name=task.hash_name)
    prepared = xades.prepare(task.file, begun.certificate, layout, name=task.file.name, hash_name=_hash(task.hash_name))
    return work.write(prepared, counter.finish(work.caller, begun, prepared))


def _jws(work: _Work) -> "counter.Answer":
    from cardd.documents import counter, jws  # noqa: PLC0415
    from cardd.documents.errors import DocumentError  # noqa: PLC0415

    task, detached = work.task, work.task.layout == "detached"
    if work.stamper is not None or work.material is not None:
        raise DocumentError("level_not_in_format")
    with work.reading():
        shown = jws.look(task.file, detached=detached)
    begun = counter.begin(work.caller, work.use, shown, hash_name=task.hash_name)
    prepared = jws.prepare(task.file, certificate=begun.certificate, detached=detached, known=shown)
    return work.write(prepared, counter.finish(work.caller, begun, prepared))


_WAYS = {"cades": _cades, "pades": _pades, "xades": _xades, "jws": _jws}


def _hash(word: str) -> HashName:
    return _HASHES[word]


def _stamper(wish: Wish) -> "Stamper | None":
    from cardd.documents.http_stamps import over_http  # noqa: PLC0415

    return None if wish.stamps is None else over_http(wish.stamps)


def _material(task: Task) -> "ValidationMaterial | None":
    from cardd.documents.material import material_of  # noqa: PLC0415

    return material_of(file.read_bytes() for file in task.wish.material) if task.wish.material else None


def _pdf_options(task: Task) -> "PdfOptions":
    from cardd.documents.appearance import Appearance, Corner, InCorner  # noqa: PLC0415
    from cardd.documents.model import Level  # noqa: PLC0415
    from cardd.documents.pades import PdfOptions, Permission  # noqa: PLC0415

    wish = task.wish
    box = None
    if wish.visible is not None:
        place = InCorner(Corner(wish.corner))
        box = Appearance(wish.visible, wish.visible_office, wish.visible_purpose, place, wish.page, wish.font)
    return PdfOptions(
        level=Level.LT if wish.material else Level.T if wish.stamps else Level.B,
        hash_name=_hash(task.hash_name),
        certify=None if wish.certify is None else Permission[wish.certify.upper()],
        reason=wish.reason,
        appearance=box,
    )
