"""The jobs of the table, done by cardd: one round on a My Number card, one on each badge."""

import base64
from dataclasses import dataclass
from pathlib import Path

from bench.counter import BADGE, EXTENDED, IDENTITY, RESIDENT, SIGNING, Counter
from bench.figures import Exchanges, Run
from bench.floors import DIGEST
from bench.metered_card import TimeModel
from bench.place import Cards
from bench.rows import Job
from demo.office import Person

ITEMS = ["name", "address", "birth_date", "sex"]
FURTHER = 10
"""Digests beyond the first in the call that tells what each further one costs."""
ENCODED = base64.b64encode(DIGEST).decode()

Runs = dict[Job, Run]


def resident_round(counter: Counter, card: Path, model: TimeModel) -> Runs:
    """Two insertions with the tries read first: one to read, one to sign."""
    runs: Runs = {}
    handle, runs[Job.KIND] = counter.insert(RESIDENT, card, model)
    learn_tries(counter, handle)
    runs[Job.ITEMS] = counter.call(RESIDENT, "card.read", card=handle, items=ITEMS, **IDENTITY)
    for job in (Job.CERTIFICATE, Job.CERTIFICATE_AGAIN):
        runs[job] = read_certificate(counter, handle)
    counter.pull(RESIDENT)

    handle, came = counter.insert(RESIDENT, card, model)
    learn_tries(counter, handle)
    runs[Job.SIGNATURE] = came + sign(counter, RESIDENT, handle)
    runs[Job.SIGNATURE_KNOWN] = sign(counter, RESIDENT, handle)
    counter.pull(RESIDENT)
    return runs


def resident_round_tries_unknown(counter: Counter, card: Path, model: TimeModel) -> Runs:
    """The jobs with a PIN, each on a fresh insertion whose counters nobody has read."""
    runs: Runs = {}
    handle, _ = counter.insert(RESIDENT, card, model)
    runs[Job.ITEMS] = counter.call(RESIDENT, "card.read", card=handle, items=ITEMS, **IDENTITY)
    counter.pull(RESIDENT)

    handle, came = counter.insert(RESIDENT, card, model)
    runs[Job.SIGNATURE] = came + sign(counter, RESIDENT, handle)
    counter.pull(RESIDENT)

    handle, _ = counter.insert(RESIDENT, card, model)
    read_certificate(counter, handle)
    runs[Job.SIGNATURE_KNOWN] = sign(counter, RESIDENT, handle)
    counter.pull(RESIDENT)
    return runs


def badge_round(
    counter: Counter, person: Person, slot: int, model: TimeModel, *, elliptic: bool
) -> tuple[Run, Run, Run]:
    """Log in, sign one digest, sign several: what the login, the first signature and each further digest took."""
    badge, login = counter.log_in(person, model, slot)
    one = sign(counter, slot, badge, elliptic=elliptic)
    many = sign(counter, slot, badge, elliptic=elliptic, count=1 + FURTHER)
    counter.log_out(slot)
    return login, one, each_further(one, many)


def each_further(one: Run, many: Run) -> Run:
    """The cost of one more digest, from a run with one and a run with `FURTHER` more. Its commands: those of the last one."""
    commands, left = divmod(many.card.commands - one.card.commands, FURTHER)
    if left:
        raise ValueError("the further digests did not all take the same number of commands")
    return Run(
        (many.seconds - one.seconds) / FURTHER,
        Exchanges(
            commands,
            (many.card.sent - one.card.sent) // FURTHER,
            (many.card.received - one.card.received) // FURTHER,
            (many.card.card_s - one.card.card_s) / FURTHER,
        ),
    )


def learn_tries(counter: Counter, handle: str) -> None:
    """Let cardd read the counters of this insertion."""
    counter.call(RESIDENT, "card.pin_status", card=handle, **IDENTITY)


def read_certificate(counter: Counter, handle: str) -> Run:
    """`card.certificate` of the authentication key."""
    return counter.call(RESIDENT, "card.certificate", card=handle, key="authentication", **SIGNING)


def sign(counter: Counter, slot: int, handle: str, *, elliptic: bool = False, count: int = 1) -> Run:
    """`sign.digest` with the authentication key."""
    return counter.call(
        slot,
        "sign.digest",
        card=handle,
        key="authentication",
        hash="sha256",
        digests_base64=[ENCODED] * count,
        signature_format="ecdsa_der" if elliptic else "pkcs1v15",
        **SIGNING,
    )


@dataclass(frozen=True)
class Badge:
    """A badge, its slot, and the lines of the table it fills."""

    person: Person
    slot: int
    further: Job
    first: Job | None = None
    elliptic: bool = False


def badges(cards: Cards) -> tuple[Badge, ...]:
    """The badges of the table."""
    return (
        Badge(cards.badge_short, BADGE, Job.FURTHER_SHORT, Job.BADGE_SHORT),
        Badge(cards.badge_extended, EXTENDED, Job.FURTHER_EXTENDED, Job.BADGE_EXTENDED),
        Badge(cards.badge_p256, BADGE, Job.FURTHER_P256, elliptic=True),
    )
