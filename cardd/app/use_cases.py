"""Loads the use cases with the first call that needs one: they bring `cryptography`, asn1crypto and path validation.

The daemon is ready, and small, before anybody logs in (decision 28).
"""

import asyncio

from cardd.api.use_cases import UseCases
from cardd.app.used_keys import UsedKeyFile
from cardd.config import Settings
from cardd.errors import AuditUnavailable
from cardd.gate.gate import Gate
from cardd.ports import Clock
from cardd.register import Register
from cardd.sessions.attempts import LoginAttempts
from cardd.sessions.table import SessionTable


class UseCaseLoader:
    """Gives the use cases; imports them on a thread, once."""

    def __init__(
        self,
        settings: Settings,
        gate: Gate,
        sessions: SessionTable,
        attempts: LoginAttempts,
        register: Register,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._gate = gate
        self._sessions = sessions
        self._attempts = attempts
        self._register = register
        self._clock = clock
        self._lock = asyncio.Lock()
        self._loaded: UseCases | None = None

    async def __call__(self) -> UseCases:
        async with self._lock:
            if self._loaded is None:
                try:
                    self._loaded = await asyncio.to_thread(self._load)
                except OSError as error:
                    # The state directory: what must outlive a restart cannot be kept, so nothing is begun.
                    raise AuditUnavailable(problem="state_not_writable") from error
            return self._loaded

    def _load(self) -> UseCases:
        # The one place of late imports, with the reason above.
        from cardd.app.certificates import OperatorCa, badge_uuid  # noqa: PLC0415
        from cardd.login.service import BadgeRules, LoginService  # noqa: PLC0415
        from cardd.reading.service import ReadingService  # noqa: PLC0415
        from cardd.signing.service import SigningService  # noqa: PLC0415

        authorities = OperatorCa(self._settings.operator_ca, test=self._settings.mode == "test")
        rules = BadgeRules(authorities.badge_problem, badge_uuid)
        return UseCases(
            LoginService(self._gate, self._sessions, self._attempts, self._register, rules, self._clock),
            ReadingService(self._gate, self._clock),
            SigningService(self._gate, self._clock, UsedKeyFile(self._settings.state_directory, self._clock)),
        )
