"""Whatever people, cards, clocks and restarts do in whatever order: the real rules say what the simple model of them says.

More than 10,000 steps with every change (T5); `./dev fuzz` makes it 100 times as many.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from cardd.state.people import marks_of
from tests.unit.cardd.rules_twin import Twin
from tests.unit.cardd.rules_world import World

STEPS_WANTED = 10_000
ACTS = {
    Twin.read: 20,
    Twin.use_what_was_approved: 22,
    Twin.give: 22,
    Twin.somebody_comes_to_work: 16,
    Twin.unlock: 10,
    Twin.a_human_acts: 8,
    Twin.guess: 10,
    Twin.a_resident_comes: 8,
    Twin.override: 5,
    Twin.an_emergency_is_interrupted: 2,
    Twin.release: 12,
    Twin.log_in: 6,
    Twin.somebody_sets_the_clock: 4,
    Twin.refuse: 5,
    Twin.engage: 3,
    Twin.an_administrator_unblocks_a_badge: 2,
    Twin.somebody_puts_in_a_badge: 2,
    Twin.time_passes: 2,
    Twin.the_daemon_restarts: 3,
    Twin.a_locked_seat_is_restarted: 1,
    Twin.lock_or_log_out: 2,
    Twin.the_machine_reboots: 1,
    Twin.the_machine_sleeps: 1,
}
"""What may happen, and how often. One rule draws them: of many, hypothesis leaves some out of each run, and without a login little
would happen."""
MUST_HAPPEN = (
    "read ok", "read approval.required", "read approval.invalid:used", "read approval.invalid:other_content",
    "read approval.invalid:not_given", "read approval.invalid:other_requester", "read approval.invalid:expired",
    "read approval.invalid:refused", "read session.locked", "read session.pin_required", "read session.required",
    "read lockdown.engaged", "read policy.denied:no_row", "read pin.guard:insertion_limit", "read pin.guard:card_limit",
    "read pin.guard:operator_limit", "read pin.guard:not_agreed", "read pin.guard:role", "read pin.now_blocked",
    "read pin.was_blocked", "log in auth.locked", "log in lockdown.engaged", "log in pin.rejected",
    "log in pin.was_blocked:last_try_kept", "log in session.exists", "give ok", "give approval.invalid:same_person",
    "give approval.invalid:role", "give approval.invalid:other_content", "give approval.invalid:given",
    "give lockdown.engaged", "refuse ok", "refuse policy.denied:no_right", "engage ok", "engage policy.denied:no_right",
    "release approval.invalid:same_person", "release policy.denied:no_right", "released", "override ok",
    "override policy.denied:purpose_not_for_emergency", "unlock ok", "unlock session.required",
)  # fmt: skip


class Rules(RuleBasedStateMachine):
    steps: ClassVar[int]
    seen: ClassVar[Counter[str]]
    plant: ClassVar[Callable[[World], None]]

    def __init__(self) -> None:
        super().__init__()
        self.twin = Twin(self.seen, type(self).plant)

    def teardown(self) -> None:
        type(self).steps += self.twin.steps
        self.twin.close()

    @initialize(seed=st.integers(0, 2**64 - 1))
    def it_begins(self, seed: int) -> None:
        self.drawn = str(seed)

    @rule(seed=st.integers(0, 2**32 - 1))
    def something_happens(self, seed: int) -> None:
        # hypothesis likes to draw the same number again: what was drawn before makes another one of it.
        self.drawn = hashlib.sha256(f"{self.drawn} {seed}".encode()).hexdigest()
        chance = Random(self.drawn)
        act = chance.choices(list(ACTS), list(ACTS.values()))[0]
        note(act.__name__)
        act(self.twin, chance)

    @invariant()
    def both_say_the_same(self) -> None:
        self.twin.compare()


def run(examples: int, plant: Callable[[World], None] = lambda _world: None, **more: Any) -> None:
    Rules.steps, Rules.seen, Rules.plant = 0, Counter(), staticmethod(plant)
    wanted = settings(
        max_examples=examples, stateful_step_count=100, suppress_health_check=list(HealthCheck), database=None, **more
    )
    run_state_machine_as_test(Rules, settings=wanted)


@pytest.mark.timeout(240)
@pytest.mark.proves("T5", "P3", "P5", "S3", "S5", "S6", "S9", "S10", "fault 96", "fault 97", "fault 139")
def test_any_order_of_acts(capsys: pytest.CaptureFixture[str]) -> None:
    run(150)
    with capsys.disabled():
        print(f"\nrules machine: {Rules.steps} steps, {Rules.seen['read ok']} cards read, no difference")
    assert Rules.steps >= STEPS_WANTED
    assert [end for end in MUST_HAPPEN if not Rules.seen[end]] == [], "and everything that can happen has happened"


# --- it finds what is wrong ------------------------------------------------------------------------------------------


def approvals_serve_twice(world: World) -> None:
    real = world.approvals.use

    def use(number: str, *more: Any) -> Any:
        used = real(number, *more)
        with world.store.transaction() as db:
            db.execute("UPDATE approvals SET state = 'given' WHERE id = ?", (number,))
        return used

    world.approvals.use = use  # type: ignore[method-assign]


def one_person_is_two_by_another_badge(world: World) -> None:
    def check(number: str, approver: Any) -> None:
        known = world.approvals.find(number)
        assert known is not None
        if marks_of(approver) & known.requester_marks:
            real(number, approver)

    real, world.approvals.check_approver = world.approvals.check_approver, check  # type: ignore[method-assign]


def a_restart_lifts_the_stop(world: World) -> None:
    world.lockdown._state = None


def the_first_release_lifts_the_stop(world: World) -> None:
    def vote(operator: Any) -> bool:
        real(operator)
        with world.store.transaction() as db:
            db.execute("DELETE FROM lockdown")
        world.lockdown._state = world.lockdown._vote = None
        return True

    real, world.lockdown.vote = world.lockdown.vote, vote  # type: ignore[method-assign]


def a_restart_opens_a_locked_seat(world: World) -> None:
    with world.store.transaction() as db:
        db.execute("DELETE FROM login_subjects")


def wrong_pins_are_counted_in_memory_alone(world: World) -> None:
    with world.store.transaction() as db:
        db.execute("DELETE FROM wrong_pins")


def the_override_outlives_the_lock(world: World) -> None:
    world.sessions._on_stop.clear()


def an_old_pin_will_do(world: World) -> None:
    world.sessions.pin_age_s = lambda _session: 0.0  # type: ignore[method-assign]


def a_setting_of_the_clock_is_time_that_passes(world: World) -> None:
    begun, own = world.clock.us, world.store.own_us()
    world.store.own_us = lambda: own + world.clock.us - begun  # type: ignore[method-assign]


def nobody_is_asked_for_the_last_try(world: World) -> None:
    async def agrees(_prompt: object) -> bool:
        return True

    world.person.agrees_to_last_try = agrees  # type: ignore[method-assign, assignment]


@pytest.mark.timeout(240)
@pytest.mark.proves("T5")
@pytest.mark.parametrize(
    "plant",
    [
        approvals_serve_twice,
        one_person_is_two_by_another_badge,
        a_restart_lifts_the_stop,
        the_first_release_lifts_the_stop,
        a_restart_opens_a_locked_seat,
        wrong_pins_are_counted_in_memory_alone,
        the_override_outlives_the_lock,
        an_old_pin_will_do,
        a_setting_of_the_clock_is_time_that_passes,
        nobody_is_asked_for_the_last_try,
    ],
    ids=lambda plant: plant.__name__,
)
def test_a_bug_is_found(plant: Callable[[World], None]) -> None:
    """Each is planted into the real rules; the same steps as above must tell the difference."""
    with pytest.raises(AssertionError):
        run(150, plant, phases=(Phase.generate,))
