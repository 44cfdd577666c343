"""The use case of reading a resident's card: items, certificates, PIN states, token information; and the change of a PIN."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cardd.cards.card_type import Application, CardType, DateValue, ItemValue, TokenInfo, TriesLeft
from cardd.errors import BadRequest, CardItemAbsent, CardWrongKind
from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.gate.request import Performed, Request
from cardd.gate.step import Step, Unlocked, visit
from cardd.iso7816.connection import SmartCardConnection
from cardd.japan_time import today
from cardd.model import CardKind, Item, KeyRole, Operation, PinKind
from cardd.ports import Call, Clock
from cardd.reading.age import has_reached
from cardd.reading.target import Target

# PINs that a person knows; 照合番号 is printed on the card and has its own uses.
KNOWN_BY_PEOPLE = (
    PinKind.SIGNATURE,
    PinKind.AUTHENTICATION,
    PinKind.CARD_INFO,
    PinKind.RESIDENT_REGISTER,
    PinKind.BADGE,
)


@dataclass(frozen=True, slots=True, repr=False)
class ReadItems:
    """Items as read, in the order asked for."""

    kind: CardKind
    values: Mapping[Item, ItemValue]
    pins_used: tuple[PinKind, ...]

    def __repr__(self) -> str:
        return f"<ReadItems of {self.kind}>"


@dataclass(frozen=True, slots=True)
class PinStatus:
    """The counter of one PIN; `left` None: this card does not have it."""

    which: PinKind
    left: TriesLeft | None
    tries_fresh: int | None
    """None: the card counts nothing."""


@dataclass(frozen=True, slots=True, repr=False)
class CertificateRead:
    """A certificate's DER and the SHA-256 over it."""

    der: bytes
    fingerprint: str

    def __repr__(self) -> str:
        return "<CertificateRead>"


class ReadingService:
    """Reads for a stated purpose, through the gate alone."""

    def __init__(self, gate: Gate, clock: Clock) -> None:
        self._gate = gate
        self._clock = clock

    async def read(
        self, call: Call, target: Target, items: Sequence[Item], *, age: int | None = None, pin: PinKind | None = None
    ) -> Performed[ReadItems]:
        """The named items, each once, in one operation that opens each application with one PIN.

        `age`: years, needed exactly when `AGE_OVER` is asked for. `pin`: which PIN to prefer where the card gives a
        choice. Raises `BadRequest` for a request that contradicts itself, `CardWrongKind`, `CardItemAbsent`, and all
        that the gate raises.
        """
        wanted = tuple(dict.fromkeys(items))
        if (Item.AGE_OVER in wanted) != (age is not None):
            raise BadRequest(field="age")
        facts = wanted
        if pin is PinKind.VERIFICATION_A and Item.MY_NUMBER not in wanted:
            # 照合番号A is the individual number: who types it in uses it, so policy must see it (decision 7).
            facts = (*wanted, Item.MY_NUMBER)

        async def plan(door: Door) -> ReadItems:
            groups = _group(door.card_type, wanted, pin)
            values: dict[Item, ItemValue] = {}
            for (application, which), names in groups.items():
                read: dict[Item, ItemValue] = await door.run(_read_step(door.card_type, application, which, names))
                values.update(read)
            if age is not None:
                values[Item.AGE_OVER] = self._reached(values[Item.AGE_OVER], age)
            door.notes.items = wanted
            return ReadItems(door.kind, {item: values[item] for item in wanted}, tuple(which for _, which in groups))

        asked_age = (("age", str(age)),) if age is not None else ()
        request = _request(call, Operation.READ, target, items=facts, pins=(pin,) if pin else (), content=asked_age)
        return await self._gate.perform(request, plan)

    async def certificate(self, call: Call, target: Target, key: KeyRole) -> Performed[CertificateRead]:
        """One certificate of the card. The signature certificate of a resident asks for its PIN first.

        Raises `CardWrongKind` when this kind of card has no such key, `CardItemAbsent` when the file is empty.
        """

        async def plan(door: Door) -> CertificateRead:
            spec = door.card_type.keys.get(key)
            if spec is None:
                raise CardWrongKind()
            known = door.known_certificate(key)

            def work(card: SmartCardConnection, _: Unlocked) -> bytes:
                return known if known is not None else door.card_type.read_certificate(card, key)

            der = await door.run(Step(spec.application, work, pin=spec.certificate_pin))
            if spec.certificate_pin is None:
                door.remember_certificate(key, der)
            return CertificateRead(der, hashlib.sha256(der).hexdigest())

        request = _request(call, Operation.CERTIFICATE, target, key=key)
        return await self._gate.perform(request, plan)

    async def pin_status(
        self, call: Call, target: Target, pins: Sequence[PinKind] | None = None
    ) -> Performed[tuple[PinStatus, ...]]:
        """The counters of the named PINs, or of all that a person knows. Costs no try. Raises what the gate raises."""

        async def plan(door: Door) -> tuple[PinStatus, ...]:
            specs = door.card_type.pins
            known = tuple(which for which in KNOWN_BY_PEOPLE if which in specs)
            wanted = known if pins is None else tuple(dict.fromkeys(pins))
            missing = [which for which in wanted if which not in specs]
            if missing:
                raise CardItemAbsent(which=missing[0])
            counters, identities = await door.run(_all_counters(door, wanted))
            for application, identity in identities.items():
                door.remember_identity(application, identity)
            for which, left in counters.items():
                if left is not None:
                    door.remember_tries(which, left.count)
            return tuple(PinStatus(which, counters[which], specs[which].tries) for which in wanted)

        request = _request(call, Operation.PIN_STATUS, target, pins=tuple(pins) if pins else ())
        return await self._gate.perform(request, plan)

    async def token_info(self, call: Call, target: Target) -> Performed[tuple[CardKind, TokenInfo]]:
        """What the card says of itself. Raises `CardWrongKind` for a card without JPKI."""

        async def plan(door: Door) -> tuple[CardKind, TokenInfo]:
            read = door.card_type.read_token_info
            if read is None:
                raise CardWrongKind()
            return door.kind, await door.run(Step(Application.JPKI, lambda card, _: read(card)))

        request = _request(call, Operation.TOKEN_INFO, target)
        return await self._gate.perform(request, plan)

    async def change_pin(self, call: Call, target: Target, which: PinKind) -> Performed[None]:
        """The holder changes one PIN; old and new one are asked through the agent, the new one twice.

        Raises `CardWrongKind` when this kind of card has no such PIN, and all that the gate raises.
        """

        async def plan(door: Door) -> None:
            spec = door.card_type.pins.get(which)
            if spec is None or not spec.changeable:
                raise CardWrongKind(which=which, problem="not_changeable")
            change = door.card_type.change_pin
            await door.run(
                Step(
                    spec.application,
                    lambda card, unlocked: change(card, which, unlocked.typed, unlocked.typed_new),
                    pin=which,
                    new_pin=True,
                )
            )

        request = _request(call, Operation.CHANGE_PIN, target, pins=(which,))
        return await self._gate.perform(request, plan)

    def _reached(self, birth: ItemValue, age: int) -> ItemValue:
        assert isinstance(birth.value, DateValue)
        return ItemValue(has_reached(birth.value, age, today(self._clock.utc_us())), b"")


def _request(call: Call, operation: Operation, target: Target, **more: Any) -> Request:
    """What is to be done to the target, as policy and record see it."""
    return Request(call, operation, target.card, target.purpose, target.case, approval=target.approval, **more)


def _group(
    card_type: CardType, wanted: Sequence[Item], preferred: PinKind | None
) -> dict[tuple[Application, PinKind], tuple[Item, ...]]:
    groups: dict[tuple[Application, PinKind], tuple[Item, ...]] = {}
    for item in wanted:
        source = card_type.items.get(item)
        if source is None:
            raise CardWrongKind()
        which = preferred if preferred in source.opened_by else source.opened_by[0]
        assert which is not None
        place = (source.application, which)
        groups[place] = (*groups.get(place, ()), item)
    return groups


def _read_step(
    card_type: CardType, application: Application, which: PinKind, names: tuple[Item, ...]
) -> Step[dict[Item, ItemValue]]:
    return Step(application, lambda card, _: dict(card_type.read_items(card, names)), pin=which)


Counters = tuple[dict[PinKind, TriesLeft | None], dict[Application, bytes]]


def _all_counters(door: Door, wanted: Sequence[PinKind]) -> Step[Counters]:
    """One visit over all applications concerned; it ends where it began, so that the identity check holds."""
    card_type = door.card_type
    by_application: dict[Application, list[PinKind]] = {}
    for which in wanted:
        by_application.setdefault(card_type.pins[which].application, []).append(which)
    home = next(iter(by_application))
    expected = {application: door.expected(application) for application in by_application}

    def work(card: SmartCardConnection, _: Unlocked) -> Counters:
        counters: dict[PinKind, TriesLeft | None] = {}
        identities: dict[Application, bytes] = {}
        for application, names in by_application.items():
            if application is not home:
                identities[application] = visit(card, card_type, application, expected[application])
            for which in names:
                counters[which] = _counter(card, card_type, which)
        if len(by_application) > 1:
            card_type.select(card, home)
        return counters, identities

    return Step(home, work)


def _counter(card: SmartCardConnection, card_type: CardType, which: PinKind) -> TriesLeft | None:
    try:
        return card_type.tries_left(card, which)
    except CardItemAbsent:
        return None
