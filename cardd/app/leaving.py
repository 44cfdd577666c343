"""Do heads leave this machine: the part of the daemon that looks, and what it is made of."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.chain import Damaged
from cardd.audit.checkpoint import COSIGNATURE, BadNote, VerifierKey
from cardd.clock import boot_id
from cardd.config import Settings
from cardd.log import get_logger
from cardd.ports import Clock, Publish
from cardd.witness.leaving import Leaving, State, rules_of

LOOK_SECONDS = 5.0
"""How often the sender's folder and the end of the log are looked at."""


class LeavingTask:
    """`run` is a task of the daemon, beside housekeeping, which must not wait for the disk."""

    def __init__(self, settings: Settings, journal: AsyncJournal, clock: Clock, publish: Publish) -> None:
        """Raises `BadNote` for a witness's key that is none: `witness_problems` says so before."""
        audit = settings.audit
        rules = rules_of(
            audit.directory,
            audit.cosigned_directory,
            tuple(each.key for each in audit.witnesses),
            production=settings.mode == "production",
            alarm_s=float(audit.witness_alarm_seconds),
            login_s=float(audit.witness_login_seconds),
        )
        self.leaving = Leaving(rules, journal.log_id, boot_id(), clock, journal.state, publish)
        self._failed = False

    async def begin(self) -> None:
        """Before anybody can log in."""
        await self._guarded(self.leaving.begin)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._guarded(self.leaving.look)

    def checks(self) -> tuple[tuple[str, State, str | None], ...]:
        """The row of `health`."""
        return (("witness", "bad", "log_not_read"),) if self._failed else self.leaving.checks()

    async def _guarded(self, look: Callable[[], Awaitable[None]]) -> None:
        """A log that cannot be read stops work elsewhere (journal, check of the log); here it must not end the daemon."""
        try:
            await look()
        except (Damaged, OSError) as error:
            if not self._failed:
                get_logger().error("leaving_not_known", problem=type(error).__name__)
            self._failed = True
        else:
            self._failed = False


def witness_problems(settings: Settings) -> Iterator[str]:
    """One sentence for each witness of the settings that cannot be one."""
    for number, witness in enumerate(settings.audit.witnesses):
        try:
            kind = VerifierKey.parse(witness.key).kind
        except BadNote:
            kind = None
        if kind != COSIGNATURE:
            yield f"audit.witnesses[{number}].key: is not what `cardd-witness init` printed; copy the whole line"
