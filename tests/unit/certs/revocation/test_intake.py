"""A long list is taken in: checked against its authority, compared with the list before, and looked up afterwards."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import crl as asn1_crl
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from certs.revocation import intake
from certs.revocation.errors import ListRefused
from certs.revocation.intake import Before, Floor, Outcome, TakenIn, main, take_in
from certs.revocation.serial_file import SerialFile
from certs.validation.evidence import Evidence
from certs.validation.revocation import check_revocation
from certs.validation.verdict import GOOD, Answer, bad, unknown
from tests.unit.certs.small_authority import (
    DAY,
    HOUR,
    KEYS,
    NOON,
    SERIAL,
    YEAR,
    Authority,
    divided,
    named,
    point,
    usage,
)

CA = Authority()
OLDER = replace(CA, key=KEYS[1])
"""The generation before, of the same name."""
BOTH = [OLDER.certificate, CA.certificate]
LEAF = CA.issue()
HERE, THERE = x509.DirectoryName(named("part 1")), x509.DirectoryName(named("part 2"))
MOMENT = timedelta(seconds=1)
WHOLE = CA.listing()
DAMAGED = WHOLE[:-1] + bytes([WHOLE[-1] ^ 1])


def rewritten(change: Callable[[asn1_crl.TbsCertList], None]) -> bytes:
    """The authority's list, changed and signed again."""
    made = asn1_crl.CertificateList.load(WHOLE)
    change(made["tbs_cert_list"])
    made["signature"] = CA.key.sign(made["tbs_cert_list"].dump(force=True), ec.ECDSA(hashes.SHA256()))
    octets: bytes = made.dump(force=True)
    return octets


def without_end(tbs: asn1_crl.TbsCertList) -> None:
    del tbs["next_update"]


def of_version_1(tbs: asn1_crl.TbsCertList) -> None:
    del tbs["version"]


def taken(
    folder: Path,
    octets: bytes,
    *,
    authorities: Sequence[x509.Certificate] = BOTH,
    now: datetime = NOON,
    floor: Floor | None = None,
) -> TakenIn:
    source = folder / "source.crl"
    source.write_bytes(octets)
    into = folder / "lists"
    into.mkdir(exist_ok=True)
    return take_in(source, authorities, into, now, floor=floor)


def refusal(folder: Path, octets: bytes, **more: object) -> str:
    with pytest.raises(ListRefused) as refused:
        taken(folder, octets, **more)  # type: ignore[arg-type]
    return refused.value.problem


def looked_up(folder: Path, leaf: x509.Certificate = LEAF, issuer: Authority = CA) -> Answer:
    """By all files that lie there."""
    files = [SerialFile(folder / "lists" / name) for name in sorted(os.listdir(folder / "lists"))]
    answer = check_revocation(leaf, issuer.certificate, Evidence(long_lists=files), NOON).answer
    for each in files:
        each.close()
    return answer


@pytest.mark.proves("K3", "fault 154")
def test_a_list_is_taken_in_and_answers(tmp_path: Path) -> None:
    assert taken(tmp_path, CA.listing(SERIAL + 1)).before is Before.NONE
    assert looked_up(tmp_path) == GOOD
    next_one = taken(tmp_path, CA.listing(SERIAL, SERIAL + 1, number=8))
    assert (next_one.outcome, next_one.before, next_one.count) == (Outcome.TAKEN, Before.OLDER, 2)
    assert looked_up(tmp_path) == bad("revoked")


def test_an_empty_list_is_a_list(tmp_path: Path) -> None:
    assert taken(tmp_path, CA.listing()).count == 0
    assert looked_up(tmp_path) == GOOD


def test_the_same_list_again_changes_nothing(tmp_path: Path) -> None:
    octets = CA.listing(SERIAL)
    first = taken(tmp_path, octets)
    place = tmp_path / "lists" / first.file
    before = place.stat().st_ino
    again = taken(tmp_path, octets)
    assert (again.outcome, again.before, again.count) == (Outcome.UNCHANGED, Before.SAME, 1)
    assert place.stat().st_ino == before


@pytest.mark.proves("K3", "fault 156")
@pytest.mark.parametrize(
    ("number", "later", "problem"),
    [
        (6, timedelta(0), "list_rolled_back"),
        (6, MOMENT, "list_rolled_back"),
        (7, -MOMENT, "list_rolled_back"),
        (8, -MOMENT, "list_rolled_back"),
        (7, timedelta(0), "list_number_reused"),
        (7, MOMENT, ""),
        (8, timedelta(0), ""),
        (8, MOMENT, ""),
    ],
)
def test_number_and_date_never_go_down(tmp_path: Path, number: int, later: timedelta, problem: str) -> None:
    taken(tmp_path, CA.listing(SERIAL))
    octets = CA.listing(number=number, updates=(NOON - HOUR + later, NOON + HOUR))
    if problem:
        assert refusal(tmp_path, octets) == problem
        assert looked_up(tmp_path) == bad("revoked")
    else:
        assert taken(tmp_path, octets).outcome is Outcome.TAKEN
        assert looked_up(tmp_path) == GOOD


@pytest.mark.proves("K3", "fault 156")
def test_the_callers_memory_holds_where_the_file_is_gone(tmp_path: Path) -> None:
    floor = Floor(7, NOON - HOUR)
    assert taken(tmp_path, CA.listing(), floor=floor).outcome is Outcome.TAKEN
    for name in os.listdir(tmp_path / "lists"):
        (tmp_path / "lists" / name).unlink()
    assert refusal(tmp_path, CA.listing(number=6), floor=floor) == "list_rolled_back"
    early = CA.listing(number=9, updates=(NOON - HOUR - MOMENT, NOON))
    assert refusal(tmp_path, early, floor=floor) == "list_rolled_back"


@pytest.mark.proves("fault 157")
def test_a_damaged_file_is_replaced_and_told(tmp_path: Path) -> None:
    place = tmp_path / "lists" / taken(tmp_path, CA.listing(SERIAL)).file
    place.write_bytes(place.read_bytes()[:-1])
    again = taken(tmp_path, CA.listing(SERIAL))
    assert (again.outcome, again.before) == (Outcome.TAKEN, Before.DAMAGED)
    assert looked_up(tmp_path) == bad("revoked")


@pytest.mark.proves("fault 157", "fault 165", "fault 168")
@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (b"", "list_malformed"),
        (b"\x30\x82\xff\xff", "list_malformed"),
        (CA.listing()[:-1], "list_malformed"),
        (DAMAGED, "list_bad_signature"),
        (replace(CA, name=named("TEST Another CA")).listing(), "list_wrong_issuer"),
        (replace(CA, key=KEYS[4]).listing(), "list_wrong_issuer"),
        (
            replace(CA, key=KEYS[4]).listing(identifier=CA.certificate.extensions[2].value.digest),  # type: ignore[attr-defined]
            "list_bad_signature",
        ),
        (CA.listing(more=[(x509.DeltaCRLIndicator(6), True)]), "list_not_understood"),
        (CA.listing(more=[divided(indirect=True)]), "list_not_understood"),
        (
            CA.listing(
                x509.RevokedCertificateBuilder(5, NOON - DAY)
                .add_extension(x509.CertificateIssuer([HERE]), True)
                .build()
            ),
            "list_not_understood",
        ),
        (CA.listing(number=None), "list_without_number"),
        (CA.listing(number=2**160), "list_malformed"),
        (rewritten(without_end), "list_without_next_update"),
        (rewritten(of_version_1), "list_without_number"),
        (CA.listing(updates=(NOON + timedelta(seconds=301), NOON + DAY)), "list_from_future"),
        (CA.listing(updates=(NOON - 2 * YEAR, NOON + DAY)), "list_issuer_expired"),
    ],
    ids=[
        "nothing",
        "no list",
        "cut",
        "damaged",
        "another name",
        "another key",
        "an impostor's",
        "a delta list",
        "an indirect list",
        "an entry of another issuer",
        "no number",
        "a number that is too long",
        "no end",
        "version 1",
        "from the future",
        "older than its authority",
    ],
)
def test_what_is_refused_has_its_word_and_the_old_list_stays(tmp_path: Path, octets: bytes, problem: str) -> None:
    taken(tmp_path, CA.listing(SERIAL))
    assert refusal(tmp_path, octets) == problem
    assert looked_up(tmp_path) == bad("revoked")
    assert len(os.listdir(tmp_path / "lists")) == 1


@pytest.mark.proves("fault 157")
def test_an_authority_that_is_over_or_may_not_sign_lists_has_none(tmp_path: Path) -> None:
    over = replace(CA, life=(NOON - YEAR, NOON - MOMENT))
    assert refusal(tmp_path, over.listing(), authorities=[over.certificate]) == "list_issuer_expired"
    mute = replace(CA, key_usage=usage("key_cert_sign"))
    assert refusal(tmp_path, mute.listing(), authorities=[mute.certificate]) == "list_wrong_issuer"


@pytest.mark.proves("fault 157")
def test_limits_of_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    octets = CA.listing(1, 2, 3)
    monkeypatch.setattr(intake, "MOST_ENTRIES", 2)
    assert refusal(tmp_path, octets) == "list_too_large"
    monkeypatch.setattr(intake, "MOST_ENTRIES", 3)
    assert taken(tmp_path, octets).count == 3
    monkeypatch.setattr(intake, "LARGEST_LIST", len(octets) - 1)
    assert refusal(tmp_path, octets) == "list_too_large"


@pytest.mark.proves("fault 165")
def test_generations_of_one_name_have_a_list_each(tmp_path: Path) -> None:
    """A list that the older authority signed does not answer for certificates of the newer."""
    taken(tmp_path, OLDER.listing(SERIAL))
    assert looked_up(tmp_path) == unknown("list_missing")
    assert looked_up(tmp_path, OLDER.issue(), OLDER) == bad("revoked")
    taken(tmp_path, CA.listing())
    assert looked_up(tmp_path) == GOOD
    assert looked_up(tmp_path, OLDER.issue(), OLDER) == bad("revoked")


def test_parts_of_a_divided_list_lie_side_by_side(tmp_path: Path) -> None:
    here, there = (CA.issue(extensions=[point(name)]) for name in (HERE, THERE))
    taken(tmp_path, CA.listing(SERIAL, more=[divided(HERE, users=True)]))
    assert looked_up(tmp_path, here) == bad("revoked")
    assert looked_up(tmp_path, there) == unknown("list_missing")
    lower_number = CA.listing(number=3, more=[divided(THERE, users=True)])
    assert taken(tmp_path, lower_number).before is Before.NONE
    assert looked_up(tmp_path, here) == bad("revoked")
    assert looked_up(tmp_path, there) == GOOD


def arguments(folder: Path, octets: bytes, *more: str) -> list[str]:
    (folder / "source.crl").write_bytes(octets)
    (folder / "old.pem").write_bytes(OLDER.certificate.public_bytes(Encoding.PEM))
    (folder / "new.der").write_bytes(CA.certificate.public_bytes(Encoding.DER))
    (folder / "lists").mkdir(exist_ok=True)
    files = {"--list": "source.crl", "--into": "lists"}
    named_files = [part for option, name in files.items() for part in (option, str(folder / name))]
    return [*named_files, "--authority", str(folder / "old.pem"), "--authority", str(folder / "new.der"), *more]


AT = ("--at", "2025-06-02T12:00:00+0000")


@pytest.mark.proves("K3", "fault 156")
def test_the_program_answers_with_one_line(tmp_path: Path) -> None:
    """As a daemon starts it: its own process, and nothing but the answer on its output."""
    command = [sys.executable, "-m", "certs.revocation.intake", *arguments(tmp_path, CA.listing(SERIAL), *AT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert {key: answer[key] for key in ("outcome", "before", "number", "count", "this_update", "next_update")} == {
        "outcome": "taken",
        "before": "none",
        "number": "7",
        "count": 1,
        "this_update": "2025-06-02T11:00:00+00:00",
        "next_update": "2025-06-02T13:00:00+00:00",
    }
    assert os.listdir(tmp_path / "lists") == [answer["file"]]
    with SerialFile(tmp_path / "lists" / answer["file"]) as file:
        assert (file.issuer_key.hex(), file.facts.digest.hex()) == (answer["issuer_key"], answer["digest"])


def test_the_program_says_why_it_refused(tmp_path: Path) -> None:
    run = CliRunner().invoke(main, arguments(tmp_path, DAMAGED, *AT))
    assert run.exit_code == 3
    assert json.loads(run.output) == {"outcome": "refused", "problem": "list_bad_signature"}
    floor = ("--floor-number", "8", "--floor-time", "2025-06-02T11:00:00+0000")
    run = CliRunner().invoke(main, arguments(tmp_path, WHOLE, *AT, *floor))
    assert json.loads(run.output) == {"outcome": "refused", "problem": "list_rolled_back"}
    run = CliRunner().invoke(main, arguments(tmp_path, WHOLE, *AT, *floor[:2]))
    assert run.exit_code == 2


def test_the_program_says_what_it_could_not_use(tmp_path: Path) -> None:
    given = arguments(tmp_path, WHOLE, *AT)
    (tmp_path / "source.crl").unlink()
    run = CliRunner().invoke(main, given)
    assert (run.exit_code, json.loads(run.output)) == (1, {"outcome": "failed", "problem": "file_unusable"})
    given = arguments(tmp_path, WHOLE, *AT)
    (tmp_path / "new.der").write_bytes(b"no certificate")
    run = CliRunner().invoke(main, given)
    assert (run.exit_code, json.loads(run.output)) == (1, {"outcome": "failed", "problem": "authority_unreadable"})


def test_without_a_time_the_clock_counts(tmp_path: Path) -> None:
    """A list of the year 3025 is from the future, whenever this runs."""
    run = CliRunner().invoke(
        main, arguments(tmp_path, CA.listing(updates=(NOON + 1000 * YEAR, NOON + 1001 * YEAR)), *AT[:0])
    )
    assert json.loads(run.output) == {"outcome": "refused", "problem": "list_from_future"}


MEASURED = """
from certs.revocation.intake import main
main(standalone_mode=False)
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")), end="")
"""
"""The program, and then the most memory it had. What `wait4` tells begins with the memory of the parent that forked."""


@pytest.mark.slow
def test_a_million_entries_within_the_memory_that_is_promised(tmp_path: Path) -> None:
    """Longest serial numbers, a reason each, in no order: 53 MB; under 150 MB in the program, and each number is found."""
    serials = [(number * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**158 + 1 for number in range(1_000_000)]
    reason = x509.CRLReason(x509.ReasonFlags.affiliation_changed)
    entries = [
        x509.RevokedCertificateBuilder(each, NOON - DAY).add_extension(reason, False).build() for each in serials
    ]
    command = [sys.executable, "-c", MEASURED, *arguments(tmp_path, million(entries), *AT)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=300, check=True)
    first, peak = done.stdout.splitlines()
    answer = json.loads(first)
    assert answer["count"] == 1_000_000
    assert int(peak.split()[1]) < 150 * 1024  # KiB
    with SerialFile(tmp_path / "lists" / answer["file"]) as file:
        assert all(file.revoked_at(each) == NOON - DAY for each in serials[::997])
        assert file.revoked_at(2**158 + 7) is None


def million(entries: list[x509.RevokedCertificate]) -> bytes:
    """`CertificateRevocationListBuilder` copies its entries with each that is added, so they are put there at once."""
    own = x509.SubjectKeyIdentifier.from_public_key(CA.key.public_key()).digest
    builder = x509.CertificateRevocationListBuilder(CA.name, NOON - HOUR, NOON + HOUR, [], entries)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier(own, None, None), False)
    return builder.add_extension(x509.CRLNumber(7), False).sign(CA.key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.mark.proves("K5")
def test_a_pipe_in_the_place_of_a_list_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    source = tmp_path / "source.crl"
    os.mkfifo(source)
    with pytest.raises(ListRefused) as refused:
        take_in(source, BOTH, tmp_path, NOON)
    assert refused.value.problem == "list_malformed"


@pytest.mark.proves("K3")
@pytest.mark.parametrize("change", ["no key identifier", "number is critical"])
def test_a_list_that_is_not_of_the_profile_is_refused(tmp_path: Path, change: str) -> None:
    """RFC 5280, 5.2.1 and 5.2.3."""

    def changed(tbs: asn1_crl.TbsCertList) -> None:
        for place, each in enumerate(tbs["crl_extensions"]):
            if change == "no key identifier" and each["extn_id"].native == "authority_key_identifier":
                del tbs["crl_extensions"][place]
                return
            if change == "number is critical" and each["extn_id"].native == "crl_number":
                each["critical"] = True
                return
        raise AssertionError("nothing was changed")

    with pytest.raises(ListRefused) as refused:
        taken(tmp_path, rewritten(changed))
    assert refused.value.problem == "list_not_understood"
