"""Fixtures of the session table."""

import pytest

from tests.unit.cardd.sessions.turned import Turned


@pytest.fixture
def world() -> Turned:
    return Turned()
