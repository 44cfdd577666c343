"""cardd with a bug about a resident's last try; which one, the environment says in CARELESS. Run as a program, like `python -m cardd`."""

import os
from typing import Any

from cardd.__main__ import main
from cardd.api.agent_calls import AgentPrompter
from cardd.gate.door import Door
from cardd.gate.pin_entry import PinEntry


def takes_any_answer() -> None:
    """An answer is a yes as soon as there is one."""

    async def agrees(self: AgentPrompter, prompt: Any) -> bool:
        await self._ask(
            self._agent(),
            "agent.confirm",
            "x",
            self._last_try_request(self._agent(), "x", prompt).model_dump(mode="json"),
        )
        return True

    AgentPrompter.agrees_to_last_try = agrees  # type: ignore[method-assign]


def asks_nobody() -> None:
    """Consent is taken for granted."""

    async def consent(_self: PinEntry, _which: Any, shown: int | None, **_more: Any) -> bool:
        return shown == 1

    PinEntry.consent = consent  # type: ignore[method-assign]


def records_nothing() -> None:
    """Consent is asked for and stands nowhere."""
    terms = Door._terms

    async def silent(self: Door, *given: Any) -> Any:
        async def nothing(_which: Any) -> None: ...

        object.__setattr__(self._standing, "consented", nothing)
        return await terms(self, *given)

    Door._terms = silent  # type: ignore[method-assign]


{
    "takes any answer for a yes": takes_any_answer,
    "asks nobody": asks_nobody,
    "records nothing": records_nothing,
}[os.environ["CARELESS"]]()

if __name__ == "__main__":
    main()
