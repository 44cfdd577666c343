"""The rules machine in its long form: a million steps (T5). The short one runs with every change."""

import pytest

from tests.unit.cardd.test_rules_machine import Rules, run

MILLION = 1_000_000


@pytest.mark.slow
@pytest.mark.proves("T5")
def test_a_million_steps_in_any_order(capsys: pytest.CaptureFixture[str]) -> None:
    run(9_000)
    with capsys.disabled():
        print(f"\nrules machine: {Rules.steps} steps, no difference")
    assert Rules.steps >= MILLION
