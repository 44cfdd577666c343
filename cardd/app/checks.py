"""The daemon's own checks, as `health` tells them. They look at what is known; none touches a card or waits."""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from cardd.readers.roles import ReaderRole
from cardd.readers.table import PresenceTable
from cardd.wire.methods.health import Check

State = Literal["good", "warning", "bad"]


class HealthChecks:
    """`cardd.api.services.Health`: PC/SC, readers, record, emergency stop, office's files, badges, memory, mode, pcscd's own socket."""

    def __init__(
        self,
        table: PresenceTable,
        *,
        journal_problem: Callable[[], str | None],
        memory_locked: bool,
        mode: str,
        pcscd_open: Callable[[], bool],
        lockdown_problem: Callable[[], str | None] = lambda: None,
        office_checks: Callable[[], Iterable[tuple[str, State, str | None]]] = tuple,
        badge_problem: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._table = table
        self._journal_problem = journal_problem
        self._memory_locked = memory_locked
        self._mode = mode
        self._pcscd_open = pcscd_open
        self._lockdown_problem = lockdown_problem
        self._office_checks = office_checks
        self._badge_problem = badge_problem

    def checks(self) -> tuple[Check, ...]:
        return tuple(Check(name=name, state=state, problem=problem) for name, state, problem in self._all())

    def _all(self) -> Iterator[tuple[str, State, str | None]]:
        yield ("pcsc", "good", None) if self._table.service_up else ("pcsc", "bad", "down")
        yield self._readers()
        problem = self._journal_problem()
        yield ("audit", "good", None) if problem is None else ("audit", "bad", problem)
        stopped = self._lockdown_problem()
        yield ("lockdown", "good", None) if stopped is None else ("lockdown", "bad", stopped)
        yield from self._office_checks()
        badges = self._badge_problem()
        yield ("badges", "good", None) if badges is None else ("badges", "warning", badges)
        yield ("memory", "good", None) if self._memory_locked else ("memory", "warning", "not_locked")
        yield ("mode", "good", None) if self._mode == "production" else ("mode", "warning", "test")
        # C12: whoever can open pcscd's socket can talk to a card past us.
        yield ("pcscd_socket", "warning", "open_to_others") if self._pcscd_open() else ("pcscd_socket", "good", None)

    def _readers(self) -> tuple[str, State, str | None]:
        readers = self._table.readers()
        serving = [reader for reader in readers if reader.role is not ReaderRole.IGNORED]
        if not serving:
            return "readers", "warning", "none"
        if any(reader.stuck for reader in serving):
            return "readers", "bad", "stuck"
        return "readers", "good", None
