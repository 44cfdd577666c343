"""Takes over new lists while the daemon runs: looks at the helper's folder, has a child check what is new, and tells what came of it.

The helper has no say in what is true. A list counts when its authority signed it and it goes on from the one before; what is refused
leaves the old one where it was, raises an alarm, and is on record. Called on the event loop; the disk and the child work on a thread.
"""

import asyncio
import stat
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Literal

from cardd.audit.records import StateRecord
from cardd.errors import AuditUnavailable
from cardd.log import get_logger
from cardd.revocation.child import CHECK_FAILED, ListChild, Taken
from cardd.revocation.held import HeldList, HeldLists
from cardd.revocation.kept import Kept
from cardd.revocation_settings import Revocation, RevocationList

RETRY_SECONDS = 600.0
"""A file that could not be checked or kept, for want of memory or disk, is tried again after so long."""
LOOK_SECONDS = 2.0
"""How often the folder is looked at: one stat for each list of the settings."""
STILL_SECONDS = 1.0
"""A file that did not change for so long is whole. The helper puts files there in one step; whoever copies them may not."""
SUFFIX = ".crl"
HOUR_S = 3600
NAME = "revocation"
State = Literal["good", "warning", "bad"]
Mark = tuple[int, int, int]
Record = Callable[[StateRecord], Awaitable[object]]
Tell = Callable[[str, str, Mapping[str, str | int | None]], None]
TakeIn = Callable[..., Taken]


class ListTaking:
    """`run` is a task of the daemon."""

    def __init__(
        self, settings: Revocation, kept: Kept, held: HeldLists, record: Record, tell: Tell, take: TakeIn | None = None
    ) -> None:
        """`record` writes a state record; `tell` publishes an alarm; `take`: what checks one file, None = a child of this process."""
        self._child = ListChild()
        self._settings, self._kept, self._held = settings, kept, held
        self._record, self._tell, self._take = record, tell, take or self._child.take_in
        self._boottime = held.boottime
        self._seen: dict[str, Mark] = {}
        """What lay there at the last look: what is still being copied is left alone."""
        self._done: dict[str, Mark] = {}
        """What was taken or refused already."""
        self._later: dict[str, float] = {}
        """When a list is tried again that could not be checked or kept, on CLOCK_BOOTTIME."""
        self._refused: dict[str, str] = {}
        self._told: dict[str, str | None] = {}

    async def begin(self) -> None:
        """Before anybody logs in: what was taken over before counts again. Raises `OSError`."""
        found = await asyncio.to_thread(
            lambda: [each for given in self._settings.lists for each in self._kept.lists(given)]
        )
        self._held.put(found)

    async def run(self) -> None:
        """Until cancelled; a child that still works is ended then, for the stop of a daemon waits for no list."""
        try:
            while True:
                waits = await self.look()
                await asyncio.sleep(STILL_SECONDS if waits else LOOK_SECONDS)
        finally:
            self._child.stop()

    async def look(self) -> bool:
        """Take what is new and lies still; tell of lists that have become too old. Gives whether something new does not lie still yet."""
        waits = False
        for given in self._settings.lists:
            mark = await asyncio.to_thread(_mark, self._source(given))
            if mark is None or mark == self._done.get(given.name):
                continue
            if mark == self._seen.get(given.name):
                await self._new(given, mark)
            else:
                self._seen[given.name], waits = mark, True
        for given in self._settings.lists:
            self._alarm_for_age(given)
        return waits

    def checks(self) -> tuple[tuple[str, State, str | None], ...]:
        """The row of `health`: what is worst among the lists; none where no list is configured."""
        if not self._settings.lists:
            return ()
        if self._held.clock_behind:
            return ((NAME, "bad", "clock_behind_list"),)
        found = [self._state(given) for given in self._settings.lists]
        worst = max(found, key=lambda each: ("good", "warning", "bad").index(each[0]))
        return ((NAME, *worst),)

    # --- one list ----------------------------------------------------------------------------------------------------

    def _source(self, given: RevocationList) -> Path:
        return self._settings.directory / f"{given.name}{SUFFIX}"

    async def _new(self, given: RevocationList, mark: Mark) -> None:
        if self._later.get(given.name, 0.0) > self._boottime():
            return
        try:
            folder = await asyncio.to_thread(self._kept.folder, given.name)
            taken = await asyncio.to_thread(self._take, self._source(given), (given.ca,), folder, self._held.now())
            if taken.problem is None:
                taken = await asyncio.to_thread(self._not_back, given, taken)
            if taken.problem != CHECK_FAILED:
                self._done[given.name] = mark
            else:
                self._later[given.name] = self._boottime() + RETRY_SECONDS
            if taken.problem is not None:
                await self._refuse(given, taken.problem)
            else:
                await self._put(given, taken)
        except (OSError, AuditUnavailable) as error:
            # The disk: what was held before is held on, and the file is tried again.
            get_logger().error("revocation_list_not_kept", list=given.name, problem=type(error).__name__)
            self._refused[given.name] = "not_kept"
            self._done.pop(given.name, None)
            self._later[given.name] = self._boottime() + RETRY_SECONDS

    def _not_back(self, given: RevocationList, taken: Taken) -> Taken:
        """Where the file before was lost or damaged the child could not compare: what stands beside it remembers."""
        if not taken.fresh:
            return taken
        before = next((each for each in self._kept.lists(given) if each.place.name == taken.file), None)
        if before is None or (taken.number >= before.number and taken.this_update >= before.this_update):
            return taken
        (self._kept.folder(given.name) / taken.file).unlink(missing_ok=True)
        return Taken("list_rolled_back")

    async def _put(self, given: RevocationList, taken: Taken) -> None:
        self._refused.pop(given.name, None)
        known = next((each for each in self._of(given) if each.place.name == taken.file), None)
        if known is not None and known.digest == taken.digest and not taken.changed:
            return
        new = await asyncio.to_thread(self._kept.keep, given, taken)
        others = [each for each in self._held.all if each.place != new.place]
        self._held.put([*others, new])
        await self._record(
            StateRecord(
                event="revocation.taken", list_name=given.name, count=new.count, list_age_s=self._held.age_s(new)
            )
        )
        get_logger().info("revocation_list_taken", list=given.name, entries=new.count)

    async def _refuse(self, given: RevocationList, problem: str) -> None:
        self._refused[given.name] = problem
        get_logger().error("revocation_list_refused", list=given.name, problem=problem)
        self._tell("alarm", "revocation_list_refused", {"problem": problem, "list_name": given.name})
        await self._record(StateRecord(event="revocation.refused", list_name=given.name, problem=problem))

    def _of(self, given: RevocationList) -> list[HeldList]:
        return [each for each in self._held.all if each.name == given.name]

    def _age(self, given: RevocationList) -> str | None:
        """One word of the newest list: `list_missing`, `list_too_old`, `list_old`, or None."""
        held = self._of(given)
        if not held:
            return "list_missing"
        newest = max(held, key=lambda each: each.this_update)
        age_s = self._held.age_s(newest)
        if age_s > self._settings.rule_hours * HOUR_S or newest.next_update < self._held.now():
            return "list_too_old"
        return "list_old" if age_s > self._settings.warn_hours * HOUR_S else None

    def _state(self, given: RevocationList) -> tuple[State, str | None]:
        if given.name in self._held.damaged:
            return "bad", "list_damaged"
        age = self._age(given)
        if age is not None and age != "list_old":
            return "bad", age
        problem = self._refused.get(given.name) or age
        return ("good", None) if problem is None else ("warning", problem)

    def _alarm_for_age(self, given: RevocationList) -> None:
        """Told once each time it becomes so; that a list never came is seen in `health`."""
        age = "list_damaged" if given.name in self._held.damaged else self._age(given)
        before, self._told[given.name] = self._told.get(given.name), age
        if age not in (None, "list_missing", before):
            self._tell("alarm", "revocation_list_old", {"problem": age, "list_name": given.name})


def _mark(source: Path) -> Mark | None:
    """Changes when another file lies there; None: there is none, or something that is no plain file."""
    try:
        found = source.lstat()
    except OSError:  # no folder, no file, no right: the age of the list says the rest
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if stat.S_ISREG(found.st_mode) else None
