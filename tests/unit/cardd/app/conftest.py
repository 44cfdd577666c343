"""What the tests of the app share."""

import io
from collections.abc import Iterator

import pytest
import structlog

from cardd.log import processors


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The daemon's log as it would be written, redaction included."""
    written = io.StringIO()
    structlog.configure(processors=processors("logfmt"), logger_factory=structlog.WriteLoggerFactory(written))
    yield written
    structlog.reset_defaults()
