"""What is kept elsewhere shows what no log shows by itself: the first key, receipts, heads, witnesses."""

import base64
import json
import random
import re
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cardd.audit.verifier import CANNOT, LINES, SAYS, NamedKey, Outside, Report, main, note_of, receipt_of, verify
from tests.fixtures.made_log import STATE, LogMaker, MadeLog, made_log, us_of
from tests.fixtures.outside_python import Desk

WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
FACTS = re.compile(r"{[a-z]+}")
COSIGNATURE = 4
"""Type byte of a witness's key (c2sp.org/tlog-cosignature)."""
WITNESS_KEY = NamedKey.of(
    "witness.example/town", COSIGNATURE, WITNESS.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeLog:
    return made_log(tmp_path_factory.mktemp("made") / "log", 600, 5, segment_bytes=60_000, keep_hashes=True)


def problem(report: Report) -> str | None:
    return report.finding.problem if report.finding else None


def cosigned(note: bytes, at_s: int = 1_800_000_000) -> bytes:
    """The same head with the witness's line, by the written form of tlog-cosignature."""
    text = note.split(b"\n\n")[0] + b"\n"
    signature = WITNESS.sign(b"cosignature/v1\ntime %d\n" % at_s + text)
    told = base64.b64encode(WITNESS_KEY.key_id + struct.pack(">Q", at_s) + signature).decode()
    return note + f"\u2014 {WITNESS_KEY.name} {told}\n".encode()


def notes(made: MadeLog) -> list[bytes]:
    """All heads of the log, in order."""
    parts = b"".join(path.read_bytes() for path in sorted((made.directory / "heads").iterdir())).split(b"\n\n")
    return [parts[at] + b"\n\n" + parts[at + 1] + b"\n" for at in range(0, len(parts) - 1, 2)]


@pytest.mark.proves("A6", "fault 108")
def test_a_log_made_anew_with_other_keys_is_whole_in_itself_and_not_under_the_key_of_the_set_up(
    made: MadeLog, tmp_path: Path
) -> None:
    other = made_log(tmp_path / "log", 600, 5, seed=2)
    pinned = Outside(key=NamedKey.read(made.first_key))
    assert verify(other.directory, full=False).finding is None
    report = verify(other.directory, outside=pinned, full=False)
    assert problem(report) == "pinned_key"
    whole = verify(made.directory, outside=Outside(key=NamedKey.read(made.first_key)), full=False)
    assert (whole.finding, whole.key_pinned) == (None, True)


@pytest.mark.proves("fault 108")
def test_an_older_form_without_keys_does_not_stand_for_the_log_of_the_set_up(made: MadeLog, tmp_path: Path) -> None:
    old = made_log(tmp_path / "log", 100, 1, format=1)
    assert verify(old.directory).finding is None
    assert problem(verify(old.directory, outside=Outside(key=NamedKey.read(made.first_key)))) == "pinned_key"


@pytest.mark.proves("A7")
def test_heads_kept_elsewhere_must_agree_and_stand_in_the_log(made: MadeLog) -> None:
    chosen = [note_of(note) for note in random.Random(1).sample(notes(made), 12)]
    report = verify(made.directory, outside=Outside(anchors=chosen), full=False)
    assert (report.finding, report.anchors) == (None, 12)


def test_a_head_of_another_log_or_by_a_foreign_key_is_told(made: MadeLog, tmp_path: Path) -> None:
    other = made_log(tmp_path / "log", 100, 1, seed=3)
    foreign = Outside(anchors=[note_of(other.newest_head)])
    assert problem(verify(made.directory, outside=foreign, full=False)) == "anchor_log"
    forged = bytearray(made.newest_head)
    forged[-10] ^= 1  # inside the signature's base64
    try:
        outside = Outside(anchors=[note_of(bytes(forged))])
    except ValueError:
        pytest.fail("the byte must stay base64")
    assert problem(verify(made.directory, outside=outside, full=False)) == "anchor_signature"


@pytest.mark.proves("A5", "A7")
def test_a_witness_is_believed_only_by_its_own_signature(made: MadeLog, tmp_path: Path) -> None:
    kept, folder = cosigned(made.newest_head), tmp_path / "cosigned"
    folder.mkdir()
    (folder / "2026-04-06.head").write_bytes(kept)
    (folder / "state.json").write_text("{}")
    report = verify(made.directory, outside=Outside(anchors=[note_of(kept)], witnesses=[WITNESS_KEY]), full=False)
    assert report.finding is None
    assert report.witnessed == [{"witness": WITNESS_KEY.name, "size": made.records, "at_s": 1_800_000_000}]
    asked = [str(made.directory), "--anchor", str(folder), "--witness", WITNESS_KEY.text]
    assert main(asked) == 0
    bare = Outside(anchors=[note_of(made.newest_head)], witnesses=[WITNESS_KEY])
    assert problem(verify(made.directory, outside=bare, full=False)) == "cosignature_missing"
    late = note_of(kept.replace(b"why stop", b"why time"))
    assert problem(verify(made.directory, outside=Outside(anchors=[late], witnesses=[WITNESS_KEY]), full=False)) in (
        "anchor_signature",
        "anchor_missing",
    )
    told = base64.b64encode(WITNESS_KEY.key_id + bytes(72)).decode()
    wrong = note_of(made.newest_head + f"\u2014 {WITNESS_KEY.name} {told}\n".encode())
    assert problem(verify(made.directory, outside=Outside(anchors=[wrong], witnesses=[WITNESS_KEY]), full=False)) == (
        "cosignature"
    )


@pytest.mark.proves("A6")
def test_receipts_are_found_wherever_they_stand(made: MadeLog) -> None:
    for full in (False, True):
        several = [(number, made.hashes[number - 1].hex()) for number in (1, 2, 300, made.records)]
        assert verify(made.directory, outside=Outside(receipts=several), full=full).receipt_found is True
        wrong = [*several, (5, made.hashes[5].hex())]
        assert verify(made.directory, outside=Outside(receipts=wrong), full=full).receipt_found is False
        beyond = [(made.records + 1, made.last_hash.hex())]
        assert verify(made.directory, outside=Outside(receipts=beyond), full=full).receipt_found is False


def test_the_commands_exit_status_says_it(made: MadeLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = str(made.directory)
    assert main([log, "--key", made.first_key, "--receipt", f"7:{made.hashes[6].hex()}", "--full"]) == 0
    assert main([log, "--receipt", f"7:{made.hashes[7].hex()}"]) == 1
    assert main([log, "--anchor", str(tmp_path / "nothing")]) == 2
    (tmp_path / "no-head").write_text("hello\n")
    assert main([log, "--anchor", str(tmp_path / "no-head")]) == 2
    (tmp_path / "key").write_text(made.first_key + "\n")
    capsys.readouterr()
    assert main([log, "--key", str(tmp_path / "key"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["key_pinned"] is True
    for words in (["--key", "x+y+z"], ["--receipt", "\u0661:00"], ["--heads", "a", "b"], []):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2


def test_it_speaks_japanese(made: MadeLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(made.directory), "--locale", "ja"]) == 0
    assert capsys.readouterr().out.endswith("正常\n")
    copy = tmp_path / "log"
    shutil.copytree(made.directory, copy)
    path = sorted(copy.glob("*.seg"))[0]
    octets = bytearray(path.read_bytes())
    octets[3000] ^= 1
    path.write_bytes(octets)
    assert main([str(copy), "--locale", "ja"]) == 1
    assert "破損 記録" in capsys.readouterr().out


def test_every_word_of_a_finding_says_something_in_both_languages() -> None:
    source = Path(verify.__code__.co_filename).read_text(encoding="utf-8")
    for word, (english, japanese) in (*SAYS.items(), *CANNOT.items(), *LINES.items()):
        assert source.count(f'"{word}"') >= 2, f"{word} is never said"
        assert english.isascii()
        assert not japanese.isascii()
        assert sorted(FACTS.findall(english)) == sorted(FACTS.findall(japanese)), word


@pytest.mark.proves("A6")
@pytest.mark.parametrize("locale", ["en", "ja"])
def test_without_cryptography_it_says_what_to_install_before_it_looks_at_the_records(
    made: MadeLog, tmp_path: Path, locale: str
) -> None:
    bare, log, head = Desk(tmp_path / "desk", cryptography=False), tmp_path / "log", tmp_path / "head.txt"
    shutil.copytree(made.directory, log)
    segment = sorted(log.glob("*.seg"))[0]
    octets = bytearray(segment.read_bytes())
    octets[3000] ^= 1  # a walk over the records would end here, with another word
    segment.write_bytes(octets)
    head.write_bytes(made.newest_head)
    says = {
        "en": "signatures cannot be checked: the Python package cryptography is missing. Install it: pip install cryptography",
        "ja": "署名を確認できません。Python のパッケージ cryptography がありません。インストールしてください: pip install cryptography",
    }
    asked: list[list[str | Path]] = [
        [log],
        [log, "--show"],
        [segment],
        [log, "--anchor", head],
        ["--proof", head],
        ["--heads", head, head, "--proof", head],
        ["--export", head],
    ]
    for what in asked:
        said = bare.run("verifier.py", *what, "--locale", locale)
        assert (said.returncode, said.stdout, said.stderr) == (2, "", f"cardd-verify: {says[locale]}\n"), what
        said = bare.run("verifier.py", *what, "--locale", locale, "--json")
        assert (said.returncode, said.stderr) == (2, ""), what
        assert json.loads(said.stdout) == {"cannot": "cryptography_missing", "about": "", "says": says}


def test_a_log_without_heads_needs_no_cryptography(tmp_path: Path) -> None:
    old = made_log(tmp_path / "log", 100, 1, format=1)
    bare = Desk(tmp_path / "desk", cryptography=False)
    assert bare.run("verifier.py", old.directory, "--locale", "en").stdout.endswith("whole\n")


def test_what_cannot_be_read_is_told_in_both_languages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "no-head").write_text("hello\n")
    (tmp_path / "folder").mkdir()
    for name, english, japanese in (
        ("no-head", "this is no head", "照合値ではありません"),
        ("folder", "there is no head in this folder", "このフォルダーに照合値がありません"),
        ("nothing", "cannot be read", "読み取れません"),
    ):
        place = tmp_path / name
        for locale, says in (("en", english), ("ja", japanese)):
            assert main([str(tmp_path), "--anchor", str(place), "--locale", locale]) == 2
            assert capsys.readouterr().err.startswith(f"cardd-verify: {place}: {says}")
        assert main([str(tmp_path), "--anchor", str(place), "--json"]) == 2
        told = json.loads(capsys.readouterr().out)
        assert (told["about"], english in told["says"]["en"], japanese in told["says"]["ja"]) == (
            str(place),
            True,
            True,
        )


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.upper(),
        lambda text: text.replace("+", "++", 1),
        lambda text: text.replace("+", " +", 1),
        lambda text: text[:-4],
        lambda text: text + "AAAA",
        lambda text: text + "=",
        lambda text: text[: text.rindex("+") + 1] + "B" + text[text.rindex("+") + 2 :],
        lambda text: "x" + text,
        lambda text: text[text.index("+") :],
        lambda text: text.replace("+", "\n+", 1),
    ],
)
def test_a_key_in_any_other_form_is_refused(made: MadeLog, change: Callable[[str], str]) -> None:
    assert NamedKey.read(f" {made.first_key}\n").text == made.first_key
    with pytest.raises(ValueError, match="verifier key"):
        NamedKey.read(change(made.first_key))


@pytest.mark.proves("A7")
def test_a_head_in_any_other_form_is_refused(made: MadeLog) -> None:
    note = made.newest_head
    assert note_of(note).size == made.records
    told = note.split(b"\n")
    last = told[-2]
    for other in (
        note + b"\n",
        b"\n" + note,
        note[:-1],
        note.replace(b"\n", b"\r\n"),
        note.replace(b"\n\n", b"\n", 1),
        note.replace(b"Z\n", b"+00:00\n"),
        note.replace(b"\nwhy ", b"\nwhy  "),
        note.replace(b"\nchain ", b"\nCHAIN "),
        note.replace(told[1], b"0" + told[1], 1),
        note.replace(told[1], told[1] + b".0", 1),
        note.replace(told[2], told[2][:-2] + b"_=", 1),
        note.replace(last, last + b"\r"),
        note.replace(last, last.replace(b" ", b"  ", 1)),
        note + (last + b"\n") * 16,
        note[: note.index(b"\n\n") + 2],
    ):
        assert other != note
        with pytest.raises(ValueError, match="no head"):
            note_of(other)


def test_receipts_are_read_strictly() -> None:
    assert receipt_of("7:" + "AB" * 32) == (7, "ab" * 32)


@pytest.mark.proves("A10", "fault 115")
def test_a_time_of_another_day_is_reported_with_a_step_of_the_clock_and_is_damage_without(tmp_path: Path) -> None:
    for folder, announced in (("told", True), ("silent", False)):
        with LogMaker(tmp_path / folder, start_us=us_of(2026, 4, 2, 3)) as log:
            if announced:
                log.put(us_of(2026, 4, 1, 3), STATE, {"event": "clock.step", "step_us": -86_400_000_000})
            odd = log.put(us_of(2026, 4, 1, 3) + 5, STATE, {"event": "session.locked"})
            log.us = us_of(2026, 4, 2, 4)
            log.head("time")
        report = verify(tmp_path / folder, full=False)
        if announced:
            assert (report.finding, report.outside_period[-1]) == (None, odd)
            assert report.clock_steps == [odd - 1]
        else:
            assert report.finding is not None
            assert (report.finding.problem, report.finding.sequence) == ("period", odd)


def test_a_log_that_still_runs_is_whole_and_says_what_no_head_covers(tmp_path: Path) -> None:
    made = made_log(tmp_path / "log", 500, 2, stop=False)
    report = verify(made.directory)
    assert report.finding is None
    assert report.open_intents == list(made.open_intents) != []
    assert report.uncovered == made.records - report.head_size > 0


@pytest.mark.proves("A7", "fault 109")
def test_too_many_records_behind_the_newest_head_are_heads_put_back(tmp_path: Path) -> None:
    with LogMaker(tmp_path, start_us=us_of(2026, 4, 2, 3), head_records=10**6) as log:
        for _ in range(208):
            log.put(log.us + 1, STATE, {"event": "session.locked"})
    assert verify(tmp_path).finding is None
    with LogMaker(tmp_path, start_us=us_of(2026, 4, 2, 3), head_records=10**6) as log:
        for _ in range(211):
            log.put(log.us + 1, STATE, {"event": "session.locked"})
    assert problem(verify(tmp_path)) == "heads_behind"
