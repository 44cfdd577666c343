"""The table's jobs done by cardd, at zero latency and at the contactless model."""

from collections import defaultdict
from dataclasses import dataclass, field

from bench import jobs
from bench.counter import EXTENDED, Counter
from bench.daemon import Daemon
from bench.figures import Run
from bench.metered_card import CONTACTLESS, ZERO, TimeModel
from bench.place import Place
from bench.readers import Readers
from bench.rows import Client, Job
from bench.scope import Say, Scope

Key = tuple[Client, Job, str]
"""Who did which job under which time model (its name)."""


@dataclass
class Collected:
    """All runs of the table, as they come."""

    runs: defaultdict[Key, list[Run]] = field(default_factory=lambda: defaultdict(list))

    def add(self, client: Client, job: Job, model: TimeModel, run: Run) -> None:
        """One more run."""
        self.runs[client, job, model.name].append(run)

    def add_all(self, client: Client, model: TimeModel, runs: jobs.Runs) -> None:
        """One more run of several jobs."""
        for job, run in runs.items():
            self.add(client, job, model, run)


def measure(place: Place, readers: Readers, scope: Scope, say: Say, into: Collected) -> list[Run]:
    """Run all jobs; gives the logins at the model as well, which are no line of the table."""
    logins: list[Run] = []
    with Daemon(place), Counter(place, readers) as counter:
        for model, rounds in ((ZERO, scope.zero), (CONTACTLESS, scope.contactless)):
            say(f"cardd, {model.name}: My Number card, {rounds} rounds")
            _resident(place, counter, model, rounds, into)
            say(f"cardd, {model.name}: badges, {rounds} rounds")
            logins = [login for _ in range(rounds) for login in _badges(place, counter, model, into)]
    return logins


def _resident(place: Place, counter: Counter, model: TimeModel, rounds: int, into: Collected) -> None:
    cards = place.cards
    counter.log_in(cards.badge_short, model)
    jobs.resident_round(counter, cards.my_number, ZERO)  # the first one imports what later ones use
    for _ in range(rounds):
        into.add_all(Client.CARDD, model, jobs.resident_round(counter, cards.my_number, model))
        into.add_all(Client.CARDD_TRIES, model, jobs.resident_round_tries_unknown(counter, cards.my_number, model))
    if model is ZERO:  # for its commands alone
        into.add_all(Client.CARDD_FILES, model, jobs.resident_round(counter, cards.plain_files, model))
    counter.log_out()


def _badges(place: Place, counter: Counter, model: TimeModel, into: Collected) -> list[Run]:
    logins = []
    for badge in jobs.badges(place.cards):
        login, one, further = jobs.badge_round(counter, badge.person, badge.slot, model, elliptic=badge.elliptic)
        into.add(Client.CARDD, badge.further, model, further)
        if badge.first is not None:
            into.add(Client.CARDD, badge.first, model, one)
        if badge.slot == EXTENDED:
            logins.append(login)
    return logins
