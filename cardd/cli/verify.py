"""`cardctl verify`: who signed a document, when, with which certificate, and whether it was good then; in words to be read aloud.

The document is parsed here, never in the daemon: only certificates go there.
"""

from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from cardd.cli import moments, screen, shown_document
from cardd.cli.context import Asking, Run, pass_run
from cardd.cli.ending import says_after_a_second
from cardd.cli.failing import EXIT_DATA, Ended, local_error

if TYPE_CHECKING:
    from cardd.documents.checking.report import Report
    from cardd.documents.errors import DocumentError

EXIT_INDETERMINATE: Final = 41
EXIT_FAILED: Final = 42
EXTRA: Final = ("lxml", "signxml", "pyhanko", "jwt")
"""What the extra `documents` brings."""
KINDS: Final = ("any", "jpki_signature", "jpki_authentication", "operator_signature", "operator_badge")
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_INDENT: Final = "  "


def _authorities(
    context: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[tuple[str, Path], ...]:
    found = []
    for each in given:
        kind, parted, path = each.partition("=")
        kind, path = (kind, path) if parted and kind in KINDS else ("any", each)
        if not Path(path).is_file():
            raise click.BadParameter(f"no such file: {path}", context, parameter)
        found.append((kind, Path(path)))
    return tuple(found)


def _moment(context: click.Context, parameter: click.Parameter, given: str | None) -> datetime | None:
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise click.BadParameter("no time as 2026-11-23T15:12:00+09:00", context, parameter) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=moments.JAPAN)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--content", type=_FILE, help="What a detached signature is over.")
@click.option(
    "--at",
    metavar="TIME",
    callback=_moment,
    help="Judge as of this time (2026-11-23T15:12, Japan, or with a zone); default now.",
)
@click.option("--purpose", help="Purpose code from the office's policy; needed unless --offline.")
@click.option("--case", help="Reception number (受付番号); needed unless --offline.")
@click.option("--approval", metavar="ID", help="What a second person has approved (a-…).")
@click.option("--offline", is_flag=True, help="Ask no daemon: trust the authorities given with --ca.")
@click.option(
    "--ca",
    "authorities",
    multiple=True,
    metavar="[KIND=]PEM",
    callback=_authorities,
    help=f"With --offline: an authority to trust, for certificates of KIND ({', '.join(KINDS)}).",
)
@click.option("--tsa-ca", "stamp_authorities", multiple=True, type=_FILE, help="An authority of time stamps to trust.")
@click.option("--list", "lists", multiple=True, type=_FILE, help="A revocation list, DER or PEM.")
@click.option("--ocsp", "responses", multiple=True, type=_FILE, help="An OCSP response, DER.")
@click.option("--part", "parts", multiple=True, metavar="NAME", help="A part of an XML document that is enough.")
@click.option("--test-certificates", "test", is_flag=True, help="With --offline: certificates of test JPKI count.")
@pass_run
def verify(
    run: Run,
    file: Path,
    content: Path | None,
    at: datetime | None,
    purpose: str | None,
    case: str | None,
    approval: str | None,
    offline: bool,
    authorities: tuple[tuple[str, Path], ...],
    stamp_authorities: tuple[Path, ...],
    lists: tuple[Path, ...],
    responses: tuple[Path, ...],
    parts: tuple[str, ...],
    test: bool,
) -> None:
    """Check the signatures of FILE (PDF, XML, CMS, JWS): who signed, when, and whether it was good then.

    The document stays in this program. Each certificate is judged by the daemon, by the authorities and revocation lists
    of this machine; that needs a login and is on record. With --offline nothing is asked, and the authorities and lists
    given here count: without a list nothing is ever called good.

    \b
      cardctl verify form.pdf --purpose online_signature --case R8-0042
      cardctl verify form.xml --offline --ca jpki.pem --list jpki.crl
      cardctl verify a.p7s --content a.docx --offline --ca ca.pem --list l.crl

    Exit status: 0 every signature is good (TOTAL-PASSED), 41 it cannot be told (INDETERMINATE), 42 a signature is wrong
    (TOTAL-FAILED), 65 the file is no signed document. The words are those of ETSI EN 319 102-1.

    \b
    Whose business it is: revocation information about residents' signature
    certificates goes only to signature verifiers (署名検証者) who have
    notified the agency, Article 17, paragraph 1 of 公的個人認証法. This
    command stands in for no notification or accreditation.
    """
    _check_options(
        offline=offline, authorities=bool(authorities), test=test, use=purpose is not None and case is not None
    )
    if any(find_spec(name) is None for name in EXTRA):
        raise local_error(run.speech, "no_documents_extra")
    given = {"stamp_authorities": stamp_authorities, "lists": lists, "responses": responses}
    words = {"purpose": purpose, "case": case, "approval": approval}
    use = None if offline else {name: word for name, word in words.items() if word is not None}
    report = _report(run, file, content, at, (authorities, test, given), parts, use)
    run.tell(report.as_dict(), lambda: _tell(run, report))
    click.get_current_context().exit(_exit_code(report))


def _check_options(*, offline: bool, authorities: bool, test: bool, use: bool) -> None:
    if offline and not authorities:
        raise click.UsageError("--offline needs an authority to trust: --ca")
    if not offline and (authorities or test):
        raise click.UsageError("--ca and --test-certificates go with --offline; the daemon has its own")
    if not offline and not use:
        raise click.UsageError("give --purpose and --case, or --offline with --ca")


def _report(
    run: Run,
    file: Path,
    content: Path | None,
    at: datetime | None,
    given: tuple[tuple[tuple[str, Path], ...], bool, dict[str, tuple[Path, ...]]],
    parts: tuple[str, ...],
    use: dict[str, str] | None,
) -> "Report":
    """Check the file; `use`: purpose, case and approval for the daemon, None without one. Raises `Ended`."""
    from cardd.documents.checking.by_daemon import ByDaemon  # noqa: PLC0415 - here, so that cardctl starts without it
    from cardd.documents.checking.giving import given_from_files  # noqa: PLC0415
    from cardd.documents.checking.judging import Trust  # noqa: PLC0415
    from cardd.documents.checking.verify import check_file  # noqa: PLC0415
    from cardd.documents.errors import DocumentError  # noqa: PLC0415

    authorities, test, files = given
    try:
        known = given_from_files(authorities, test=test, **files)
        with says_after_a_second(run, "document.checking", size=_size(file, content)):
            if use is None:
                return check_file(file, content=content, trust=Trust(known.anchors, known.stamps, parts), at=at)
            with run.open() as client:
                trust = Trust(ByDaemon(Asking(run, client), known.anchors, at, use), known.stamps, parts)
                return check_file(file, content=content, trust=trust, at=at)
    except DocumentError as error:
        _refuse(run, error)


def _size(*files: Path | None) -> str:
    return shown_document.in_units(sum(each.stat().st_size for each in files if each is not None))


def _refuse(run: Run, error: "DocumentError") -> NoReturn:
    from cardd.documents.sentences import SENTENCES  # noqa: PLC0415

    row, ja = SENTENCES[error.problem], run.speech.locale == "ja"
    told: dict[str, Any] = {"name": f"document.{error.problem}", "exit_code": EXIT_DATA}
    told |= {"message": row.ja if ja else row.en, "remedy": row.ja_remedy if ja else row.en_remedy}
    raise Ended(told, run.speech)


def _exit_code(report: "Report") -> int:
    codes = {"TOTAL-PASSED": 0, "INDETERMINATE": EXIT_INDETERMINATE, "TOTAL-FAILED": EXIT_FAILED}
    return codes[report.indication.value]


def _tell(run: Run, report: "Report") -> None:
    from cardd.documents.checking import words  # noqa: PLC0415

    language = run.speech.locale
    _say(words.opening(report, language))
    for each, said in zip(report.signatures, words.spoken(report, language), strict=True):
        click.echo()
        if said.title:
            _say(f"{said.title}: {said.verdict}")
        else:
            _say(said.verdict)
        for sentence in said.sentences:
            _say(sentence, _INDENT)
        if said.remedy:
            _say(f"{run.speech('error.remedy')} {said.remedy}", _INDENT)
        if said.note:
            _say(said.note, _INDENT)
        told = [each.indication.value, each.sub_indication and each.sub_indication.value, each.detail]
        _say(f"({' / '.join(word for word in told if word)})", _INDENT)
    click.echo()
    _say(words.LEGAL[0 if language == "ja" else 1])


def _say(text: str, indent: str = "") -> None:
    """One sentence, in lines of the terminal. What a certificate says cannot steer it."""
    room = screen.room()
    shown = indent + screen.visible(text)
    for line in [shown] if room is None else screen.wrapped(shown, room, indent):
        click.echo(line)
