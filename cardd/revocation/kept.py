"""What stands beside each file of serial numbers in the state directory: number and times of its list, as the child told them.

It outlives the file: number and date never go down, though the file was lost (K3).
"""

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from cardd.log import get_logger
from cardd.revocation.child import Taken
from cardd.revocation.held import HeldList
from cardd.revocation_settings import RevocationList

SUFFIX = ".json"


class Kept:
    """The daemon's own folder, with one folder for each list."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def folder(self, name: str) -> Path:
        """Of one list; made where it is not there. Raises `OSError`."""
        found = self._directory / name
        found.mkdir(mode=0o700, parents=True, exist_ok=True)
        return found

    def lists(self, given: RevocationList) -> Iterator[HeldList]:
        """What was taken over of one list: one for each key of its authority. What cannot be read is told in the log, and left out."""
        for place in sorted(self.folder(given.name).glob(f"*{SUFFIX}")):
            try:
                yield _read(given, place)
            except (OSError, ValueError, KeyError, TypeError) as error:
                get_logger().error("revocation_state_damaged", list=given.name, problem=type(error).__name__)

    def keep(self, given: RevocationList, taken: Taken) -> HeldList:
        """Write down what was taken over, durable. Raises `OSError`."""
        folder = self.folder(given.name)
        words = {
            "file": taken.file,
            "digest": taken.digest,
            "number": str(taken.number),
            "this_update": taken.this_update.isoformat(),
            "next_update": taken.next_update.isoformat(),
            "count": taken.count,
        }
        place = folder / f"{taken.file}{SUFFIX}"
        beside = place.with_suffix(".new")
        with beside.open("w", encoding="utf-8") as file:
            json.dump(words, file)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(place)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return _read(given, place)


def _read(given: RevocationList, place: Path) -> HeldList:
    words = json.loads(place.read_text("utf-8"))
    file = str(words["file"])
    if f"{file}{SUFFIX}" != place.name:
        raise ValueError("file")
    times = [datetime.fromisoformat(words[name]) for name in ("this_update", "next_update")]
    if any(each.tzinfo is None for each in times):  # could be compared with no other, and then nobody could log in
        raise ValueError("times")
    return HeldList(
        given.name,
        given.about,
        place.parent / file,
        str(words["digest"]),
        int(words["number"]),
        times[0],
        times[1],
        int(words["count"]),
    )
