"""The witness and the sender as they run: TLS with certificates on both sides, kill -9, people's pages, wrong configurations."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from cardd.audit.checkpoint import VerifierKey
from cardd.witness.book import Book
from cardd.witness.leaves import Leaves
from cardd.witness.post import HttpsPost, NoAnswer
from cardd.witness.protocol import ADD_CHECKPOINT, LARGEST_BODY
from tests.daemon.witness_house import PATIENT_S, SENDER, WITNESS, Town, WitnessProcess, open_town
from tests.fixtures.counter import until
from tests.fixtures.postgres import Authority
from tests.unit.cardd.witness.growing import asked


@pytest.mark.proves("A5")
def test_heads_and_keys_go_over_tls_and_come_back_signed(tmp_path: Path) -> None:
    with open_town(tmp_path) as town:
        town.log.work(30)
        assert town.send() == (0, f"{town.ours.url}: good\n")
        first = town.got()
        assert first is not None
        assert first.head.size == town.log.sequence
        town.log.days(3)
        town.log.work(5)
        assert town.send()[0] == 0
        second = town.got()
        assert second is not None
        assert second.head.size == town.log.sequence
        page = town.page("/").body.decode()
        assert "窓口1" in page
        assert "正常" in page
        single = town.page(f"/cardd/{town.log.log_id}").body.decode()
        assert f"records:    {town.log.sequence}" in single
        assert "2026-11-23" in single
        assert town.page("/cardd/" + "0" * 32).status == 404
        shown = town.witness.show()
    assert "窓口1" in shown
    assert town.witness.show(f"cardd/{town.log.log_id}") == single


@pytest.mark.proves("A5")
def test_who_shows_no_certificate_of_the_office_gets_no_word(tmp_path: Path) -> None:
    with open_town(tmp_path) as town:
        (tmp_path / "strangers").mkdir()
        stranger = Authority(tmp_path / "strangers").make("window-1")
        expired = town.authority.make("old", days=-1)
        for certificate in (None, stranger, expired):
            post = HttpsPost(town.witness.setting(certificate, town.authority.file), timeout_s=PATIENT_S)
            with pytest.raises(NoAnswer):
                post.post(ADD_CHECKPOINT, b"old 0\n\n")
            post.close()
        plain = socket.create_connection(("127.0.0.1", town.witness.port), PATIENT_S)
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"witness" not in plain.recv(1000)
        plain.close()
        with socket.create_connection(("127.0.0.1", town.witness.port), PATIENT_S) as old:
            context = ssl.create_default_context(cafile=str(town.authority.file))
            context.load_cert_chain(*map(str, town.certificate))
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            with pytest.raises((ssl.SSLError, ConnectionError)):
                context.wrap_socket(old, server_hostname="localhost")


@pytest.mark.proves("A5")
def test_a_witness_that_cannot_prove_who_it_is_gets_nothing(tmp_path: Path) -> None:
    """Right key in the settings, but a TLS certificate of somebody else."""
    with open_town(tmp_path) as town:
        (tmp_path / "strangers").mkdir()
        other = Authority(tmp_path / "strangers")
        town.configure(town.witness.setting(town.certificate, other.file))
        town.log.work(3)
        status, said = town.send()
        assert (status, said) == (1, f"{town.ours.url}: tls\n")
        assert town.got() is None


@pytest.mark.proves("A5")
def test_one_witness_that_is_away_holds_up_no_other(tmp_path: Path) -> None:
    with open_town(tmp_path) as town:
        away = WitnessProcess(tmp_path, town.authority, [town.log.verifier_key], "away")
        away.start()
        town.configure(town.ours, away.setting(town.certificate, town.authority.file))
        away.end()
        town.log.work(3)
        town.log.signed()
        sender = subprocess.Popen([*SENDER, "--config", str(town.settings)], stderr=subprocess.DEVNULL)
        try:
            until(lambda: (signed := town.got()) is not None and signed.head.size == town.log.sequence, PATIENT_S)
            assert town.got(away.key) is None
            town.log.days(2)
            away.start()
            for key in (town.witness.key, away.key):
                until(
                    lambda: (signed := town.got(key)) is not None and signed.head.size == town.log.sequence,  # noqa: B023
                    PATIENT_S,
                )
            assert sender.poll() is None
        finally:
            sender.terminate()
            assert sender.wait(PATIENT_S) == 0
            away.end()


@pytest.mark.proves("A5", "fault 118")
def test_two_senders_race_over_the_network_and_the_witness_never_goes_back(tmp_path: Path) -> None:
    with open_town(tmp_path) as town:
        leaves = Leaves(tmp_path / "hashes.sqlite")
        heads = []
        for _ in range(20):
            town.log.work(2)
            heads.append(town.log.signed())
        leaves.follow(town.log.directory)
        bodies = [asked(leaves, town.log, 0, signed).encode() for signed in heads]

        def one(body: bytes) -> int:
            post = town.post()
            try:
                return post.post(ADD_CHECKPOINT, body).status
            finally:
                post.close()

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            statuses = list(pool.map(one, bodies))
        assert statuses.count(200) == 1, "all came with `old 0`, and only one can have been the first"
        assert set(statuses) == {200, 409}
        assert town.send()[0] == 0
        leaves.close()


@pytest.mark.proves("A5", "fault 124")
@pytest.mark.parametrize("call", ["pwrite64", "fdatasync"])
def test_killed_at_any_write_a_witness_never_forgets_what_it_answered(tmp_path: Path, call: str) -> None:
    """The kernel kills it at its n-th write or sync of the book, for each n until a head goes through whole."""
    with open_town(tmp_path) as town:
        town.log.work(3)
        assert town.send()[0] == 0
        town.witness.end(signal.SIGKILL)
        answered, killed = _size_in_book(town), 0
        while True:
            files = (str(town.witness.folder / name) for name in ("witness.db", "witness.db-wal"))
            watched = [word for file in files for word in ("-P", file)]
            trace = ["-o", str(tmp_path / "trace"), "-e", f"trace={call}"]
            kill = ["-e", f"inject={call}:signal=KILL:when={killed + 1}"]
            assert town.witness.start("strace", "-f", "-qq", *watched, *trace, *kill)
            town.log.work(1)
            whole = town.send()[0] == 0
            if whole:
                town.witness.end(signal.SIGKILL)
                break
            town.witness.died()
            killed += 1
            known = _size_in_book(town)
            assert known in {answered, town.log.sequence}, (
                "what was answered, or the head that was on its way: nothing else"
            )
            answered = known
        assert _size_in_book(town) == town.log.sequence
        assert killed >= (2 if call == "pwrite64" else 1)
        assert town.witness.start()
        town.log.work(1)
        assert town.send()[0] == 0
        signed = town.got()
        assert signed is not None
        assert signed.head.size == town.log.sequence


def _size_in_book(town: Town) -> int:
    book = Book(town.witness.folder / "witness.db")
    size = book.logs()[0].size
    book.close()
    return size


def test_nonsense_and_floods_are_answered_and_the_witness_lives(tmp_path: Path) -> None:
    with open_town(tmp_path) as town:
        post = town.post()
        assert post.post(ADD_CHECKPOINT, os.urandom(1000)).status == 400
        assert post.post(ADD_CHECKPOINT, b"x" * (LARGEST_BODY + 1)).status == 413
        assert post.post("/add-nothing", b"").status in {404, 405}
        assert post.get("/add-key").status in {404, 405}
        assert post.get("/state/cardd/" + "0" * 32).status == 404
        assert post.get("/%2e%2e/%2e%2e/etc/passwd").status == 404
        post.close()
        town.log.work()
        assert town.send()[0] == 0


def test_a_sender_stops_at_once_and_says_when_it_runs_already(tmp_path: Path) -> None:
    with open_town(tmp_path) as town:
        town.log.work()
        town.log.signed()
        sender = subprocess.Popen([*SENDER, "--config", str(town.settings)], stderr=subprocess.DEVNULL)
        try:
            until(lambda: town.got() is not None, PATIENT_S)
            assert town.send() == (1, "cardd-heads: runs already\n")
        finally:
            sender.terminate()
            assert sender.wait(PATIENT_S) == 0


def test_settings_that_cannot_be_used_are_told_with_place_and_mend(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    town_key = VerifierKey("cardd/" + "ab" * 16 + "/2026-11-20", 1, bytes(32))
    witness = WitnessProcess(tmp_path, authority, [town_key])
    good = witness.settings.read_text()

    def refused(text: str) -> str:
        witness.settings.write_text(text)
        done = subprocess.run(
            [*WITNESS, "run", "--config", str(witness.settings)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 78, done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr

    assert "logs[1].key: this log stands there twice" in refused(good + good[good.index("[[logs]]") :])
    assert "first.key" in refused(good.replace(str(town_key), "abc"))
    assert "is not a key that is known here" in refused("colour = 1\n" + good)
    assert "no such file" in refused(good.replace("witness.db", "lost.db"))
    assert "cardd-witness:" in refused(good.replace("witness.crt", "nothing.crt"))
    os.chmod(witness.folder / "witness.key", 0o644)
    assert "chmod 0600" in refused(good)
    os.chmod(witness.folder / "witness.key", 0o600)
    other = VerifierKey(town_key.name, 1, bytes([1]) * 32)
    witness.settings.write_text(good)
    witness.show()
    assert "another first key" in refused(good.replace(str(town_key), str(other)))
    again = subprocess.run(
        [*WITNESS, "init", str(witness.folder), "--name", "x"], capture_output=True, text=True, check=False
    )
    assert again.returncode == 1
    assert "nothing was changed" in again.stderr


def test_help_teaches(tmp_path: Path) -> None:
    for command in ([], ["init"], ["run"], ["show"]):
        said = subprocess.run([*WITNESS, *command, "--help"], capture_output=True, text=True, check=True).stdout
        assert len(said.splitlines()) > 8, command
    said = subprocess.run([*SENDER, "--help"], capture_output=True, text=True, check=True).stdout
    assert "no network" in said
