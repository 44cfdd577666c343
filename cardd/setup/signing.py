"""Both administrators sign policy and register with key 9C of their badges: each puts the badge in once and types the PIN once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cardd.audit.pseudonym import PseudonymKey
from cardd.audit.records import IntentRecord, OutcomeRecord, Result
from cardd.cards import operator_card, piv_admin
from cardd.cards.card_type import Application
from cardd.enrolment.card_steps import CardSteps
from cardd.enrolment.secrets import BadgeMasterKey
from cardd.errors import (
    CardBadAnswer,
    CardItemAbsent,
    CardUnsupported,
    CardWrongKind,
    PinNowBlocked,
    PinRejected,
    PinWasBlocked,
)
from cardd.gate.step import Step, Unlocked
from cardd.iso7816.connection import SmartCardConnection
from cardd.model import KeyRole, Operation, PinKind, PinOutcome
from cardd.office.contents import Kind
from cardd.office.signed import Unverified, verify
from cardd.pin import Pin
from cardd.setup.authority import OperatorCa
from cardd.setup.badges import GONE, failure, pin_problem, word_of
from cardd.setup.cards import BadgeDoor, Insertion, Readers
from cardd.setup.drafts import FILES, Drafts
from cardd.setup.joined import joined
from cardd.setup.parts import Parts
from cardd.signatures import check_signature, key_kind, public_key
from cardd.signing import cms
from cardd.state.badges import LocalBadge

HASH = "sha256"
LAST_TRY = 1
"""A badge with one try left counts as blocked: nobody spends it."""


@dataclass(frozen=True, slots=True)
class Signing:
    """What signing takes."""

    parts: Parts
    readers: Readers
    ca: OperatorCa
    drafts: Drafts
    master: BadgeMasterKey
    pseudonyms: PseudonymKey

    async def run(self, badges: Sequence[LocalBadge]) -> bool:
        """Until both have signed both files; False: they had before. Whoever's badge is in signs first."""
        missing = {badge.guid: badge for badge in badges if badge.guid not in self._signed(badges)}
        if not missing:
            return False
        talk = self.parts.talk
        self._show()
        aside = set[Insertion]()
        while missing:
            names = "、".join(badge.operator.name for badge in missing.values())
            self.readers.ask_for_room(talk, aside)
            talk.say("sign.put_in", names=names)
            talk.event("wait", of=[badge.operator.id for badge in missing.values()], what="signature")
            insertion = await self.readers.wait_for_card(aside)
            try:
                badge = await self._whose(self.readers.door(insertion), missing)
                if badge is None:
                    talk.say("sign.other_badge", reader=insertion.shown)
                    talk.event("not_this_badge", why="sign.other_badge", reader=insertion.reader)
                    aside.add(insertion)
                    continue
                talk.say("sign.seen", reader=insertion.shown, name=badge.operator.name)
                if await self._sign(self.readers.door(insertion), badge):
                    del missing[badge.guid]
                aside.add(insertion)
            except GONE:
                talk.say("badge.gone")
                talk.event("gone", reader=insertion.reader)
                if self.readers.is_in(insertion):
                    aside.add(insertion)
        return True

    # --- who -----------------------------------------------------------------------------------------------------------

    def _signed(self, badges: Sequence[LocalBadge]) -> frozenset[str]:
        """Whose signatures are beside both drafts and hold. What does not hold is thrown away."""
        known = {badge.guid for badge in badges}
        for kind in FILES:
            known &= self._signers(kind)
        return frozenset(known)

    def _signers(self, kind: Kind) -> set[str]:
        p7s = self.drafts.signatures(kind)
        if p7s is None:
            return set()
        try:
            found = verify(self.drafts.content(kind), p7s, self.ca.trust(), self.parts.now(), test=self.parts.test)
        except Unverified:
            self.drafts.drop_signatures(kind)
            return set()
        return {each.card_uuid for each in found if each.card_uuid is not None}

    async def _whose(self, door: BadgeDoor, missing: dict[str, LocalBadge]) -> LocalBadge | None:
        def work(card: SmartCardConnection, _: Unlocked) -> str | None:
            guid = piv_admin.condition(card).guid
            return guid.hex() if guid is not None else None

        try:
            guid = await door.run(Step(Application.PIV, work, changes_identity=True))
        except (CardWrongKind, CardUnsupported, CardBadAnswer):
            return None
        return missing.get(guid) if guid is not None else None

    def _show(self) -> None:
        """What they are about to sign."""
        talk = self.parts.talk
        talk.say("sign.what")
        for kind in FILES:
            talk.lines(str(self.drafts.path(kind)), f"SHA-256 {hashlib.sha256(self.drafts.content(kind)).hexdigest()}")

    # --- the signature -------------------------------------------------------------------------------------------------

    async def _sign(self, door: BadgeDoor, badge: LocalBadge) -> bool:
        """Both files by this badge; False where the badge was not used. Each PIN that goes to the card was typed for that."""
        talk, name = self.parts.talk, badge.operator.name
        while True:
            tries = await door.run(Step(Application.PIV, lambda card, _: operator_card.tries_left(card, PinKind.BADGE)))
            if tries.count is not None and tries.count <= LAST_TRY:
                if not talk.agrees("ask.reset_pin", unattended=False, name=name, n=tries.count):
                    return False
                await self._new_pin(door, badge)
                continue
            shown = tries.count if tries.count is not None else "?"
            with talk.secret("ask.pin_to_sign", name=name, n=shown) as pin:
                if pin_problem(pin) == "bad.pin_shape":
                    talk.say("bad.pin_shape")
                    continue
                try:
                    await self._signatures(door, badge, pin)
                except (PinRejected, PinNowBlocked, PinWasBlocked) as error:
                    talk.say("sign.wrong_pin", n=error.facts.tries_left if error.facts.tries_left is not None else "?")
                    continue
                except (CardItemAbsent, CardBadAnswer) as error:
                    talk.say("badge.unfit", why=word_of(error))
                    return False
            talk.done("signature", name=name)
            talk.event("signed", of=badge.operator.id)
            return True

    async def _new_pin(self, door: BadgeDoor, badge: LocalBadge) -> None:
        """By means of the PUK, which is derived: costs the PIN no try."""
        talk = self.parts.talk
        with talk.new_secret("ask.new_pin", pin_problem, name=badge.operator.name) as pin:
            await CardSteps(door, self.master, badge.guid).reset_pin(pin)

    async def _signatures(self, door: BadgeDoor, badge: LocalBadge, pin: Pin) -> None:
        parts = self.parts
        certificate = await door.run(
            Step(Application.PIV, lambda card, _: operator_card.read_certificate(card, KeyRole.SIGNATURE))
        )
        key = public_key(certificate)
        digests = {kind: hashlib.sha256(self.drafts.content(kind)).digest() for kind in FILES}
        prepared = {kind: cms.prepare(certificate, key_kind(key), digests[kind], HASH, parts.now()) for kind in FILES}

        def work(card: SmartCardConnection, _: Unlocked) -> dict[Kind, bytes]:
            """9C wants its PIN directly before each signature (SP 800-73-4 part 1, table 4b)."""
            made = {}
            for kind, form in prepared.items():
                operator_card.verify(card, PinKind.BADGE, pin)
                made[kind] = operator_card.sign(card, KeyRole.SIGNATURE, HASH, form.digest, form.key)
            return made

        intent = parts.journal.intent(
            IntentRecord(
                event="setup.sign", operation=Operation.SIGN, key=KeyRole.SIGNATURE, pin=PinKind.BADGE,
                digests=len(FILES), operator=badge.operator.id, policy=digests[Kind.POLICY].hex(),
                content=digests[Kind.REGISTER].hex(),
                badge=parts.pseudonym(self.pseudonyms, badge.operator.certificates[0]),
            )
        )  # fmt: skip
        try:
            async with parts.talk.working("sign.signing"):
                made = await door.run(Step(Application.PIV, work))
            for kind, signature in made.items():
                check_signature(key, signature, prepared[kind].digest, HASH)
        except BaseException as error:
            parts.journal.outcome(intent, failure(error, door))
            raise
        for kind, signature in made.items():
            self._keep(kind, cms.finish(prepared[kind], signature), badge)
        done = OutcomeRecord(
            result=Result.DONE, signatures=len(made), pin=PinKind.BADGE, pin_outcome=PinOutcome.ACCEPTED,
            card_outcome=door.witness.card,
        )  # fmt: skip
        parts.journal.outcome(intent, done)

    def _keep(self, kind: Kind, p7s: bytes, badge: LocalBadge) -> None:
        """Beside the other one's, if that is there. A signature of this badge from a run that was cut short gives way."""
        others = self._signers(kind) - {badge.guid}
        before = self.drafts.signatures(kind) if others else None
        self.drafts.put_signatures(kind, joined(before, p7s) if before is not None else p7s)
