"""What signing a document costs: a 100-page PDF in our two phases beside pyHanko alone, with the same software key."""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import Spread
from bench.findings import Figure, Findings
from bench.place import Place
from bench.processes import run
from bench.scope import Say, Scope
from cardd.documents import pades
from cardd.documents.appearance import Appearance
from cardd.documents.checking.pades import check
from cardd.documents.found import Scope as Covered
from tests.fixtures.by_pyhanko import signed_by_pyhanko
from tests.fixtures.made_pdf import plain
from tests.fixtures.software_signer import SoftwareSigner, operator, resident

PAGES = 100
RATIO_LIMIT = 1.5
LARGE_MIB = 500
PYHANKO = "pyHanko looks at nothing again, and loads the key anew each time, which takes RSA long: look at P-256"
SHOWN = Appearance("山田 太郎", office="市民課", purpose="転出届の確認")
LARGE = """
import sys
from pathlib import Path
from cardd.documents import pades
from tests.fixtures.software_signer import resident
source, work, goal = map(Path, sys.argv[1:4])
if source.exists():
    prepared = pades.loads(pades.prepare(source, work=work).dumps())
    prepared.finish_file(resident()(prepared.order), goal)
"""
"""With a source that is not there it only starts: what importing takes is left out."""


def measure(_place: Place, scope: Scope, say: Say, findings: Findings) -> None:
    """Needs neither readers nor a daemon: the key is in software for both."""
    pdf = hundred_pages()
    rounds = scope.decisions
    say(f"documents: a PDF of {PAGES} pages, {len(pdf) // 1024} KiB, {rounds} times each way")
    for name, signer in (("RSA-2048", resident()), ("P-256", operator())):
        findings.figures += _sides(name, signer, pdf, rounds)
    made = _ours(pdf, resident())
    ways: dict[str, Callable[[], object]] = {
        "a visible signature": lambda: _ours(pdf, resident(), SHOWN),
        "checking it": lambda: check(made),
    }
    for number, (title, way) in enumerate(ways.items()):
        spread = Spread.of([1e3 * _timed(way) for _ in range(rounds)])
        findings.figures.append(Figure(f"pdf_more_{number}", f"{PAGES} pages: {title}", spread, "ms", "RSA-2048"))
    if scope.thorough:
        say(f"documents: a PDF of {LARGE_MIB} MiB, as a file")
        findings.figures += _large()


def hundred_pages() -> bytes:
    """The document that is signed: 100 pages of text, written byte by byte."""
    return plain(PAGES)


def _sides(name: str, signer: SoftwareSigner, pdf: bytes, rounds: int) -> list[Figure]:
    """Both ways in turns, so that a slow moment of the machine meets both."""
    for made in (_ours(pdf, signer), signed_by_pyhanko(pdf, signer)):
        assert [found.scope for found in check(made)] == [Covered.WHOLE]
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(_timed(lambda: _ours(pdf, signer)))
        theirs.append(_timed(lambda: signed_by_pyhanko(pdf, signer)))
    ratio = Spread.of([one / other for one, other in zip(ours, theirs, strict=True)])
    how = f"prepare, state dumped and loaded, the CMS, all of it looked at, finish; {name} in software"
    key = name.lower()
    return [
        Figure(f"pdf_{key}", f"{PAGES} pages signed in two phases", Spread.of([1e3 * one for one in ours]), "ms", how),
        Figure(f"pdf_{key}_pyhanko", "the same by pyHanko's PdfSigner", Spread.of([1e3 * one for one in theirs]), "ms", name),
        Figure(f"pdf_{key}_ratio", f"ours / pyHanko, {name}", ratio, "x", f"pair by pair. {PYHANKO}", RATIO_LIMIT),
    ]  # fmt: skip


def _ours(pdf: bytes, signer: SoftwareSigner, appearance: Appearance | None = None) -> bytes:
    prepared = pades.prepare(pdf, pades.PdfOptions(appearance=appearance))
    again = pades.loads(prepared.dumps())
    return again.finish(signer(again.order))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _large() -> list[Figure]:
    """Memory and time of a program that signs one large file, without what it takes to start."""
    with tempfile.TemporaryDirectory(prefix="bench-documents-") as folder:
        source, work, goal = (Path(folder) / name for name in ("source.pdf", "work.pdf", "goal.pdf"))
        command = [sys.executable, "-c", LARGE, *map(str, (source, work, goal))]
        bare = run(command)
        picture = bytes(LARGE_MIB * 1024 * 1024)
        source.write_bytes(plain(more=[b"<</Length %d>>\nstream\n%s\nendstream" % (len(picture), picture)]))
        del picture
        took = run(command)
        assert [found.scope for found in check(goal)] == [Covered.WHOLE]
    how = "prepare and finish_file in a process of its own, less one that only imports"
    return [
        Figure("pdf_large_s", f"{LARGE_MIB} MiB signed as a file", Spread.of([took.seconds - bare.seconds]), "s", how),
        Figure("pdf_large_mib", "its memory", Spread.of([took.mib - bare.mib]), "MiB", how),
    ]
