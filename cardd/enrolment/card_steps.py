"""The steps on the badge itself: each has the card for itself, proves anew that we are its administrator, and leaves nothing behind."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal, Protocol, TypeVar

from cardd.cards import piv_admin, piv_puk
from cardd.cards.card_type import Application, CardType, PublicKeyKind
from cardd.cards.management_key import FACTORY_KEYS, ManagementAlgorithm, ManagementKey
from cardd.cards.piv_admin import BadgeCondition
from cardd.enrolment.course import MADE_ROLES
from cardd.enrolment.secrets import BadgeMasterKey
from cardd.errors import BadgeUnfit
from cardd.gate.step import Step, Unlocked
from cardd.iso7816 import commands
from cardd.iso7816.connection import SmartCardConnection
from cardd.model import KeyRole, PinKind
from cardd.pin import Pin
from certs.ca.errors import CaRefused
from certs.ca.request import build_request

T = TypeVar("T")
Check = Callable[[BadgeCondition], None]
"""Looks at a badge before anything is written to it; raises where it will not do."""


class BadgeDoor(Protocol):
    """The way to the badge: a `Door` of the gate, or that of the first set-up, which has no gate yet."""

    @property
    def card_type(self) -> CardType: ...

    async def run(self, step: Step[T]) -> T: ...

    def remember_tries(self, which: PinKind, count: int | None) -> None: ...


class HolderPin:
    """The PIN that the badge has now, for the steps that use its keys. None: it was entered at a reader's pad, which asks again."""

    def __init__(self, pin: Pin | None = None) -> None:
        self.pin = pin

    def keep(self, unlocked: Unlocked) -> None:
        """A copy of what was typed for the first step under this PIN."""
        if self.pin is None and isinstance(unlocked.pin, Pin):
            self.pin = Pin(bytearray(unlocked.pin.octets))

    def wipe(self) -> None:
        if self.pin is not None:
            self.pin.wipe()


class CardSteps:
    """The badge of one operation, as the one that it is or becomes."""

    def __init__(self, door: BadgeDoor, master: BadgeMasterKey, guid: str, *, may_be_ours: bool = True) -> None:
        """`guid`: 32 hex digits. `may_be_ours`: whether it can have our management key; a badge from the factory cannot."""
        self._door = door
        self._master = master
        self._guid = bytes.fromhex(guid)
        self._own: tuple[ManagementAlgorithm, ...] = tuple(ManagementAlgorithm) if may_be_ours else ()
        self._factory: tuple[ManagementAlgorithm, ...] = tuple(key.algorithm for key in FACTORY_KEYS)
        """What the badge may have, until it has shown which."""

    async def look(self, check: Check) -> bool:
        """Whether a badge takes the management key that we derive for this number; False: the factory's. Costs no try.

        Raises what `check` raises, and `ManagementKeyWrong`: it takes neither.
        """

        def work(card: SmartCardConnection, _: Unlocked) -> bool:
            check(piv_admin.condition(card))
            return not self._administer(card).is_factory

        return await self._door.run(Step(Application.PIV, work, changes_identity=True))

    async def make_out(self, expires: date, check: Check) -> None:
        """Give the badge its number, and a capability container where it has none. Raises what `check` raises, `ManagementKeyWrong`."""

        def work(card: SmartCardConnection, _: Unlocked) -> None:
            self._administer(card)
            piv_admin.write_chuid(card, self._guid, expires)
            piv_admin.ensure_capabilities(card, self._guid)

        step = Step(Application.PIV, work, prepare=lambda card: check(piv_admin.condition(card)), changes_identity=True)
        await self._door.run(step)

    async def change_puk(self, old: Pin) -> None:
        """One try of `old`; then the badge has the derived PUK. Raises `PukRejected`, `PukBlocked`."""

        def work(card: SmartCardConnection, _: Unlocked) -> None:
            with self._master.puk(self._guid) as new:
                piv_puk.change_puk(card, old, new)

        await self._door.run(Step(Application.PIV, work))

    async def first_pin(self, new: Pin) -> None:
        """The factory's PIN becomes the holder's: one try. Raises `PinRejected` and the like."""
        change = self._door.card_type.change_pin

        def work(card: SmartCardConnection, _: Unlocked) -> None:
            with Pin(bytearray(piv_puk.FACTORY_PIN)) as old:
                change(card, PinKind.BADGE, old, new)

        await self._pin_changes(work)

    async def reset_pin(self, new: Pin) -> None:
        """A new PIN by means of the derived PUK: one try of that. Raises `PukRejected`, `PukBlocked`."""

        def work(card: SmartCardConnection, _: Unlocked) -> None:
            with self._master.puk(self._guid) as puk:
                piv_puk.reset_pin(card, puk, new)

        await self._pin_changes(work)

    async def make_keys(self) -> tuple[PublicKeyKind, Mapping[KeyRole, bytes]]:
        """New keys in place of the old ones; the public halves (SubjectPublicKeyInfo). P-256, or RSA-2048 where the card wants that."""
        try:
            return PublicKeyKind.EC_P256, await self._keys(PublicKeyKind.EC_P256)
        except BadgeUnfit as error:
            if error.facts.problem != "algorithm":
                raise
        return PublicKeyKind.RSA_2048, await self._keys(PublicKeyKind.RSA_2048)

    async def request(self, role: KeyRole, kind: PublicKeyKind, spki: bytes, name: str, holder: HolderPin) -> bytes:
        """A certification request (PKCS#10) that the badge signs with its new key. Raises `BadgeUnfit`: it signs wrongly."""
        sign = self._door.card_type.sign

        def work(card: SmartCardConnection) -> bytes:
            try:
                return build_request(spki, name, lambda digest: sign(card, role, "sha256", digest, kind))
            except CaRefused as error:
                raise BadgeUnfit(problem=error.problem) from error

        return await self._under_pin(work, holder)

    async def write(self, certificates: Mapping[KeyRole, bytes]) -> None:
        """Put the certificates (DER) where they belong, and read them again."""

        def work(card: SmartCardConnection, _: Unlocked) -> None:
            self._administer(card)
            for role, der in certificates.items():
                piv_admin.write_certificate(card, role, der)

        await self._door.run(Step(Application.PIV, work))

    async def take_over(self) -> Literal["own", "factory"]:
        """Put the derived management key in the place of the factory's, where the badge has a command for that."""

        def work(card: SmartCardConnection, _: Unlocked) -> Literal["own", "factory"]:
            known = self._administer(card)
            if not known.is_factory:
                return "own"
            own = self._master.management_key(self._guid, known.algorithm)
            try:
                if not piv_admin.set_management_key(card, own):
                    return "factory"
            finally:
                own.wipe()
            self._own, self._factory = (known.algorithm,), ()
            return "own"

        return await self._door.run(Step(Application.PIV, work))

    async def sign(self, digest: bytes, kind: PublicKeyKind, holder: HolderPin) -> bytes:
        """A signature with 9A over SHA-256, under the holder's PIN."""
        sign = self._door.card_type.sign
        return await self._under_pin(lambda card: sign(card, KeyRole.AUTHENTICATION, "sha256", digest, kind), holder)

    async def verify_holder(self, holder: HolderPin) -> None:
        """Ask for the PIN, and let the badge say that it is right and that we are its administrator."""
        await self._under_pin(lambda _: None, holder, prepare=self._administer)

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _under_pin(
        self,
        work: Callable[[SmartCardConnection], T],
        holder: HolderPin,
        prepare: Callable[[SmartCardConnection], object] | None = None,
    ) -> T:
        """Run `work` directly after VERIFY, as 9C wants it (SP 800-73-4 part 1, table 4b)."""
        known, verify = holder.pin, self._door.card_type.verify

        def first(card: SmartCardConnection) -> None:
            if prepare is not None:
                prepare(card)

        def with_known(card: SmartCardConnection, _: Unlocked) -> T:
            assert known is not None
            verify(card, PinKind.BADGE, known)
            return work(card)

        def with_asked(card: SmartCardConnection, unlocked: Unlocked) -> T:
            holder.keep(unlocked)
            return work(card)

        if known is not None:
            return await self._door.run(Step(Application.PIV, with_known, prepare=first))
        return await self._door.run(Step(Application.PIV, with_asked, pin=PinKind.BADGE, prepare=first))

    async def _pin_changes(self, work: Callable[[SmartCardConnection, Unlocked], None]) -> None:
        try:
            await self._door.run(Step(Application.PIV, work))
        finally:
            self._door.remember_tries(PinKind.BADGE, None)

    async def _keys(self, kind: PublicKeyKind) -> dict[KeyRole, bytes]:
        return {role: await self._door.run(self._one_key(role, kind)) for role in MADE_ROLES}

    def _one_key(self, role: KeyRole, kind: PublicKeyKind) -> Step[bytes]:
        def work(card: SmartCardConnection, _: Unlocked) -> bytes:
            self._administer(card)
            return piv_admin.generate_key(card, role, kind)

        return Step(Application.PIV, work, patience_s=commands.KEY_GENERATION_S)

    def _administer(self, card: SmartCardConnection) -> ManagementKey:
        """Authenticate; of the key that fits only what it is counts, its octets are wiped. Raises `ManagementKeyWrong`.

        The derived key is tried before the factory's, and not at all on a badge that cannot have it: some cards count wrong keys.
        """
        own = [self._master.management_key(self._guid, algorithm) for algorithm in self._own]
        try:
            found = piv_admin.authenticate(
                card, (*own, *(key for key in FACTORY_KEYS if key.algorithm in self._factory))
            )
        finally:
            for key in own:
                key.wipe()
        self._own = () if found.is_factory else (found.algorithm,)
        self._factory = (found.algorithm,) if found.is_factory else ()
        return found


__all__ = ["CardSteps", "Check", "HolderPin"]
