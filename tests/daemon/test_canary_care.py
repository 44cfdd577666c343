"""A day of badges, approvals, grants and alarms: no PIN, PUK, key, passphrase or name of an operator comes out (P7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from applets_spec.card import Card
from applets_spec.insertion import tell_inserted, tell_pulled
from applets_spec.piv.personalise import BadgeSecrets
from cardd.cards.management_key import ManagementAlgorithm
from cardd.client import Client, RemoteError
from cardd.enrolment.secrets import read_master_key
from demo.office import PASSPHRASE, Office
from tests.daemon.canaries import Needle, Seen, comes_out, of_bytes, of_text, published
from tests.daemon.canary_scene import Recorded
from tests.daemon.test_canary import kept_files
from tests.daemon.tools import Lines, Stage, staged
from tests.e2e.badge_makers import CARE, Makers, blank, stand_in_readers
from tests.e2e.test_grants import DIGESTS, order
from tests.fixtures.counter import ROOMY, SIGN_CONTEXT, PinScript

FIRST = BadgeSecrets(pin="07391846", puk="09517264")
SECOND = BadgeSecrets(pin="05826139", puk="06148273")
NAMES = {
    "first administrator": "山吹 菜々緒",
    "first administrator on the badge": "YAMABUKI NANAO",
    "second administrator": "鶸 金糸雀",
    "second administrator on the badge": "HIWA KANARIYA",
    "new operator": "小夜 鳴鳥子",
}
HOLDER_PIN, NEW_PIN, WRONG_PIN = "08264951", "03917482", "09081726"
WRONG_PASSPHRASE = "yellow bird in a coal mine"
ORDER: dict[str, Any] = {"name": NAMES["new operator"], "role": "supervisor"}


class Keeping(PinScript):
    """Types what is in the script, and keeps what was asked."""

    def __init__(self, pins: Any, kept: list[str]) -> None:
        super().__init__(pins)
        self._kept = kept

    def pin(self, request: Mapping[str, Any]) -> bytearray | None:
        # What is agreed to is shown to whoever agrees: the name of the new operator belongs there.
        self._kept.append(repr({word: fact for word, fact in request.items() if word != "about"}))
        return super().pin(request)


class Made(Recorded):
    """A badge that keeps what passes, and its state like the card it stands for."""

    def __init__(self, card: Card) -> None:
        super().__init__(card)
        self.inserted, self.pulled = partial(tell_inserted, card), partial(tell_pulled, card)


class CareDay:
    """Everything that has to do with badges and second persons, done right and done wrong."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.seen: dict[str, list[str]] = {"prompts": [], "progress": [], "errors": [], "answers": []}
        people = stage.office.people
        self.badges = {person.id: Recorded(person.badge) for person in people}
        self.makers = Makers(stage, *people)
        self.card = blank(own_key=True)
        self.made = Made(self.card)
        plain = stage.client

        def client(*pins: str | None, person: PinScript | None = None, **more: Any) -> Client:
            typist = person or (Keeping(pins, self.seen["prompts"]) if pins else None)
            return plain(person=typist, on_progress=lambda told: self.seen["progress"].append(repr(dict(told))), **more)

        stage.client = client  # type: ignore[method-assign]

    def fails(self, method: str, *pins: str | None, **params: Any) -> RemoteError:
        with pytest.raises(RemoteError) as refused:
            self.stage.call(method, *pins, **params)
        error = refused.value
        self.seen["errors"] += [repr(error), str(error), repr(vars(error))]
        return error

    def care(self, method: str, *pins: str | None, **params: Any) -> RemoteError:
        given = {**CARE, "card": self.makers.handle, **(ORDER if method == "badge.enrol" else {}), **params}
        return self.fails(method, *pins, **given)

    def everything(self) -> None:
        with Lines(self.stage.socket) as watcher:
            watcher.result("events.subscribe")
            self.makers.begin()
            self.enrol()
            self.sessions_and_grants()
            self.new_pin()
            self.emergency()
            self.stage.call("badge.block", operator="tanaka", reason="lost")
            watcher.result("health")
            self.seen["events"] = [line.decode() for line in watcher.told]

    def enrol(self) -> None:
        """With a wrong PIN of the second person, a wrong passphrase and PINs that differ, and then as it should be."""
        makers = self.makers
        makers.put_in(self.made)
        asked = str(self.care("badge.enrol").data["approval"])
        (row,) = self.stage.call("approval.list")["approvals"]
        agree = {"approval": asked, "content_hash": row["content_hash"], "badge": makers.second_handle}
        assert self.fails("approval.give", WRONG_PIN, **agree).name == "pin.rejected"
        self.stage.call("approval.give", SECOND.pin, **agree)
        assert (
            self.care("badge.enrol", WRONG_PASSPHRASE, HOLDER_PIN, HOLDER_PIN, approval=asked).name == "badge.authority"
        )
        self.care("badge.enrol", PASSPHRASE, HOLDER_PIN, WRONG_PIN, approval=asked)
        again: dict[str, Any] = {**CARE, **ORDER, "card": makers.handle, "approval": asked}
        self.guid = bytes.fromhex(self.stage.call("badge.enrol", PASSPHRASE, HOLDER_PIN, HOLDER_PIN, **again)["guid"])
        self.stage.call("badge.list")

    def sessions_and_grants(self) -> None:
        makers, stage = self.makers, self.stage
        makers.login_with(self.made, HOLDER_PIN)
        badge = makers.handle
        assert self.fails("session.unlock", WRONG_PIN).name == "pin.rejected"
        stage.call("session.unlock", HOLDER_PIN)
        asked: dict[str, Any] = {
            "card": badge,
            **SIGN_CONTEXT,
            "key": "authentication",
            "hash": "sha256",
            "count": 3,
            "seconds": 60,
        }
        assert self.fails("sign.grant", NEW_PIN, **asked).name == "pin.rejected"
        grant = stage.call("sign.grant", HOLDER_PIN, **asked)["grant"]
        signed = order(badge, grant, DIGESTS[0], signature_format="ecdsa_der")
        stage.call("sign.digest", **signed)
        self.fails("sign.digest", **{**signed, "case": "R8-9"})
        stage.call("sign.revoke_grant", grant=grant)
        makers.back()

    def new_pin(self) -> None:
        makers = self.makers
        self.card.references()["piv.pin"].tries = 0
        makers.put_in(self.made)
        self.care("badge.unblock_pin", NEW_PIN, WRONG_PIN, approval=makers.approved("badge.unblock_pin"))
        asked: dict[str, Any] = {**CARE, "card": makers.handle, "approval": makers.approved("badge.unblock_pin")}
        self.stage.call("badge.unblock_pin", NEW_PIN, NEW_PIN, **asked)
        self.foreign_badge()

    def foreign_badge(self) -> None:
        """A badge whose PUK is not the one that the office derives."""
        references = self.card.references()
        right = references["piv.puk"].value
        references["piv.puk"].value = b"00000001"
        references["piv.pin"].tries = 0
        self.makers.put_in(self.made)
        self.care("badge.unblock_pin", NEW_PIN, NEW_PIN, approval=self.makers.approved("badge.unblock_pin"))
        references["piv.puk"].value = right

    def emergency(self) -> None:
        self.stage.call("lockdown.engage", reason="drill")
        badge: dict[str, Any] = {"badge": self.makers.own_handle}
        assert self.fails("session.login", FIRST.pin, **badge).name == "lockdown.engaged"
        assert (
            self.fails("lockdown.release", None, **badge).name == "pin.cancelled"
        )  # a third wrong PIN would lock the seat
        self.stage.call("lockdown.release", FIRST.pin, **badge)
        assert self.fails("lockdown.release", FIRST.pin, **badge).data["problem"] == "same_person"
        self.stage.call("lockdown.release", SECOND.pin, badge=self.makers.second_handle)
        self.stage.call("session.login", FIRST.pin, **badge)

    # --- what is looked for ----------------------------------------------------------------------------------------

    def secrets(self) -> Iterator[Needle]:
        """What may stand nowhere at all, the durable state included."""
        master = read_master_key(self.stage.office.folder / "badge-master.key")
        puk = bytes(master.puk(self.guid).octets).decode()
        typed = {"PIN of the first": FIRST.pin, "PIN of the second": SECOND.pin, "holder's PIN": HOLDER_PIN}
        typed |= {
            "new PIN": NEW_PIN,
            "wrong PIN": WRONG_PIN,
            "passphrase": PASSPHRASE,
            "wrong passphrase": WRONG_PASSPHRASE,
        }
        typed |= {"PUK of the first": FIRST.puk, "PUK of the second": SECOND.puk, "derived PUK": puk}
        for name, text in typed.items():
            yield from of_text(name, text)
        yield from of_bytes("master key", (self.stage.office.folder / "badge-master.key").read_bytes())
        for algorithm in ManagementAlgorithm:
            yield from of_bytes("management key", bytes(master.management_key(self.guid, algorithm).octets))

    def needles(self) -> Iterator[Needle]:
        yield from self.secrets()
        for name, text in NAMES.items():
            yield from of_text(name, text)
            for part in text.split():
                if len(part) > 1:
                    yield from of_text(f"part of {name}", part)
        exchanged = {data for card in (self.made, *self.badges.values()) for data in card.data}
        for number, data in enumerate(sorted(exchanged)):
            yield from of_bytes(f"card data {number}", data[:256])


def staff(office: Office) -> None:
    office.hire(
        "adm-1", NAMES["first administrator"], "administrator", name_on_badge="YAMABUKI NANAO", secrets_of_badge=FIRST
    )
    office.hire(
        "adm-2", NAMES["second administrator"], "administrator", name_on_badge="HIWA KANARIYA", secrets_of_badge=SECOND
    )
    office.make_badges_here()


@pytest.mark.proves("P7", "P6", "fault 70")
@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_no_canary_comes_out_of_the_care_of_badges(form: str) -> None:
    in_state, elsewhere = a_day(form)
    assert comes_out(in_state, lambda: a_day(form)[0]) == []
    assert comes_out(elsewhere, lambda: a_day(form)[1]) == []


def a_day(form: str) -> tuple[Seen, Seen]:
    """The durable state, and everything else."""
    config = f'log_level = "debug"\nlog_format = "{form}"\n{ROOMY}'
    with staged(stand_in_readers, config=config, prepare=staff) as stage:
        day = CareDay(stage)
        day.everything()
        assert stage.stop() == 0
        assert "incident" not in stage.log, stage.log
        outside = {place: "\n".join(lines).encode() for place, lines in day.seen.items()}
        outside |= {"log": stage.log.encode(), "record, decoded": "\n".join(map(repr, stage.records())).encode()}
        kept = {f"file {path.name}": path.read_bytes() for path in kept_files(stage)}
        state = {place: octets for place, octets in kept.items() if "state.db" in place}
        assert state
        assert all(outside[place] for place in ("prompts", "progress", "errors", "events", "log"))
        elsewhere = {place: kept[place] for place in kept.keys() - state.keys()}
        # The register of badges made here is in the durable state, names and certificates with it; no secret is.
        return (
            Seen(list(day.secrets()), state),
            Seen(list(day.needles()), {**outside, **elsewhere}, published(stage.records())),
        )
