"""The command that writes the whole test PKI into a folder: `python -m applets_spec.testca OUT`."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import click

from applets_spec.testca.case import Case
from applets_spec.testca.cases import CASES, REVOCATION_CASES
from applets_spec.testca.crl import issue_crl
from applets_spec.testca.hierarchy import (
    AUTHORITIES,
    COMMITTED_BADGES,
    COMMITTED_HOLDERS,
    DEFAULT_ISSUE_TIME,
    JST,
)
from applets_spec.testca.issue import Operator, authority_certificate, issue_badge, issue_jpki
from applets_spec.testca.keys import DerivedKeys, FreshKeys, KeyAlgorithm, KeySource, private_key_pem
from applets_spec.testca.resident_cases import Somebody

README = """TEST - worthless. Every key here can be made again by anybody: trust none of these authorities outside of tests.

authorities/  certificates (DER), keys (PEM) and empty revocation lists of all generations
residents/    signature and authentication certificates (DER) and keys (PEM)
badges/       certificates (DER) and keys (PEM) of PIV keys 9A, 9C, 9D, 9E, with RSA-2048 and with P-256
cases/        certificates right and wrong; case.json says as what they are offered, when, and the right verdict
"""


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--issued", type=click.DateTime(), help="When residents' and badges' certificates begin, Japan time.")
@click.option("--fresh", is_flag=True, help="New random keys throughout, instead of the same bytes each time.")
@click.option("--cases/--no-cases", "with_cases", default=True, help="Also the certificates right and wrong.")
def main(out: Path, issued: datetime | None, fresh: bool, with_cases: bool) -> None:
    """Write the test PKI into the folder OUT; the same bytes each time unless told otherwise."""
    source: KeySource = FreshKeys() if fresh else DerivedKeys()
    begins = issued.replace(tzinfo=JST) if issued else DEFAULT_ISSUE_TIME
    _write(out / "README.txt", README.encode())
    _write_authorities(out / "authorities", source, begins)
    _write_residents(out / "residents", source, begins)
    for algorithm in (KeyAlgorithm.RSA_2048, KeyAlgorithm.P256):
        _write_badges(out / "badges" / algorithm, algorithm, source, begins)
    if with_cases:
        for name, build in {**CASES, **REVOCATION_CASES}.items():
            _write_case(out / "cases" / name, build(), build.__doc__ or "")
    click.echo(f"test PKI written to {out}")


LIST_LIFE = timedelta(days=365)


def _write_authorities(folder: Path, source: KeySource, begins: datetime) -> None:
    for row in AUTHORITIES:
        stem = f"{row.family}-{row.generation}"
        _write(folder / f"{stem}.cer", authority_certificate(row, source))
        _write(folder / f"{stem}.key.pem", private_key_pem(source.key(row.key_name, row.algorithm)))
        crl = issue_crl(row, [], begins, min(row.not_after, begins + LIST_LIFE), 1, source)
        _write(folder / f"{stem}.crl", crl)


def _write_residents(folder: Path, source: KeySource, begins: datetime) -> None:
    for number in range(COMMITTED_HOLDERS):
        issued = issue_jpki(Somebody(), number, issued=begins, keys=source)
        place = folder / f"{number:04d}"
        _write(place / "signature.cer", issued.signature_certificate)
        _write(place / "signature.key.pem", private_key_pem(issued.signature_key))
        _write(place / "authentication.cer", issued.authentication_certificate)
        _write(place / "authentication.key.pem", private_key_pem(issued.authentication_key))


def _write_badges(folder: Path, algorithm: KeyAlgorithm, source: KeySource, begins: datetime) -> None:
    for number in range(COMMITTED_BADGES):
        operator = Operator(f"TEST Operator {number}", f"T{number:04d}")
        badge = issue_badge(operator, algorithm, number, issued=begins, keys=source)
        for slot, pair in badge.slots.items():
            _write(folder / f"{number:04d}" / f"{slot:02x}.cer", pair.certificate)
            _write(folder / f"{number:04d}" / f"{slot:02x}.key.pem", private_key_pem(pair.key))


def _write_case(folder: Path, case: Case, drawing: str) -> None:
    _write(folder / "certificate.cer", case.certificate)
    for kind, blobs, ending in (
        ("anchor", case.anchors, "cer"),
        ("other", case.others, "cer"),
        ("list", case.crls, "crl"),
        ("response", case.responses, "ocsp"),
    ):
        for place, blob in enumerate(blobs):
            _write(folder / f"{kind}-{place}.{ending}", blob)
    facts = {
        "chain": " ".join(drawing.split()),
        "offered_as": case.purpose,
        "at": case.at.isoformat(),
        "verdict": case.verdict,
        "clause": case.clause,
        "nonce": None if case.nonce is None else case.nonce.hex(),
    }
    _write(folder / "case.json", (json.dumps(facts, ensure_ascii=False, indent=2) + "\n").encode())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    main()
