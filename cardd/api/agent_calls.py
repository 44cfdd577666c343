"""Asking a person through an agent, for one call. The only place in the daemon where a `Pin` is made from what came in.

The secret's octets are checked against the shape asked for, in place, and are either handed on inside a `Pin` or wiped.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Literal

from cardd.api.agents import Agent, AgentAnswer, AgentGone, AgentRefused, AgentRegistry
from cardd.errors import Cancelled, NoAgent, PinCancelled, PinFormat, PinTimeout
from cardd.model import PinShape, SeatName
from cardd.pin import Pin
from cardd.ports import DocumentFacts, DocumentPrompt, PinPrompt
from cardd.wire.methods import agent_register as words

_DIGITS = frozenset(b"0123456789")
_CAPITALS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_PRINTABLE = frozenset(range(0x20, 0x7F))
_ALPHABETS: Mapping[str, frozenset[int]] = {
    "digits": _DIGITS,
    "upper_alnum": _DIGITS | _CAPITALS,
    "printable": _PRINTABLE,
}


def shape_problem(octets: bytearray, shape: PinShape) -> str | None:
    """What is wrong with a PIN, in one word, or None. Looks at octets: every allowed character is one octet of ASCII."""
    if not _ALPHABETS[shape.alphabet].issuperset(octets):
        return "alphabet"
    if not shape.shortest <= len(octets) <= shape.longest:
        return "length"
    if shape.needs_letter_and_digit and (_DIGITS.isdisjoint(octets) or _CAPITALS.isdisjoint(octets)):
        return "letter_and_digit"
    return None


@dataclass(frozen=True, slots=True)
class Asking:
    """For whom and which call a person is asked. `origin`: of the web page behind the client, where it relays one."""

    client: str
    origin: str | None
    request_id: str


class AgentPrompter:
    """Implements `cardd.ports.Prompter` for one call."""

    def __init__(self, agents: AgentRegistry, caller: Agent, seat: SeatName, limit_s: float, asking: Asking) -> None:
        self._agents = agents
        self._caller = caller
        self._seat = seat
        self._asking = asking
        self._limit_s = limit_s
        self._names = (f"{asking.request_id}.{number}" for number in count(1))

    async def pin(self, prompt: PinPrompt) -> Pin:
        """One PIN of the shape asked for. Raises `NoAgent`, `PinCancelled`, `PinTimeout`, `PinFormat`."""
        agent, name = self._agent(), next(self._names)
        answer = await self._ask(agent, words.PIN, name, self._pin_request(agent, name, prompt))
        if answer.secret is None:
            raise PinCancelled(which=prompt.which, problem=_why_without(answer))
        problem = shape_problem(answer.secret, prompt.shape)
        pin = Pin(answer.secret)
        if problem is not None:
            pin.wipe()
            raise PinFormat(which=prompt.which, problem=problem)
        return pin

    async def agrees_to_last_try(self, prompt: PinPrompt) -> bool:
        """Whether the resident agreed; no answer, or any other answer, is a no. Raises `NoAgent`."""
        return await self._agreed(lambda agent, name: self._last_try_request(agent, name, prompt), {"agreed": True})

    async def agrees_to_document(self, prompt: DocumentPrompt) -> bool:
        """Whether the person agreed to sign it; no answer, or any other answer, is a no. Raises `NoAgent`.

        A yes names the question and the document: an agent that knows only of last tries may have asked about one.
        """
        yes = {"agreed": True, "question": "document", "sha256": prompt.document.sha256}
        return await self._agreed(lambda agent, name: self._document_request(agent, name, prompt), yes)

    async def _agreed(self, question: Callable[[Agent, str], words.ConfirmRequest], yes: Mapping[str, object]) -> bool:
        agent, name = self._agent(), next(self._names)
        try:
            answer = await self._ask(agent, words.CONFIRM, name, question(agent, name).model_dump(mode="json"))
        except (PinCancelled, PinTimeout):
            return False
        if answer.secret is not None:
            Pin(answer.secret).wipe()
            return False
        said = answer.result
        return isinstance(said, dict) and said == yes and said["agreed"] is True  # 1 == True, and is no yes

    def _agent(self) -> Agent:
        agent = self._agents.find(self._caller, self._seat)
        if agent is None:
            raise NoAgent()
        return agent

    async def _ask(self, agent: Agent, method: str, name: str, params: Mapping[str, object]) -> AgentAnswer:
        try:
            return await agent.ask(method, params, self._limit_s)
        except TimeoutError:
            _take_back(agent, name, PinTimeout.code)
            raise PinTimeout() from None
        except AgentGone:
            raise NoAgent(problem="agent_gone") from None
        except AgentRefused:
            raise PinCancelled(problem="agent_error") from None
        except asyncio.CancelledError as told:
            _take_back(agent, name, str(told.args[0]) if told.args else Cancelled.code)
            raise

    def _pin_request(self, agent: Agent, name: str, prompt: PinPrompt) -> dict[str, object]:
        shape = prompt.shape
        return words.PinRequest(
            prompt=name,
            which=prompt.which.value,
            step=_step(prompt.step),
            shape=words.Shape(
                shortest=shape.shortest,
                longest=shape.longest,
                alphabet=_alphabet(shape),
                needs_letter_and_digit=shape.needs_letter_and_digit,
            ),
            tries_left=prompt.tries_left,
            card_kind=prompt.card_kind.value,
            reader=prompt.reader,
            operation=prompt.operation.value,
            purpose=prompt.purpose,
            case=prompt.case,
            about=dict(prompt.about),
            document=_shown(prompt.document) if prompt.document is not None else None,
            client=self._asking.client,
            origin=self._asking.origin,
            locale=agent.locale,
            seconds=int(self._limit_s),
        ).model_dump(mode="json")

    def _last_try_request(self, agent: Agent, name: str, prompt: PinPrompt) -> words.ConfirmRequest:
        return words.ConfirmRequest(
            prompt=name,
            question="last_try",
            which=prompt.which.value,
            card_kind=prompt.card_kind.value,
            reader=prompt.reader,
            origin=self._asking.origin,
            locale=agent.locale,
            seconds=int(self._limit_s),
        )

    def _document_request(self, agent: Agent, name: str, prompt: DocumentPrompt) -> words.ConfirmRequest:
        return words.ConfirmRequest(
            prompt=name,
            question="document",
            card_kind=prompt.card_kind.value,
            reader=prompt.reader,
            purpose=prompt.purpose,
            case=prompt.case,
            key=prompt.key.value if prompt.key is not None else None,
            document=_shown(prompt.document),
            client=self._asking.client,
            origin=self._asking.origin,
            locale=agent.locale,
            seconds=int(self._limit_s),
        )


def _shown(document: DocumentFacts) -> words.DocumentShown:
    return words.DocumentShown(name=document.name, size=document.size, sha256=document.sha256, pages=document.pages)


def _take_back(agent: Agent, name: str, reason: str) -> None:
    """Tell the agent that nobody waits for this prompt any more."""
    agent.notify(words.CANCEL, words.CancelNotice(prompt=name, reason=reason).model_dump())


def _alphabet(shape: PinShape) -> Literal["digits", "upper_alnum", "printable"]:
    if shape.alphabet == "printable":
        return "printable"
    return "digits" if shape.numeric else "upper_alnum"


def _step(word: str) -> Literal["enter", "new", "repeat"]:
    if word == "new":
        return "new"
    return "repeat" if word == "repeat" else "enter"


def _why_without(answer: AgentAnswer) -> str | None:
    return None if answer.result == {"cancelled": True} else "agent_answer"
