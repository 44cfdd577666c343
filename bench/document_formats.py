"""What each format of a signed document adds to a bare `sign.digest` of the same card, and what checking it takes."""

import base64
import hashlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.counter import RESIDENT, SIGNING
from bench.document_house import House
from bench.figures import Exchanges, Run, Spread
from bench.findings import Figure
from bench.metered_card import CONTACTLESS, ZERO, TimeModel
from bench.processes import run
from bench.scope import Say, Scope
from cardd.client import Client
from cardd.documents import cades, counter, jws, pades, xades
from cardd.documents.checking.giving import given_from_files
from cardd.documents.checking.judging import Trust
from cardd.documents.checking.verify import check_file
from cardd.documents.facts import facts_of
from tests.fixtures.made_pdf import plain
from tests.fixtures.software_signer import SoftwareSigner, resident

TEXT = "転出届\n".encode() * 100
PDF = plain(2)
XML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<申請書 xmlns="urn:example:mihon"><種別>転出届</種別>'
    f"<氏名>見本　花子</氏名><住所>{'見本県見本町一丁目２番３号' * 20}</住所></申請書>\n"
).encode()
JSON = '{"種別":"転出届","氏名":"見本　花子"}'.encode()
BARE, ASKED, BEGUN = "bare", "asked", "begun"
DIGEST = hashlib.sha256(TEXT).digest()
ENCODED = base64.b64encode(DIGEST).decode()
KEY = {"key": "signature", "hash": "sha256"}
Runs = dict[str, list[tuple[Run, Exchanges]]]
"""Of each way: what it took, and what passed between daemon and card once the answer was out."""

Call = Callable[[Client, counter.Use], bytes]


@dataclass(frozen=True)
class Format:
    """One format: by the card, and with the key in software and no daemon, which leaves the client's own work."""

    name: str
    title: str
    document: bytes = field(repr=False)
    file: str
    """What it is called when it is checked."""
    by_card: Call
    alone: Callable[[SoftwareSigner], bytes]
    detached: bool = False


def _cades(client: Client, use: counter.Use) -> bytes:
    prepared = cades.prepare(TEXT, "転出届.txt")
    answer = counter.sign(client, use, prepared)
    return prepared.finish(answer.octets, expected_fingerprint=answer.fingerprint)


def _pades(client: Client, use: counter.Use) -> bytes:
    prepared = pades.prepare(PDF, name="転出届.pdf")
    answer = counter.sign(client, use, prepared)
    return prepared.finish(answer.octets, expected_fingerprint=answer.fingerprint)


def _xades(client: Client, use: counter.Use) -> bytes:
    begun = counter.begin(client, use, facts_of(XML, "申請.xml"))
    prepared = xades.prepare(XML, begun.certificate, name="申請.xml")
    return prepared.finish(counter.finish(client, begun, prepared).octets)


def _jws(client: Client, use: counter.Use) -> bytes:
    begun = counter.begin(client, use, facts_of(JSON, "申請.json"))
    prepared = jws.prepare(JSON, "申請.json", certificate=begun.certificate)
    return prepared.finish(counter.finish(client, begun, prepared).octets)


def _cades_alone(signer: SoftwareSigner) -> bytes:
    prepared = cades.prepare(TEXT, "転出届.txt")
    return prepared.finish(signer(prepared.order))


def _pades_alone(signer: SoftwareSigner) -> bytes:
    prepared = pades.prepare(PDF, name="転出届.pdf")
    return prepared.finish(signer(prepared.order))


def _xades_alone(signer: SoftwareSigner) -> bytes:
    facts_of(XML, "申請.xml")
    prepared = xades.prepare(XML, signer.certificate, name="申請.xml")
    return prepared.finish(signer(prepared.order))


def _jws_alone(signer: SoftwareSigner) -> bytes:
    facts_of(JSON, "申請.json")
    prepared = jws.prepare(JSON, "申請.json", certificate=signer.certificate)
    return prepared.finish(signer(prepared.order))


FORMATS = (
    Format("cades", "CAdES, detached", TEXT, "transfer.txt.p7s", _cades, _cades_alone, detached=True),
    Format("pades", "PAdES, 2 pages", PDF, "transfer.pdf", _pades, _pades_alone),
    Format("xades", "XAdES, enveloped", XML, "application.xml", _xades, _xades_alone),
    Format("jws", "JWS, compact", JSON, "application.jws", _jws, _jws_alone),
)


def measure(house: House, scope: Scope, say: Say) -> list[Figure]:
    """Both time models; the card is put in anew for each, and its counters are read before."""
    made: dict[str, bytes] = {}
    figures: list[Figure] = []
    for model, rounds in ((ZERO, scope.decisions), (CONTACTLESS, max(3, scope.decisions // 3))):
        say(f"documents: each format beside a bare sign.digest, {model.name}, {rounds} rounds")
        figures += _by_card(house, model, rounds, made)
    say("documents: the same with a key in software")
    alone = {each.name: _alone(each, scope.decisions) for each in FORMATS}
    how = "RSA-2048 in software; for CAdES and PAdES with what the daemon does: building the CMS"
    figures += [
        Figure(f"sign_{each.name}_alone", f"{each.title}, without card and daemon", alone[each.name], "ms", how)
        for each in FORMATS
    ]
    say("documents: cardctl verify --offline of each")
    return figures + _verified(house, made, max(3, scope.starts))


def _by_card(house: House, model: TimeModel, rounds: int, made: dict[str, bytes]) -> list[Figure]:
    """In each round all ways take turns, so that they meet the same machine. Gives what was signed through `made`."""
    at_window = house.counter
    at_window.log_in(house.place.cards.badge_short, model)
    card, _ = at_window.insert(RESIDENT, house.place.cards.my_number, model)
    at_window.call(RESIDENT, "card.pin_status", card=card, **SIGNING)
    use = counter.Use(card, SIGNING["purpose"], SIGNING["case"])
    ways = _ways(use, made)
    for way in ways.values():  # the first one loads what later ones use
        at_window.timed(RESIDENT, way)
        at_window.settle(RESIDENT)
    runs: Runs = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            run = at_window.timed(RESIDENT, way)
            runs[name].append((run, at_window.settle(RESIDENT)))
    at_window.pull(RESIDENT)
    at_window.log_out()
    return _of_the_runs(runs, model)


def _ways(use: counter.Use, made: dict[str, bytes]) -> Mapping[str, Callable[[Client], object]]:
    params = {"card": use.card, **SIGNING, **KEY}
    document = counter.document(facts_of(TEXT, "転出届.txt"))

    def bare(client: Client) -> None:
        client.call("sign.digest", digests_base64=[ENCODED], signature_format="pkcs1v15", **params)

    def asked(client: Client) -> None:
        client.call("sign.digest", digests_base64=[ENCODED], signature_format="pkcs1v15", document=document, **params)

    def begun(client: Client) -> None:
        begun = client.call("sign.begin", document=document, **params)["begun"]
        client.call("sign.finish", begun=begun, digest_base64=ENCODED, signature_format="pkcs1v15")

    def of_format(each: Format) -> Callable[[Client], None]:
        def way(client: Client) -> None:
            made[each.name] = each.by_card(client, use)

        return way

    return {BARE: bare, ASKED: asked, BEGUN: begun, **{each.name: of_format(each) for each in FORMATS}}


def _of_the_runs(runs: Runs, model: TimeModel) -> list[Figure]:
    """Each way as milliseconds, as a part of the bare one, and less the card's own time."""
    titles = {ASKED: "the same, the person asked about a document", BEGUN: "sign.begin and sign.finish"}
    titles |= {each.name: each.title for each in FORMATS}
    key = model.name.split()[0]
    bare = [run for run, _ in runs[BARE]]
    how = f"a resident's signature key, RSA-2048; {_of_the_card(runs[BARE])}"
    figures = [
        Figure(f"sign_bare_{key}", f"a bare sign.digest, {model.name}", _ms(one.seconds for one in bare), "ms", how),
    ]
    for name, title in titles.items():
        taken = [run for run, _ in runs[name]]
        ratio = Spread.of(one.seconds / other.seconds for one, other in zip(taken, bare, strict=True))
        more = _ms(one.seconds - one.card.card_s for one in taken)
        of_card = _of_the_card(runs[name])
        figures += [
            Figure(f"sign_{name}_{key}", f"{title}, {model.name}", _ms(one.seconds for one in taken), "ms", of_card),
            Figure(f"sign_{name}_{key}_ratio", "the same / a bare sign.digest", ratio, "x", "round by round"),
            Figure(
                f"sign_{name}_{key}_added", "the same, less the card's own time", more, "ms", "all that is not the card"
            ),
        ]
    return figures


def _of_the_card(runs: list[tuple[Run, Exchanges]]) -> str:
    """All its commands, and its time up to the answer: sign.finish answers before the card is let go, which the next call waits
    for. Raises `ValueError` when the runs were not one job."""
    counts = {run.card.commands + behind.commands for run, behind in runs}
    if len(counts) != 1:
        raise ValueError(f"the same job took different numbers of commands: {sorted(counts)}")
    before = _ms(run.card.card_s for run, _ in runs)
    behind = _ms(after.card_s for _, after in runs)
    return f"{counts.pop()} commands, {before.median:.3g} ms before the answer, {behind.median:.3g} behind it"


def _ms(seconds_of: Iterable[float]) -> Spread:
    return Spread.of(1e3 * each for each in seconds_of)


def _alone(each: Format, rounds: int) -> Spread:
    signer = resident()
    each.alone(signer)
    return Spread.of(1e3 * seconds(lambda: each.alone(signer)) for _ in range(rounds))


def seconds(work: Callable[[], object]) -> float:
    """By the clock, of doing it once."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _verified(house: House, made: Mapping[str, bytes], rounds: int) -> list[Figure]:
    """What the card signed, checked by a program that asks no daemon, and by the same code in this one. Raises `ProgramFailed`
    unless the program finds each signature good."""
    cardctl = [sys.executable, "-m", "cardd.cli"]
    bare = Spread.of(1e3 * run([*cardctl, "--version"]).seconds for _ in range(rounds))
    figures = [Figure("verify_bare", "cardctl --version", bare, "ms", "a process that starts, and looks at nothing")]
    authority, crl = house.authority_file("jpki_signature"), house.lists / "jpki_signature.crl"
    trusting = ["--ca", f"jpki_signature={authority}", "--list", str(crl), "--test-certificates"]
    given = given_from_files([("jpki_signature", authority)], lists=[crl], test=True)
    trust = Trust(given.anchors, given.stamps)
    with tempfile.TemporaryDirectory(prefix="bench-documents-") as folder:
        for each in FORMATS:
            file, document = Path(folder) / each.file, Path(folder) / f"document-{each.name}"
            file.write_bytes(made[each.name])
            document.write_bytes(each.document)
            content = document if each.detached else None
            more = ["--content", str(document)] if each.detached else []
            command = [*cardctl, "verify", "--offline", *trusting, *more, str(file)]
            taken = Spread.of(1e3 * run(command).seconds for _ in range(rounds))
            report = check_file(file, content=content, trust=trust)
            assert report.indication == "TOTAL-PASSED", report
            again = Spread.of(
                1e3 * seconds(partial(check_file, file, content=content, trust=trust)) for _ in range(10 * rounds)
            )
            title = f"cardctl verify --offline, {each.title}"
            figures += [
                Figure(f"verify_{each.name}", title, taken, "ms", "the whole process; anchor and list as files"),
                Figure(f"verify_{each.name}_again", "the same where the code is loaded", again, "ms", "check_file"),
            ]
    return figures
