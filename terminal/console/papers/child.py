"""The child (`python -m terminal.console.papers.child`): one task as JSON on standard input, one answer as JSON on standard output.

    {"do": "look", "file": …, "name": …}                          -> facts, format, preview
    {"do": "sign", "file": …, "name": …, "out": …, "card": …}     -> fingerprint, receipt; the signed document lies in `out`
    {"do": "verify", "file": …, "content": …, …}                  -> what is to be read aloud, the report

It talks to the daemon over a connection of its own and asks nobody for anything: the agent of the seat does. An answer with `document`
names what is wrong with the document (`cardd.documents.errors`), one with `remote` what the daemon refused.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from cardd.client import Client, ConnectionEnded, RemoteError, connect
from cardd.documents import cades, counter, pades, xades
from cardd.documents.appearance import Appearance, Corner, InCorner
from cardd.documents.checking import words
from cardd.documents.checking.by_daemon import ByDaemon
from cardd.documents.checking.giving import given_from_files
from cardd.documents.checking.judging import Trust
from cardd.documents.checking.report import Report
from cardd.documents.checking.verify import check_file
from cardd.documents.errors import DocumentError
from cardd.documents.facts import Kind, facts_of, recognise
from cardd.documents.xades_signer import Form, Layout
from cardd.wire.fault import Locale
from terminal.console.papers.preview import preview

CLIENT: Final = "cardd-console"
HEAD: Final = 1024
"""Bytes by which a kind of document is recognised."""
LONGEST_TASK: Final = 64 * 1024
MOST_MEMORY: Final = 2 << 30
"""Bytes that the child may write to (RLIMIT_DATA); a document of the largest size that is taken needs a third."""
Format = Literal["pades", "xades", "cades"]
_FORMATS: Final[Mapping[Kind, Format]] = {Kind.PDF: "pades", Kind.XML: "xades"}


def main() -> int:
    """Do one task. The exit code says only whether there is an answer."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    task = json.loads(sys.stdin.buffer.read(LONGEST_TASK))
    answer: Mapping[str, Any]
    try:
        answer = {"look": look, "sign": sign, "verify": verify}[task["do"]](task)
    except DocumentError as error:
        answer = {"document": error.problem}
    except RemoteError as error:
        answer = {"remote": {**error.data, "name": error.name, "message": error.message, "remedy": error.remedy}}
    except (ConnectionEnded, OSError):
        answer = {"local": "daemon_gone"}
    json.dump(answer, sys.stdout)
    return 0


def look(task: Mapping[str, Any]) -> dict[str, Any]:
    """What a person is shown before anything is asked: name, size, digest, pages, how it will be signed, and how it looks."""
    file = Path(task["file"])
    with file.open("rb") as stream:
        kind = recognise(stream.read(HEAD))
    form = _FORMATS.get(kind, "cades")
    shown = facts_of(file, name=task["name"])
    return {
        "facts": {"name": shown.name, "size": shown.size, "sha256": shown.sha256, "pages": shown.pages},
        "format": form,
        "preview": preview(file, kind, Path(task["folder"])),
    }


def sign(task: Mapping[str, Any]) -> dict[str, Any]:
    """Prepare, have it signed, finish, write to `out`."""
    file, out, name = Path(task["file"]), Path(task["out"]), task["name"]
    use = counter.Use(task["card"], task["purpose"], task["case"], task["key"], task.get("approval"))
    with _connected(task) as client:
        if task["format"] == "pades":
            before = out.with_name("before.pdf")
            prepared = pades.prepare(file, _visible(task), name=name, work=before)
            answer = counter.sign(client, use, prepared)
            prepared.finish_file(answer.octets, out, expected_fingerprint=answer.fingerprint)
        elif task["format"] == "xades":
            layout = Layout(Form("enveloped"))
            begun = counter.begin(client, use, xades.look(file, layout, name=name))
            written = xades.prepare(file, begun.certificate, layout, name=name)
            answer = counter.finish(client, begun, written)
            _write(out, written.finish(answer.octets, expected_fingerprint=answer.fingerprint))
        else:
            beside = cades.prepare(file, name=name)
            answer = counter.sign(client, use, beside)
            _write(out, beside.finish(answer.octets, expected_fingerprint=answer.fingerprint))
    return {"fingerprint": answer.fingerprint, "receipt": dict(answer.receipt)}


def verify(task: Mapping[str, Any]) -> dict[str, Any]:
    """Who signed, when, and whether it was good then, in sentences; certificates are judged by the daemon."""
    content = None if task.get("content") is None else Path(task["content"])
    known = given_from_files((), test=False, stamp_authorities=(), lists=(), responses=())
    use = {"purpose": task["purpose"], "case": task["case"]}
    with _connected(task) as client:
        trust = Trust(ByDaemon(client, known.anchors, None, use), known.stamps, ())
        report = check_file(Path(task["file"]), content=content, trust=trust, at=None)
    return {"report": report.as_dict(), "spoken": _spoken(report, task["locale"])}


def _connected(task: Mapping[str, Any]) -> contextlib.AbstractContextManager[Client]:
    return connect(client=CLIENT, seat=task.get("seat"), locale=task["locale"])


def _visible(task: Mapping[str, Any]) -> pades.PdfOptions | None:
    """A box on the last page, where the person wants one."""
    if not task.get("visible"):
        return None
    return pades.PdfOptions(
        appearance=Appearance(task["visible"], "", "", InCorner(Corner("bottom_right")), None, None)
    )


def _write(out: Path, octets: bytes) -> None:
    out.touch(0o600)
    out.write_bytes(octets)


def _spoken(report: Report, locale: Locale) -> dict[str, Any]:
    said = [
        {
            "title": each.title,
            "verdict": each.verdict,
            "sentences": list(each.sentences),
            "remedy": each.remedy,
            "note": each.note,
            "indication": of.indication.value,
        }
        for of, each in zip(report.signatures, words.spoken(report, locale), strict=True)
    ]
    return {"opening": words.opening(report, locale), "signatures": said, "legal": words.LEGAL[locale != "ja"]}


if __name__ == "__main__":
    sys.exit(main())
