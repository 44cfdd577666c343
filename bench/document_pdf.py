"""What signing a PDF of 100 pages costs in our two phases beside pyHanko alone, with the same software key; and one of 500 MiB."""

import hashlib
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner

from bench.figures import Spread
from bench.findings import Figure
from bench.processes import run
from bench.scope import Say, Scope
from cardd.documents import pades
from cardd.documents.appearance import Appearance
from cardd.documents.checking.pades import check
from cardd.documents.found import Scope as Covered
from tests.fixtures.by_pyhanko import signer_of
from tests.fixtures.made_pdf import plain
from tests.fixtures.software_signer import SoftwareSigner, operator, resident

PAGES = 100
RATIO_LIMIT = 1.5
LARGE_MIB = 500
PYHANKO = "pyHanko looks at nothing again; the key is loaded before, for both"
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


class Loaded(SimpleSigner):  # type: ignore[misc, unused-ignore]
    """pyHanko's signer with a key that is loaded once. Its own loads the key anew for each signature, which takes RSA long."""

    def __init__(self, signer: SoftwareSigner) -> None:
        own = signer_of(signer)
        super().__init__(own.signing_cert, own.signing_key, own.cert_registry)
        self._signer = signer

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        """As ours does: hash, then the same key."""
        return self._signer.sign_digest(hashlib.new(digest_algorithm, data).digest(), digest_algorithm)


def measure(scope: Scope, say: Say) -> list[Figure]:
    """Needs neither readers nor a daemon: the key is in software for both."""
    pdf = hundred_pages()
    rounds = scope.decisions
    say(f"documents: a PDF of {PAGES} pages, {len(pdf) // 1024} KiB, {rounds} times each way")
    figures = [
        figure
        for name, signer in (("RSA-2048", resident()), ("P-256", operator()))
        for figure in _sides(name, signer, pdf, rounds)
    ]
    made = _ours(pdf, resident())
    ways: dict[str, Callable[[], object]] = {
        "a visible signature": lambda: _ours(pdf, resident(), SHOWN),
        "checking it": lambda: check(made),
    }
    for number, (title, way) in enumerate(ways.items()):
        spread = Spread.of([1e3 * _timed(way) for _ in range(rounds)])
        figures.append(Figure(f"pdf_more_{number}", f"{PAGES} pages: {title}", spread, "ms", "RSA-2048"))
    if scope.thorough:
        say(f"documents: a PDF of {LARGE_MIB} MiB, as a file")
        figures += _large()
    return figures


def hundred_pages() -> bytes:
    """The document that is signed: 100 pages of text, written byte by byte."""
    return plain(PAGES)


def _sides(name: str, signer: SoftwareSigner, pdf: bytes, rounds: int) -> list[Figure]:
    """Both ways in turns, so that a slow moment of the machine meets both."""
    loaded = Loaded(signer)
    for made in (_ours(pdf, signer), _theirs(pdf, loaded)):
        assert [found.scope for found in check(made)] == [Covered.WHOLE]
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(_timed(lambda: _ours(pdf, signer)))
        theirs.append(_timed(lambda: _theirs(pdf, loaded)))
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


def _theirs(pdf: bytes, signer: Loaded) -> bytes:
    output = BytesIO()
    meta = PdfSignatureMetadata(field_name="Signature1", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    PdfSigner(meta, signer).sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), output=output)
    return output.getvalue()


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
