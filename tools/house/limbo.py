"""Runs the cases of C2SP/x509-limbo through `certs.validation` and says where the two differ: `python -m tools.house.limbo FILE`.

FILE is that project's `limbo.json`, fetched or made with its own `limbo compile`; none of it is part of this repository. Cases about
TLS (`webpki::`, `online::`, `bettertls::`: host names, server usage, public suffixes) are counted and left out: nothing here is a
TLS server. The table in docs/certificates.md was made with this. Exit code 1 where what is looser is not just what
`EXPLAINED` says.
"""

import base64
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.errors import BadAnchor
from certs.validation.evidence import Evidence
from certs.validation.path import Rules
from certs.validation.truststore import Anchor, TrustStore, from_der
from certs.validation.validate import validate
from certs.validation.verdict import State

OF_TLS = ("webpki::", "online::", "bettertls::")
LONGEST = 20
"""Certificates of a path where the case sets no limit of its own: the suite builds longer ones than `STRICT` lets pass."""
NUMBER = "the number puts lists in order: cardd-lists takes in none without it, a list inside a document is judged by its time"
ISSUER = (
    "a duty of whoever issues, not of whoever relies (RFC 5280, 4.2): what the extension says is applied all the same"
)
IDENTIFIER = ISSUER + "; without identifiers the signature tells which key it was"
DNS = "nobody is identified by a DNS name, mail or IP address here, so its spelling is not looked at"
EXPLAINED: Mapping[str, str] = {
    "crl::crlnumber-missing": NUMBER,
    "crl::crlnumber-critical": NUMBER,
    "cve::cve-2025-61727": DNS,
    "rfc5280::aki::leaf-missing-aki": IDENTIFIER,
    "rfc5280::aki::intermediate-missing-aki": IDENTIFIER,
    "rfc5280::aki::cross-signed-root-missing-aki": IDENTIFIER,
    "rfc5280::eku::ee-wrong-eku": "the extended usage is a matter of the profile, and this harness asks for any kind",
    "rfc5280::nc::permitted-dns-match-noncritical": ISSUER,
    "rfc5280::nc::not-allowed-in-ee-noncritical": ISSUER,
    "rfc5280::nc::nc-permits-invalid-dns-san": DNS,
    "rfc5280::nc::nc-permits-invalid-email-san": DNS,
    "rfc5280::nc::nc-forbids-dnsname-wildcard-san": DNS,
    "rfc5280::pc::ica-noncritical-pc": ISSUER,
    "rfc5280::san::noncritical-with-empty-subject": ISSUER,
    "rfc5280::san::underscore-dns": DNS,
    "rfc5280::san::ip-in-dns": DNS,
    "rfc5280::ski::root-missing-ski": IDENTIFIER,
    "rfc5280::ski::intermediate-missing-ski": IDENTIFIER,
    "rfc5280::root-non-critical-basic-constraints": ISSUER,
}
"""Cases where we accept what the suite refuses, and why that is right here."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One case: what the suite expects and what we say."""

    case: str
    expected: bool
    found: bool
    word: str

    @property
    def how(self) -> str:
        if self.expected == self.found:
            return "agree"
        return "looser" if self.found else "stricter"


def compare(case: Mapping[str, Any]) -> Compared:
    """Judges one case as any certificate whose key may sign, with revocation by lists where the case has some."""
    expected = case["expected_result"] == "SUCCESS"
    store, word = _store(case["trusted_certs"])
    if store is None:
        return Compared(case["id"], expected, found=False, word=word)
    at = datetime.fromisoformat(case["validation_time"]) if case["validation_time"] else datetime.now(UTC)
    depth = case["max_chain_depth"]
    verdict = validate(
        _der(case["peer_certificate"]),
        None,
        store,
        at,
        others=[_der(each) for each in case["untrusted_intermediates"]],
        evidence=Evidence(lists=[_der(each) for each in case.get("crls", ())]),
        rules=Rules(longest=LONGEST if depth is None else depth + 2),
    )
    found = verdict.good_but_revocation and (not case.get("crls") or verdict.revocation.state is State.GOOD)
    return Compared(case["id"], expected, found, " ".join(filter(None, (verdict.reason, verdict.detail))))


def _store(pems: list[str]) -> tuple[TrustStore | None, str]:
    """The anchors that we would take, or None and why not one of them."""
    anchors: list[Anchor] = []
    word = "no anchor"
    for pem in pems:
        try:
            anchors += from_der([_der(pem)]).anchors
        except BadAnchor as error:
            word = f"anchor: {error.problem}"
    return (TrustStore(tuple(anchors)) if anchors else None), word


def _der(pem: str) -> bytes:
    """The bytes between the lines, read by nobody yet."""
    if "X509 CRL" in pem:
        return x509.load_pem_x509_crl(pem.encode()).public_bytes(Encoding.DER)
    lines = [line for line in pem.strip().splitlines() if not line.startswith("-----")]
    return base64.b64decode("".join(lines))


def _applying(cases: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    return (case for case in cases if not case["id"].startswith(OF_TLS))


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__)
        return 2
    cases = json.loads(Path(arguments[0]).read_text())["testcases"]
    results = [compare(case) for case in _applying(cases)]
    for each in results:
        if each.how != "agree":
            print(f"{each.how:8}  {each.case:50}  {each.word}  {EXPLAINED.get(each.case, '')}")
    counts = Counter(each.how for each in results)
    print(f"{len(cases)} cases, {len(cases) - len(results)} about TLS; of {len(results)}: {dict(counts)}")
    looser = {each.case for each in results if each.how == "looser"}
    for case in sorted(looser ^ (EXPLAINED.keys() & {each.case for each in results})):
        print(f"not explained, or explained without need: {case}")
    return 0 if looser == EXPLAINED.keys() & {each.case for each in results} else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
