"""NIST's Public Key Interoperability Test Suite (PKITS, 2011 data): 246 paths through the code that every caller uses.

The data is not part of this repository: `expected.csv`, `certs/` and `crls/` in `../shared/data/nist-pkits` beside the checkout,
or where `CARDD_PKITS` says. Each refusal has its word here, so that a path that is refused
for another reason than its own fails too. `docs/certificates.md` explains what deviates.
"""

import csv
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from certs.validation.evidence import Evidence
from certs.validation.path import Rules
from certs.validation.truststore import from_der
from certs.validation.validate import validate
from certs.validation.verdict import State, Verdict

PLACE = Path(os.environ.get("CARDD_PKITS") or Path(__file__).parents[4] / "shared/data/nist-pkits")
TABLE = PLACE / "expected.csv"
AT = datetime(2025, 1, 1, tzinfo=UTC)
"""Within the validity of the suite's certificates and lists, 2010 to 2030."""
LONGEST = 10
PATHS = 246

REFUSED: Mapping[str, str] = {
    "unknown_issuer": "40102 40301 40302 40508 40601 40602 40603 40701 40702",
    "bad_signature": "40103",
    "weak_algorithm": "40106",
    "issuer_not_valid": "40201 40202 40205 40207",
    "expired": "40206",
    "list_missing": """
        40401 40404 40405 40406 40408 40409 40410 40421 40704 40705 41403 41408 41409 41411 41412 41414 41415 41416
        41417 41420 41421 41423 41426 41427 41431 41432 41434 41435 41501
    """,
    "issuer_revoked": "40402",
    "revoked": "40403 40418 40420 40502 40505 40507 41402 41406 41503 41506 41509",
    "list_too_old": "40411 40412 41510",
    "malformed": "40415",
    "bad_path": """
        40605 40606 40609 40610 40611 40612 40616 40801d 40802b 40803b 40803c 40804 40805 40806c 40806d 40807 40808
        40809 40812 40814d 40903 40905 40907 40908 41001b 41001c 41001d 41002a 41002b 41003a 41004 41005b 41006b 41007
        41008 41010 41101 41103 41105 41106 41108 41109 41110 41111 41201 41203b 41204 41205 41206 41208 41210 41302
        41303 41307 41308 41309 41310 41312 41313 41315 41316 41317 41320 41322 41324 41326 41328 41329 41331 41333
        41335 41337 41338
    """,
    "unknown_critical_extension": "41602",
}
"""What is invalid and why it is so to us, by number; a letter follows where one test has several sets of parameters."""

DSA = "DSA is below the floor of algorithms"
SOME_REASONS = "lists of some reasons are not used here, so such a list says nothing"
INDIRECT = "a list for certificates of another issuer (indirect CRL) is not used here, so such a list says nothing"
DELTA = "delta lists are not used here (use-deltas of RFC 5280, 6.3.1 is off): the complete list alone answers"
DEVIATES: Mapping[str, tuple[str, str]] = {
    "40104": ("weak_algorithm", DSA),
    "40105": ("malformed", DSA + "; a key without its parameters is not even read"),
    "41418": ("list_missing", SOME_REASONS),
    "41419": ("list_missing", SOME_REASONS),
    "41422": ("list_missing", INDIRECT),
    "41424": ("list_missing", INDIRECT),
    "41425": ("list_missing", INDIRECT),
    "41428": ("list_missing", INDIRECT),
    "41429": ("list_missing", INDIRECT),
    "41430": ("list_missing", INDIRECT),
    "41433": ("list_missing", INDIRECT),
    "41504": ("good", DELTA + ", and there it is not revoked yet"),
    "41505": ("revoked", DELTA + ", and there it is still on hold"),
}
"""Where we come to another result than NIST, and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    number: str
    end_entity: str
    intermediates: str
    lists: str
    valid: bool
    rules: Rules


@cache
def rows() -> tuple[Row, ...]:
    return tuple(_rows())


def _rows() -> Iterator[Row]:
    if not TABLE.exists():
        return
    with TABLE.open(newline="") as file:
        lines = list(csv.DictReader(file))
    times = Counter(line["section"] for line in lines)
    met: Counter[str] = Counter()
    for line in lines:
        section = line["section"]
        letter = "abcdef"[met[section]] if times[section] > 1 else ""
        met[section] += 1
        rules = Rules(
            longest=LONGEST,
            policies=frozenset(line["initial_policies"].split()),
            explicit_policy=line["explicit_policy"] == "yes",
            inhibit_mapping=line["inhibit_mapping"] == "yes",
            inhibit_any_policy=line["inhibit_any"] == "yes",
        )
        yield Row(
            section + letter, line["end_entity"], line["intermediates"], line["crls"], line["valid"] == "yes", rules
        )


def judged(row: Row) -> Verdict:
    certificates, lists = PLACE / "certs", PLACE / "crls"
    anchor = (certificates / "TrustAnchorRootCertificate.crt").read_bytes()
    evidence = [(lists / name).read_bytes() for name in ("TrustAnchorRootCRL.crl", *row.lists.split())]
    return validate(
        (certificates / row.end_entity).read_bytes(),
        None,
        from_der([anchor]),
        AT,
        others=[(certificates / name).read_bytes() for name in row.intermediates.split()],
        evidence=Evidence(lists=evidence),
        rules=row.rules,
    )


def word(verdict: Verdict) -> str:
    """The kind of use is no question of the suite: some of its paths end at an authority, which may sign no data."""
    if verdict.detail == "unknown_critical_extension":
        return verdict.detail
    answers = (verdict.form, verdict.algorithm, verdict.chain, verdict.time, verdict.revocation)
    return next((answer.reason for answer in answers if answer.state is not State.GOOD), "good")


def expected(row: Row) -> str:
    if row.number in DEVIATES:
        return DEVIATES[row.number][0]
    if row.valid:
        return "good"
    return next(reason for reason, numbers in REFUSED.items() if row.number in numbers.split())


@pytest.mark.proves("K1", "K2")
@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.number}-{row.end_entity.removesuffix('.crt')}")
@pytest.mark.skipif(not TABLE.exists(), reason=f"no NIST PKITS data at {PLACE}; CARDD_PKITS says where it is")
def test_a_path_of_the_suite_gets_the_result_that_is_written_down(row: Row) -> None:
    assert word(judged(row)) == expected(row)


@pytest.mark.proves("K1")
@pytest.mark.skipif(not TABLE.exists(), reason=f"no NIST PKITS data at {PLACE}; CARDD_PKITS says where it is")
def test_the_whole_suite_is_there_and_nothing_else_deviates() -> None:
    assert len(rows()) == PATHS
    invalid = {row.number for row in rows() if not row.valid}
    written = {number for numbers in REFUSED.values() for number in numbers.split()}
    assert written == invalid - set(DEVIATES)
    looser = {number for number, (result, _) in DEVIATES.items() if result == "good"}
    assert looser == {"41504"}, "everywhere else we are the stricter ones"
