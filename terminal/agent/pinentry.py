"""Asking a person through pinentry, whichever one is installed: a window, or the terminal that GPG_TTY names.

pinentry is a program of its own, started for one question and ended with it; what is typed comes back over a pipe that nobody else has.
It is given the few names of the environment that it needs to find its screen, and no other.
"""

import asyncio
import contextlib
import os
import socket
import termios
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from terminal.agent.assuan import Answer, AssuanBroken, AssuanEnded, Dialogue, TooLong
from terminal.agent.prompting import PinAsked, PromptUnavailable, Question
from terminal.agent.sentences import Sentences

HANDED_ON: Final = (
    "DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "GPG_TTY", "TERM", "HOME", "PATH",
    "LANG", "LC_ALL", "LC_CTYPE",
)  # fmt: skip
"""Names of the environment that a pinentry gets: where its screen is, and how characters are written."""
COMMAND_SECONDS: Final = 10.0
"""A pinentry answers what needs no person within milliseconds."""
END_SECONDS: Final = 1.0
"""After a question it is asked to go, then made to."""
NO: Final = frozenset({62, 99, 114, 198})
"""gpg-error.h: GPG_ERR_TIMEOUT, GPG_ERR_CANCELED, GPG_ERR_NOT_CONFIRMED, GPG_ERR_FULLY_CANCELED: answers of a person, or of none."""
SHORTENED: Final = 60
"""Characters of a document's name that are shown: a line of Assuan holds 1000 octets. Its size and digest are always whole."""


class Pinentry:
    """Implements `Prompter`."""

    def __init__(self, program: str, environment: Mapping[str, str] | None = None) -> None:
        """`program`: path. `environment`: where `HANDED_ON` is taken from; this process's where None."""
        self.program = program
        given = os.environ if environment is None else environment
        self._environment = {name: given[name] for name in HANDED_ON if name in given}
        self._terminal = self._environment.get("GPG_TTY")

    async def pin(self, asked: PinAsked) -> bytearray | None:
        """What was typed; empty where OK was pressed over nothing; None for cancel and for the end of the time."""
        say = Sentences(asked, SHORTENED)
        async with self._opened(asked) as talk:
            await self._begin(talk, say, say.word("ask.title"), asked.seconds)
            await talk.must("SETPROMPT", say.word("ask.label"))
            problem = say.problem()
            if problem is not None:
                await talk.may("SETERROR", problem)
            answer = await talk.person("GETPIN", asked.seconds)
            return talk.dialogue.take() if answer.good else None

    async def agrees(self, asked: Question) -> bool:
        """Whether the button of the yes was pressed."""
        say = Sentences(asked, SHORTENED)
        async with self._opened(asked) as talk:
            await self._begin(talk, say, say.word("ask.title_confirm"), asked.seconds)
            await talk.may("SETOK", say.word("ask.agree"))
            await talk.may("SETCANCEL", say.word("ask.refuse"))
            return (await talk.person("CONFIRM", asked.seconds)).good

    async def usable(self) -> None:
        """Start it and end it again. Raises `PromptUnavailable`."""
        async with self._opened(None) as talk:
            await talk.must("NOP")

    async def _begin(self, talk: "_Talk", say: Sentences, title: str, seconds: int) -> None:
        await talk.may("OPTION", "lc-ctype=C.UTF-8")
        if self._terminal:
            await talk.may("OPTION", f"ttyname={self._terminal}")
            await talk.may("OPTION", f"ttytype={self._environment.get('TERM', 'dumb')}")
        await talk.may("SETTIMEOUT", str(seconds))
        await talk.may("SETTITLE", title)
        await talk.must("SETDESC", "\n".join(say.lines()))
        await talk.may("SETOK", say.word("ask.ok"))
        await talk.may("SETCANCEL", say.word("ask.cancel"))

    @asynccontextmanager
    async def _opened(self, asked: PinAsked | Question | None) -> AsyncIterator["_Talk"]:
        """A pinentry that has greeted; ended whatever happens. Raises `PromptUnavailable` for all that goes wrong with it."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        dialogue = Dialogue(ours.fileno(), ours.fileno())
        process = None
        with _kept(self._terminal if asked is not None else None):
            try:
                process = await self._start(theirs)
                theirs.close()
                talk = _Talk(dialogue)
                await talk.in_time(dialogue.greeting())
                yield talk
                with contextlib.suppress(AssuanEnded, AssuanBroken, TimeoutError):
                    await talk.in_time(dialogue.ask("BYE"), END_SECONDS)
            except TooLong:
                raise PromptUnavailable("too_long", self.program) from None
            except AssuanEnded:
                raise PromptUnavailable("pinentry_ended", self.program) from None
            except AssuanBroken:
                raise PromptUnavailable("pinentry_broken", self.program) from None
            except _Hangs:
                raise PromptUnavailable("pinentry_hangs", self.program) from None
            finally:
                dialogue.close()
                theirs.close()
                ours.close()
                if process is not None:
                    await asyncio.shield(_ended(process))

    async def _start(self, end: socket.socket) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                self.program,
                stdin=end.fileno(),
                stdout=end.fileno(),
                stderr=asyncio.subprocess.DEVNULL,
                env=self._environment,
            )
        except OSError:
            raise PromptUnavailable("pinentry_missing", self.program) from None


Said = TypeVar("Said")


class _Hangs(Exception):
    """No answer to something that needs no person."""


class _Talk:
    def __init__(self, dialogue: Dialogue) -> None:
        self.dialogue = dialogue

    async def may(self, word: str, text: str) -> None:
        """A command without which a person still sees what they need; some pinentry does not know it."""
        await self.in_time(self.dialogue.ask(word, text))

    async def must(self, word: str, text: str = "") -> None:
        """A command that says what a person must know. Raises `AssuanBroken` where it is refused."""
        if not (await self.in_time(self.dialogue.ask(word, text))).good:
            raise AssuanBroken

    async def person(self, word: str, seconds: int) -> Answer:
        """A command that a person answers. `good`: OK; else a no. Raises `AssuanBroken` for any other error."""
        answer = await self.in_time(self.dialogue.ask(word), seconds + COMMAND_SECONDS)
        if not answer.good and answer.code not in NO:
            raise AssuanBroken
        return answer

    async def in_time(self, work: Awaitable[Said], seconds: float = COMMAND_SECONDS) -> Said:
        """What `work` brings back. Raises `_Hangs` where it takes longer."""
        try:
            async with asyncio.timeout(seconds):
                return await work
        except TimeoutError:
            raise _Hangs from None


async def _ended(process: asyncio.subprocess.Process) -> None:
    """It has hung up or is told to go; SIGTERM lets one that draws on a terminal tidy up, SIGKILL ends any."""
    for end in (process.terminate, process.kill):
        with contextlib.suppress(ProcessLookupError):
            end()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
            return
    await process.wait()


@contextlib.contextmanager
def _kept(terminal: str | None) -> Iterator[None]:
    """The modes of the terminal at which a pinentry asks, as they were: one that is killed leaves it without echo."""
    restore = _modes(terminal) if terminal else None
    try:
        yield
    finally:
        if restore is not None:
            restore()


def _modes(terminal: str) -> Callable[[], None] | None:
    try:
        descriptor = os.open(terminal, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None  # it is pinentry's matter to say that there is no such terminal
    try:
        modes = termios.tcgetattr(descriptor)
    except termios.error:
        os.close(descriptor)
        return None

    def restore() -> None:
        try:
            termios.tcsetattr(descriptor, termios.TCSANOW, modes)
        finally:
            os.close(descriptor)

    return restore
