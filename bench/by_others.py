"""The table's jobs without cardd: the floor and cardd's own commands by bare pyscard, OpenSC, yubico-piv-tool."""

from pathlib import Path

from bench import floors, others, pkcs11
from bench.bare import Bare
from bench.by_cardd import Collected
from bench.counter import BADGE, EXTENDED, RESIDENT
from bench.figures import Run
from bench.floors import DIGEST, P_256, RSA_2048, Script
from bench.jobs import FURTHER, each_further
from bench.metered_card import CONTACTLESS, ZERO, TimeModel
from bench.place import Place
from bench.readers import Readers
from bench.rows import Client, Job
from bench.scope import Say, Scope

REPLAYED = (
    Job.KIND,
    Job.ITEMS,
    Job.CERTIFICATE,
    Job.CERTIFICATE_AGAIN,
    Job.SIGNATURE,
    Job.SIGNATURE_KNOWN,
    Job.BADGE_SHORT,
    Job.BADGE_EXTENDED,
)
"""Jobs whose commands are sent once more as cardd sent them; a further digest is a difference of two such jobs."""
MESSAGE = b"an application form\n"


class Others:
    """All that runs while cardd does not. No card stays in its reader."""

    def __init__(self, place: Place, readers: Readers, scope: Scope, say: Say, into: Collected) -> None:
        self._place, self._readers, self._scope, self._say, self._into = place, readers, scope, say, into

    def measure(self) -> None:
        """Everything, at both time models."""
        lacking = others.missing()
        if lacking:
            self._say(f"not installed, so left out: {', '.join(lacking)}")
        for model, rounds in ((ZERO, self._scope.zero), (CONTACTLESS, self._scope.contactless)):
            with Bare() as bare:
                self._say(f"bare pyscard, {model.name}: the floor, and cardd's own commands again, {rounds} rounds")
                for _ in range(rounds):
                    self._floors(bare, model)
                    self._replays(bare, model)
            if not lacking and (model is ZERO or self._scope.thorough):
                runs = self._scope.others
                self._say(f"OpenSC and yubico-piv-tool, {model.name}: {runs} runs each")
                for _ in range(runs):
                    self._programs(model)

    # --- bare pyscard ------------------------------------------------------------------------------------------------

    def _floors(self, bare: Bare, model: TimeModel) -> None:
        cards, pins = self._place.cards, self._place.holder.pins
        self._readers.insert(RESIDENT, cards.my_number, model)
        for job, script in floors.resident_scripts(pins.card_info, pins.authentication).items():
            self._into.add(Client.FLOOR, job, model, self._once(bare, RESIDENT, script))
        self._readers.pull(RESIDENT)
        for person, slot, algorithm, first, further in (
            (cards.badge_short, BADGE, RSA_2048, Job.BADGE_SHORT, Job.FURTHER_SHORT),
            (cards.badge_extended, EXTENDED, RSA_2048, Job.BADGE_EXTENDED, Job.FURTHER_EXTENDED),
            (cards.badge_p256, BADGE, P_256, None, Job.FURTHER_P256),
        ):
            self._readers.insert(slot, self._place.card_of(person), model)
            extended = slot == EXTENDED
            one, many = (
                self._once(bare, slot, floors.badge(person.pin, extended=extended, algorithm=algorithm, digests=count))
                for count in (1, 1 + FURTHER)
            )
            self._readers.pull(slot)
            self._into.add(Client.FLOOR, further, model, each_further(one, many))
            if first is not None:
                self._into.add(Client.FLOOR, first, model, one)

    def _once(self, bare: Bare, slot: int, script: Script) -> Run:
        self._readers.take(slot)
        seconds = bare.timed(self._readers.names[slot], script)
        return Run(seconds, self._readers.take(slot))

    def _replays(self, bare: Bare, model: TimeModel) -> None:
        for job in REPLAYED:
            slot, card = self._card_of(job)
            recorded = self._into.runs[Client.CARDD, job, model.name]
            if not recorded:
                continue
            self._readers.insert(slot, card, model)
            self._readers.take(slot)
            seconds = bare.replay(self._readers.names[slot], recorded[-1].card.sessions)
            self._into.add(Client.REPLAY, job, model, Run(seconds, self._readers.take(slot)))
            self._readers.pull(slot)

    def _card_of(self, job: Job) -> tuple[int, Path]:
        cards = self._place.cards
        if job is Job.BADGE_SHORT:
            return BADGE, self._place.card_of(cards.badge_short)
        if job is Job.BADGE_EXTENDED:
            return EXTENDED, self._place.card_of(cards.badge_extended)
        return RESIDENT, cards.my_number

    # --- other programs ----------------------------------------------------------------------------------------------

    def _programs(self, model: TimeModel) -> None:
        cards = self._place.cards
        self._readers.insert(RESIDENT, cards.my_number, model)
        for job in others.resident_jobs(RESIDENT, self._place.holder.pins.authentication):
            self._into.add(Client.OPENSC, job.job, model, others.run(self._readers, job))
        self._readers.pull(RESIDENT)
        for person, slot, first, further in (
            (cards.badge_short, BADGE, Job.BADGE_SHORT, Job.FURTHER_SHORT),
            (cards.badge_extended, EXTENDED, Job.BADGE_EXTENDED, Job.FURTHER_EXTENDED),
        ):
            self._readers.insert(slot, self._place.card_of(person), model)
            run = others.run(self._readers, others.opensc_badge(first, slot, person.pin))
            self._into.add(Client.OPENSC, first, model, run)
            self._opensc_further(slot, person.pin, further, model, elliptic=False)
            self._readers.pull(slot)
        self._readers.insert(BADGE, self._place.card_of(cards.badge_p256), model)
        self._opensc_further(BADGE, cards.badge_p256.pin, Job.FURTHER_P256, model, elliptic=True)
        self._readers.pull(BADGE)
        self._readers.insert(EXTENDED, cards.badge_yubico, model)
        yubico = others.yubico_badge(Job.BADGE_EXTENDED, EXTENDED, cards.badge_extended.pin)
        self._into.add(Client.YUBICO, yubico.job, model, others.run(self._readers, yubico))
        self._readers.pull(EXTENDED)

    def _opensc_further(self, slot: int, pin: str, job: Job, model: TimeModel, *, elliptic: bool) -> None:
        mechanism, content = (pkcs11.ECDSA, DIGEST) if elliptic else (pkcs11.SHA256_RSA, MESSAGE)
        _, one, many = (  # the first on a fresh card takes one command more
            others.in_process(
                self._readers,
                slot,
                lambda count=count: pkcs11.sign_many(  # type: ignore[misc]
                    others.OPENSC_MODULE, self._readers.names[slot], pin, mechanism, content, count
                ),
            )
            for count in (1, 1, 1 + FURTHER)
        )
        self._into.add(Client.OPENSC, job, model, each_further(one, many))
