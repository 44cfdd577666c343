"""`cardctl check-certificate`: asks the daemon whether a certificate holds, and says it in words."""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from cardd.cli import moments
from cardd.cli.context import Run, pass_run

KINDS = ("jpki_signature", "jpki_authentication", "operator_badge", "operator_signature")
QUESTIONS = ("form", "algorithm", "chain", "time", "revocation", "conformity")
LARGEST_FILE = 64 * 1024
"""Bytes; a request line has no room for more."""
NOT_USABLE = 2
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SAID = ("revoked", "expired", "not_yet_valid", "not_checked")
"""Reasons that are results as well."""


@click.command("check-certificate")
@click.option("--purpose", required=True, help="Purpose code from the office's policy.")
@click.option("--case", required=True, help="Reception number (受付番号).")
@click.option("--approval", metavar="ID", help="What a second person has approved (a-…).")
@click.option("--kind", type=click.Choice(KINDS), help="What it is offered as; left out, any kind that may sign.")
@click.option("--at", help="The moment asked for, as 2027-01-15T09:00:00Z; left out, now.")
@click.option("--chain", type=_FILE, multiple=True, help="Certificates of authorities between it and the anchor.")
@click.option("--list", "lists", type=_FILE, multiple=True, help="A further revocation list.")
@click.option("--response", "responses", type=_FILE, multiple=True, help="A further OCSP response (DER).")
@click.argument("file", type=_FILE)
@pass_run
def check_certificate(
    run: Run,
    purpose: str,
    case: str,
    approval: str | None,
    kind: str | None,
    at: str | None,
    chain: Sequence[Path],
    lists: Sequence[Path],
    responses: Sequence[Path],
    file: Path,
) -> None:
    """Say whether the certificate in FILE (PEM or DER) holds, by the lists of this machine.

    Further certificates in FILE count as its chain. Exit status 0: usable under the purpose; 2: not.
    """
    leaf, *more = _octets(file)
    others = [*more, *(each for path in chain for each in _octets(path))]
    result = run.call(
        "certificate.check",
        certificate_base64=_base64(leaf),
        others_base64=[_base64(each) for each in others],
        lists_base64=[_base64(each) for path in lists for each in _octets(path)],
        responses_base64=[_base64(each) for path in responses for each in _octets(path)],
        at=at,
        kind=kind,
        purpose=purpose,
        case=case,
        approval=approval,
    )
    run.tell(result, lambda: _show(run, result))
    if not result["usable"]:
        raise SystemExit(NOT_USABLE)


def _octets(path: Path) -> list[bytes]:
    """DER of all that a file holds, PEM or DER. Raises `click.UsageError` for a file that is too large or damaged PEM."""
    with path.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if not content or len(content) > LARGEST_FILE:
        raise click.UsageError(f"{path}: must have 1 to {LARGEST_FILE} bytes")
    found = list(_pem(content, path))
    return found or [content]


def _pem(content: bytes, path: Path) -> Iterator[bytes]:
    for _, text in _PEM.findall(content):
        try:
            yield base64.b64decode(b"".join(text.split()), validate=True)
        except ValueError:
            raise click.UsageError(f"{path}: is damaged PEM") from None


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _show(run: Run, result: Mapping[str, Any]) -> None:
    say = run.speech
    click.echo(say("certificate_usable" if result["usable"] else "certificate_not_usable"))
    rows = [(say("certificate_result"), say(f"certresult.{result['result']}"))]
    rows += [
        (say(f"question.{name}"), _answer(run, name, result["answers"][name]))
        for name in QUESTIONS
        if result["answers"][name]["state"] != "good"
    ]
    if result["authority"] is not None:
        rows.append((say("certificate_authority"), result["authority"]["name"]))
    if result["list_age_s"] is not None:
        rows.append((say("certificate_list_age"), say("certificate_hours", n=result["list_age_s"] // 3600)))
    rows.append((say("certificate_at"), moments.day_and_time(result["at"])))
    run.table(rows)


def _answer(run: Run, question: str, answer: Mapping[str, Any]) -> str:
    """The reason as a sentence where there is one; a bad answer is of another error than one that cannot be given."""
    state, reason = answer["state"], answer["reason"]
    if reason in SAID:
        return run.speech(f"certresult.{reason}")
    if question == "conformity" and state == "bad":
        return run.speech("certificate_wrong_kind")
    return run.speech.why("cert.bad" if state == "bad" else "cert.unknown", reason)
