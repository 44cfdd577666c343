"""The people, cards and secrets of the canary test, and a collector of everything that anybody outside the daemon sees."""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509

from applets_spec.card import Card
from applets_spec.drawing import photo_jp2
from applets_spec.faults import FaultyCard
from applets_spec.holder import Holder, Pins
from applets_spec.personalise import make_my_number_card
from applets_spec.piv.personalise import BadgeSecrets
from applets_spec.testca.issue import JpkiCertificates, issue_jpki
from cardd.client import RemoteError
from demo.office import Office
from tests.daemon.canaries import Needle, of_bytes, of_digits, of_serial, of_text
from tests.daemon.tools import Stage, Typist

# Numbers of four digits begin with 0, as no count, port, process id or year does.
HOLDER = Holder(
    name="山吹　菜々緒",
    address="架空県小夜鳴鳥市金糸雀町四丁目八番地七　カナリア荘二〇三号",
    birth_date="19540813",
    sex="2",
    my_number="582073941066",
    card_expiry="20340219",
    municipality="99107",
    security_code="0384",
    pins=Pins("QX07KZ93WJ", "0739", "0516", "0284", "0284"),
)
BADGE = BadgeSecrets(pin="07391846", puk="09517264")
OPERATOR_NAME = "KANARIYA TSUGUMI"
WRONG = {
    "badge": "09081726", "card_info": "0982", "authentication": "0697", "signature": "ZZ19QQ88WX",
    "PDF": "XW48RR31KT", "XML": "VK52TT67HB",
}  # fmt: skip
"""By PIN; of the signature PIN two more by the document at which they are typed, for the same one twice is not sent to the card."""
NEW_PIN = "0451"
DOCUMENT_NAME = "転籍届　瑠璃鶲ひたき様.pdf"
"""Goes to the agent, who shows it, and to nobody else."""
AUTHENTICATION_SLOT = 0x9A


class Recorded:
    """A card that keeps what passes, so that raw command and answer data can be looked for. Stands in for its card."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self.data: list[bytes] = []
        self.power_on, self.reset, self.power_off = card.power_on, card.reset, card.power_off

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def transmit(self, command: bytes) -> bytes:
        answer = self._card.transmit(command)
        self.data += [bytes(command[5:]), bytes(answer[:-2])]
        return answer


class Day:
    """One office with these people, and everything that anybody outside the daemon saw of it."""

    def __init__(self, office: Office) -> None:
        self.certificates: JpkiCertificates = issue_jpki(HOLDER, 77)
        made = make_my_number_card(HOLDER, self.certificates, None, office.folder / "cards" / "r.card", number=77)
        self.card = Recorded(made)
        self.faulty = FaultyCard(self.card, ())
        self.badge = Recorded(office.people[0].badge)
        self.badge_certificate = office.people[0].certificates.slots[AUTHENTICATION_SLOT].certificate
        self.photo = photo_jp2(sha256(HOLDER.name.encode()).digest())
        self.seen: dict[str, bytes] = {}

    def keep(self, place: str, octets: bytes | str) -> None:
        """Somebody outside saw this."""
        self.seen[place] = self.seen.get(place, b"") + (octets.encode() if isinstance(octets, str) else octets) + b"\n"

    # --- what is looked for ----------------------------------------------------------------------------------------

    def needles(self) -> Iterator[Needle]:
        yield from _pin_needles()
        yield from _person_needles()
        for name, der in (
            ("signature certificate", self.certificates.signature_certificate),
            ("authentication certificate", self.certificates.authentication_certificate),
            ("badge certificate", self.badge_certificate),
        ):
            serial = x509.load_der_x509_certificate(der).serial_number
            yield from of_serial(f"serial of the {name}", serial)
            yield from of_bytes(name, der)
        yield from of_bytes("photo", self.photo)
        yield from of_text("document's name", DOCUMENT_NAME)
        exchanged = {data for card in (self.card, self.badge) for data in card.data}
        for number, data in enumerate(sorted(exchanged)):
            yield from of_bytes(f"card data {number}", data[:256])

    # --- helpers ---------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def failing(self, place: str) -> Iterator[None]:
        """What is done inside must fail; keeps all that a program can print of the error."""
        try:
            yield
        except (RemoteError, ConnectionError) as error:
            told = [repr(error), str(error), repr(vars(error)), *traceback.format_exception(error)]
            self.keep(place, "\n".join(told))
        else:
            raise AssertionError(f"{place}: it did not fail")

    def watch_process(self, place: str, pid: int) -> None:
        """What every user of the machine may look up about a process, and its own user too."""
        for name in ("cmdline", "environ", "status", "comm", "stat", "wchan"):
            with contextlib.suppress(OSError):  # environ and wchan are not for everybody; less is better here
                self.keep(f"{place} {name}", _not_ours(Path(f"/proc/{pid}/{name}").read_bytes()))
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):  # it has ended meanwhile
                self.keep(f"{place} threads", (thread / "comm").read_bytes())

    def person(self, stage: Stage, pins: Mapping[str, str] | None = None) -> Typist:
        """Knows all right PINs, or those given, and looks at the processes while it types."""
        known = {
            "badge": BADGE.pin,
            "card_info": HOLDER.pins.card_info,
            "authentication": HOLDER.pins.authentication,
            "signature": HOLDER.pins.signature,
            "verification_a": HOLDER.verification_a,
            "verification_b": HOLDER.verification_b,
        }
        return _Watched(self, stage.pid, {**known, **(pins or {})})


class _Watched(Typist):
    def __init__(self, day: Day, pid: int, known: Mapping[str, str]) -> None:
        super().__init__(known)
        self._day, self._pid = day, pid

    def pin(self, request: Mapping[str, Any]) -> bytearray:
        shown = request.get("document")
        told = dict(request) if shown is None else {**request, "document": {**shown, "name": "for the agent"}}
        self._day.keep("prompts", repr(told))
        self._day.watch_process("daemon while a PIN is asked", self._pid)
        return super().pin(request)


def _not_ours(octets: bytes) -> bytes:
    """Without the variables that these tests themselves were started with: any number may stand in them."""
    ours = {f"{name}={value}".encode() for name, value in os.environ.items()}
    return b"\0".join(entry for entry in octets.split(b"\0") if entry not in ours)


def hire(office: Office) -> None:
    office.hire("op-17", OPERATOR_NAME, secrets_of_badge=BADGE)


def _pin_needles() -> Iterator[Needle]:
    pins = HOLDER.pins
    named = {
        "signature PIN": pins.signature,
        "authentication PIN": pins.authentication,
        "card info PIN": pins.card_info,
        "resident register PIN": pins.resident_register,
        "badge PIN": BADGE.pin,
        "badge PUK": BADGE.puk,
        "new PIN": NEW_PIN,
        "security code": HOLDER.security_code,
        **{f"wrong {which} PIN": pin for which, pin in WRONG.items()},
    }
    for name, pin in named.items():
        yield from of_text(name, pin)
    yield from of_text("signature PIN in small letters", pins.signature.lower())


def _person_needles() -> Iterator[Needle]:
    family, given = HOLDER.name.split("\u3000")
    for name, text in {
        "family name": family,
        "given name": given,
        "town": "小夜鳴鳥",
        "street": "金糸雀町",
        "house": "カナリア荘",
        "operator's name": OPERATOR_NAME,
        "operator's family name": OPERATOR_NAME.split(maxsplit=1)[0],
    }.items():
        yield from of_text(name, text)
    yield from of_digits("individual number", HOLDER.my_number, (4, 4, 4))
    yield from of_digits("verification number B", HOLDER.verification_b, (6, 4, 4))
    yield from of_digits("birth date", HOLDER.birth_date, (4, 2, 2))
    yield from of_digits("expiry", HOLDER.card_expiry, (4, 2, 2))
    yield Needle("birth date of the era", HOLDER.era_birth_date.encode(), alone=True)
