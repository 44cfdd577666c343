"""Where a run of the benchmarks happens: an office on a real disk, sockets in a short path, cards of several makes."""

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from applets_spec.holder import Holder
from applets_spec.personalise import make_my_number_card
from applets_spec.piv.personalise import badge_variants, make_badge
from applets_spec.testca.issue import issue_jpki
from applets_spec.testca.keys import KeyAlgorithm
from applets_spec.variants import Variants
from demo.office import Office, Person

if TYPE_CHECKING:
    from collections.abc import Iterator

OUT = Path(__file__).parent / "out"
CONTACTLESS_ATR = "contactless-4b"
HOLDER = "long_address"
LIMITS = "[limits]\nrequests_per_second = 5000\nconnections_per_user = 32\n"
"""The settings that differ from the defaults: a benchmark asks more often than a counter."""


@dataclass(frozen=True)
class Cards:
    """Files of the cards. `plain_files`: a My Number card on which files cannot be named in P1 or P2."""

    my_number: Path
    plain_files: Path
    badge_short: Person
    badge_extended: Person
    badge_p256: Person
    badge_yubico: Path
    """The extended badge once more, answering without Le as yubico-piv-tool expects."""


@dataclass(frozen=True)
class Place:
    """Folders and people of one run."""

    office: Office
    holder: Holder
    sockets: Path
    cards: Cards = field(repr=False)

    @property
    def daemon_socket(self) -> Path:
        return self.sockets / "cardd.sock"

    def card_of(self, person: Person) -> Path:
        """The file of a person's badge."""
        return self.office.folder / "cards" / f"{person.id}.card"


@contextmanager
def open_place() -> "Iterator[Place]":
    """An office under `bench/out` (a disk, not memory: records are synced there), removed afterwards."""
    OUT.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="office-", dir=OUT) as folder,
        tempfile.TemporaryDirectory(prefix="cardd-bench-") as sockets,
    ):
        # libpcsclite reads it once in a process, before its first context.
        os.environ["PCSCLITE_CSOCK_NAME"] = str(Path(sockets) / "pcscd.comm")
        office = Office(Path(folder))
        holder = Holder.example(HOLDER)
        place = Place(office, holder, Path(sockets), _make_cards(office, holder))
        office.write(place.daemon_socket, extra_config=LIMITS)
        yield place


def _make_cards(office: Office, holder: Holder) -> Cards:
    certificates = issue_jpki(holder)
    folder = office.folder / "cards"
    contactless = Variants(atr=CONTACTLESS_ATR)
    make_my_number_card(holder, certificates, contactless, folder / "my_number.card")
    no_names = replace(contactless, files_by_sfi=False)
    make_my_number_card(holder, certificates, no_names, folder / "plain_files.card")
    short = office.hire("short", "SATO HANAKO", extended=False)
    extended = office.hire("extended", "SUZUKI JIRO")
    elliptic = office.hire("p256", "TANAKA YUKI", algorithm=KeyAlgorithm.P256)
    yubico = folder / "yubico.card"
    make_badge(extended.operator, extended.certificates, replace(badge_variants(), answers_without_le=True), yubico)
    return Cards(folder / "my_number.card", folder / "plain_files.card", short, extended, elliptic, yubico)
