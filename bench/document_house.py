"""A counter for documents: a daemon with revocation lists and room for long grants, an operator logged in, a resident's card in."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.testca.crl import issue_crl
from applets_spec.testca.hierarchy import Family, authority
from applets_spec.testca.issue import JpkiCertificates, issue_jpki
from bench.counter import BADGE, EXTENDED, Counter
from bench.daemon import Daemon
from bench.place import LIMITS, Place
from bench.readers import Readers, plain

MOST = 1000
"""Signatures under one grant: the most that the settings allow."""
GRANTS = f"grant_count = {MOST}\ngrant_seconds = 3600\n"
KINDS = {"jpki_signature": Family.SIGNATURE, "jpki_authentication": Family.AUTHENTICATION}
TAKEN_WITHIN_S = 90.0
LOOK_S = 0.1


class ListNotTaken(Exception):
    """The daemon did not take a revocation list over; the text is the end of its log."""


@dataclass(frozen=True)
class House:
    """What a measurement needs of it."""

    place: Place
    daemon: Daemon
    counter: Counter
    certificates: JpkiCertificates = field(repr=False)
    """Of the resident whose card `place.cards.my_number` is."""

    @property
    def lists(self) -> Path:
        """The folder that revocation lists are put into."""
        return self.place.office.folder / "lists"

    def authority_file(self, kind: str) -> Path:
        """PEM."""
        return authority_file(self.place, kind)

    def put_list(self, kind: str, octets: bytes) -> None:
        """Put a list there as the helper does, and wait until the daemon has it. Raises `ListNotTaken`."""
        before = self._taken(kind)
        beside = self.lists / f".{kind}.new"
        beside.write_bytes(octets)
        beside.rename(self.lists / f"{kind}.crl")
        self.await_list(kind, before)

    def await_list(self, kind: str, before: int = 0) -> None:
        """Wait until one more than `before` lists of this kind were taken over. Raises `ListNotTaken`."""
        ends = time.monotonic() + TAKEN_WITHIN_S
        while self._taken(kind) <= before:
            if time.monotonic() > ends or f"revocation_list_refused list={kind}" in self._log():
                raise ListNotTaken(self._log()[-2000:])
            time.sleep(LOOK_S)

    def _taken(self, kind: str) -> int:
        return self._log().count(f"event=revocation_list_taken list={kind} ")

    def _log(self) -> str:
        return (self.place.office.folder / "cardd.log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def open_house(place: Place) -> Iterator[House]:
    """With empty lists of today, taken over, so that each certificate is checked as the shipped policy wants it."""
    office, certificates = place.office, issue_jpki(place.holder)
    office.strict = True
    lists = _prepare_lists(place, certificates)
    office.write(place.daemon_socket, extra_config=f"{LIMITS}{GRANTS}\n{lists}")
    profiles = [plain(BADGE), plain(1), plain(EXTENDED, extended=True)]
    with (
        Readers(place.sockets, profiles) as readers,
        Daemon(place) as daemon,
        Counter(place, readers) as counter,
    ):
        house = House(place, daemon, counter, certificates)
        for kind in KINDS:
            house.await_list(kind)
        yield house


def authority_file(place: Place, kind: str) -> Path:
    """Where the certificate of an authority of residents lies, as PEM."""
    return place.office.folder / f"{kind}-ca.pem"


def _prepare_lists(place: Place, issued: JpkiCertificates) -> str:
    """Anchors and lists; the settings that name them."""
    folder = place.office.folder / "lists"
    folder.mkdir()
    certificates = {"jpki_signature": issued.signature_ca, "jpki_authentication": issued.authentication_ca}
    now = datetime.now(UTC).replace(microsecond=0)
    text, tables = f"[revocation]\ndirectory = {_quoted(folder)}\n", ""
    for kind, family in KINDS.items():
        ca = authority_file(place, kind)
        ca.write_bytes(x509.load_der_x509_certificate(certificates[kind]).public_bytes(Encoding.PEM))
        made = issue_crl(authority(family), (), now - timedelta(hours=3), now + timedelta(days=1), number=1)
        (folder / f"{kind}.crl").write_bytes(made)
        text += f"{kind}_ca = [{_quoted(ca)}]\n"
        tables += f'[[revocation.lists]]\nname = "{kind}"\nfor = "{kind}"\nca = {_quoted(ca)}\n'
    return f"{text}{tables}\n"


def _quoted(path: Path) -> str:
    """A TOML basic string; its escapes are those of JSON."""
    return json.dumps(str(path))
