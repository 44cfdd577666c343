"""From when on the record is kept at this machine: what every answer about it goes with, since what was cut off stands in none."""

from collections.abc import Iterator, Mapping
from typing import Any

from cardd.cli.context import Run
from cardd.cli.moments import day


def kept(run: Run, result: Mapping[str, Any]) -> Iterator[str]:
    """Sentences for the oldest log of the answer's `kept`: since when, and by which record what was before was let go."""
    if not result["kept"]:
        return
    oldest = result["kept"][-1]
    yield run.speech("kept_since", day=day(oldest["at"]))
    for log in result["kept"]:
        if log["cut"] is not None:
            yield run.speech("kept_cut", day=day(log["at"]), sequence=log["cut"]["sequence"], at=day(log["cut"]["at"]))
