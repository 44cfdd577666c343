"""What looking into a long revocation list costs: a resident's certificate with a list of 1,000,000 entries beside one with 100."""

import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.testca import revocation_cases
from applets_spec.testca.case import Verdict
from applets_spec.testca.issue import authority_certificate
from applets_spec.testca.x509_parts import distinguished_name
from bench import certificate_check
from bench.figures import Spread
from bench.findings import Figure, Findings
from bench.place import OUT, Place
from bench.processes import Took, run
from bench.scope import Say, Scope
from certs.profiles.jpki_signature import JPKI_SIGNATURE
from certs.revocation.serial_file import SerialFile
from certs.validation.evidence import NO_EVIDENCE, Evidence
from certs.validation.truststore import TrustStore, from_der
from certs.validation.validate import validate
from certs.validation.verdict import State

SHORT, LONG = 100, 1_000_000
"""Entries; the long list is the younger one with the higher number, so that a daemon takes it after the short one."""
LIST = "list.crl"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EACH_ROUND = 40
"""Validations of each kind, taken in turns."""
LATER_LIMIT_MS = 5.0
MEMORY_LIMIT_MIB = 150.0
INTAKES = 3
"""Of the long list, each into an empty folder."""
FIRST_ONE = """
import sys, time
from pathlib import Path
from bench.group_certificates import Question
question = Question.read(Path(sys.argv[1]))
began = time.perf_counter()
with question.opened() as ask:
    ask()
    print(time.perf_counter() - began)
"""


@dataclass(frozen=True)
class Question:
    """A resident's signature certificate, and a folder with the sorted list of its authority."""

    folder: Path
    leaf: bytes = field(repr=False)
    store: TrustStore = field(repr=False)

    @classmethod
    def read(cls, folder: Path) -> "Question":
        """As `_taken_in` left it."""
        return cls(folder, (folder / "leaf.der").read_bytes(), from_der([(folder / "authority.der").read_bytes()]))

    @contextmanager
    def opened(self) -> Iterator["Ask"]:
        """With the list open."""
        (place,) = (self.folder / "lists").iterdir()
        with SerialFile(place) as file:
            yield Ask(self, Evidence(long_lists=[file]))


@dataclass(frozen=True)
class Ask:
    """Validates the certificate once. Raises `AssertionError` unless it is good: another answer would be another job."""

    question: Question
    evidence: Evidence
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> float:
        """Milliseconds."""
        began = time.perf_counter()
        verdict = validate(
            self.question.leaf,
            JPKI_SIGNATURE,
            self.question.store,
            self.at,
            evidence=self.evidence,
            test=True,
        )
        taken = 1000 * (time.perf_counter() - began)
        expected = State.GOOD if self.evidence is not NO_EVIDENCE else State.NOT_CHECKED
        assert (verdict.revocation.state, verdict.good_but_revocation) == (expected, True), verdict
        return taken


def measure(place: Place, scope: Scope, say: Say, findings: Findings) -> None:
    """The library first, in programs of their own; then the same lists in a daemon, asked by `certificate.check`."""
    with tempfile.TemporaryDirectory(prefix="lists-", dir=OUT) as name:
        folders = {count: Path(name) / str(count) for count in (SHORT, LONG)}
        for count, folder in folders.items():
            say(f"certificates: a list of {count:,} entries, made, taken in, opened")
            _made(folder, count)
        took = [_taken_in(folders[LONG]) for _ in range(INTAKES)]
        _taken_in(folders[SHORT])
        findings.figures += _of_the_intake(took)
        opened = [_open_s(folders[LONG]) for _ in range(max(3, scope.decisions // 3))]
        first = [_first_s(folders[LONG]) for _ in range(max(2, scope.starts))]
        say("certificates: validating in turns, with the long list, the short one, and none")
        findings.figures += [
            Figure("list_open", f"opening a list of {LONG:,}", Spread.of(opened), "s", "read once, for its SHA-256"),
            Figure(
                "validate_first",
                "the first validation of a process",
                Spread.of(first),
                "s",
                "a fresh process each, its code loaded: the long list opened and checked, one certificate validated",
            ),
            *_later(folders, scope),
        ]
        say("certificates: certificate.check of a daemon, short list, then the long one")
        findings.figures += certificate_check.measure(
            place, scope, {each: path / LIST for each, path in folders.items()}
        )


def _made(folder: Path, count: int) -> None:
    """A list of serial numbers of 158 bits in no order, each with a reason, by the authority of the test residents."""
    row, now = revocation_cases.NEW, datetime.now(UTC).replace(microsecond=0)
    since = now - HOUR if count == LONG else now - 2 * HOUR
    key = revocation_cases.key_of(row)
    reason = x509.CRLReason(x509.ReasonFlags.affiliation_changed)
    entries = [
        x509.RevokedCertificateBuilder(_serial(number), revocation_cases.WHEN).add_extension(reason, False).build()
        for number in range(count)
    ]
    # the builder's own way of adding copies the list with each entry
    builder = x509.CertificateRevocationListBuilder(distinguished_name(row.name), since, now + DAY, [], entries)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
    made = builder.add_extension(x509.CRLNumber(count), False).sign(key, hashes.SHA256())
    (folder / "lists").mkdir(parents=True)
    (folder / LIST).write_bytes(made.public_bytes(Encoding.DER))
    (folder / "authority.der").write_bytes(authority_certificate(row))
    (folder / "leaf.der").write_bytes(revocation_cases.case(Verdict.GOOD, "").certificate)


def _serial(number: int) -> int:
    return int.from_bytes(hashlib.sha256(number.to_bytes(8, "big")).digest()[:20], "big") >> 2 | 1


def _taken_in(folder: Path) -> Took:
    """By the program that the daemon's helper starts, into an empty folder; the last one is looked into."""
    for each in (folder / "lists").iterdir():
        each.unlink()
    arguments = {"--list": LIST, "--authority": "authority.der", "--into": "lists"}
    named = [part for option, name in arguments.items() for part in (option, str(folder / name))]
    return run([sys.executable, "-m", "certs.revocation.intake", *named])


def _of_the_intake(took: list[Took]) -> list[Figure]:
    how = "a program of its own: signature, order, file written and synced"
    return [
        Figure("intake", f"taking a list of {LONG:,} in", Spread.of(each.seconds for each in took), "s", how),
        Figure("intake_cpu", "the same, of a processor", Spread.of(each.cpu_s for each in took), "s", how),
        Figure("intake_memory", "the same, memory", Spread.of(each.mib for each in took), "MiB", "most resident", MEMORY_LIMIT_MIB),
    ]  # fmt: skip


def _open_s(folder: Path) -> float:
    (place,) = (folder / "lists").iterdir()
    began = time.perf_counter()
    with SerialFile(place):
        return time.perf_counter() - began


def _first_s(folder: Path) -> float:
    done = subprocess.run([sys.executable, "-c", FIRST_ONE, str(folder)], stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


def _later(folders: dict[int, Path], scope: Scope) -> list[Figure]:
    """Medians of rounds; in each round the kinds take turns, so that all meet the same machine."""
    rounds: dict[str, list[float]] = {"long": [], "short": [], "none": []}
    with ExitStack() as stack:
        asks = {
            "long": stack.enter_context(Question.read(folders[LONG]).opened()),
            "short": stack.enter_context(Question.read(folders[SHORT]).opened()),
            "none": Ask(Question.read(folders[SHORT]), NO_EVIDENCE),
        }
        for ask in asks.values():
            ask()
        for _ in range(scope.decisions):
            taken: dict[str, list[float]] = {kind: [] for kind in asks}
            for _ in range(EACH_ROUND):
                for kind, ask in asks.items():
                    taken[kind].append(ask())
            for kind, values in taken.items():
                rounds[kind].append(Spread.of(values).median)
    how = f"the medians of rounds of {EACH_ROUND}; form, path, signature of the authority, kind, list"
    ratio = [long / short for long, short in zip(rounds["long"], rounds["short"], strict=True)]
    added = [long / none for long, none in zip(rounds["long"], rounds["none"], strict=True)]
    again = "the medians of round and round, taken in turns"
    return [
        Figure("validate_long", f"each further validation, list of {LONG:,}", Spread.of(rounds["long"]), "ms", how, LATER_LIMIT_MS),
        Figure("validate_short", f"the same, list of {SHORT}", Spread.of(rounds["short"]), "ms", how),
        Figure("validate_growth", f"list of {LONG:,} / list of {SHORT}", Spread.of(ratio), "x", again),
        Figure("validate_none", f"list of {LONG:,} / no list", Spread.of(added), "x", again),
    ]  # fmt: skip
