"""The agent of a seat: answers the daemon's questions through a prompter, and locks the desktop when the badge is gone.

    agent = Agent(settings, prompter, LogindLock(settings.removal), on_news)
    await agent.run()                                  # until cancelled

Two connections to the daemon. The one here is the seat's registered agent, and its prompts run on the caller's event loop. The other
(`terminal.agent.watching`) follows events and locks, on a thread of its own. `on_news` is always called on the caller's loop.
"""

import asyncio
from typing import Final

from cardd.cli.texts import locale_of_environment
from cardd.client import AsyncClient, RemoteError, connect_async
from cardd.wire.fault import Locale
from terminal import words
from terminal.agent import reconnecting, states
from terminal.agent.answering import Answering, Happening
from terminal.agent.news import News, OnNews
from terminal.agent.own_loop import run_apart
from terminal.agent.prompting import Prompter, PromptUnavailable
from terminal.agent.session_lock import SessionLock
from terminal.agent.states import State
from terminal.agent.watching import CLIENT, Watch
from terminal.settings import Settings

THREAD: Final = "lock"


class Agent:
    """One seat, one person at it. `run` once."""

    def __init__(
        self, settings: Settings, prompter: Prompter, lock: SessionLock, on_news: OnNews, *, client: str = CLIENT
    ) -> None:
        """`lock` is used on the watch's own loop alone. `client`: what this program calls itself to the daemon."""
        self._settings = settings
        self._client = client
        self._on_news = on_news
        self.locale: Locale = settings.locale or locale_of_environment()
        self._answering = Answering(prompter, self._happened)
        self._asking = False
        self._registered = False
        self._watch = Watch(settings, self.locale, lock, self._tell_from_apart, self._card_gone)
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def state(self) -> State:
        """What it does at the moment, in one word."""
        return states.state(
            self._watch.desk, connected=self._watch.connected, registered=self._registered, asking=self._asking
        )

    async def run(self) -> None:
        """Connect, and again whenever the connection ends, until cancelled. Windows that are open are closed then, and count as no."""
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run_apart(self._watch.run, THREAD))
            tasks.create_task(reconnecting.keep(self._connect, self._serve, self._trouble))

    async def _connect(self) -> AsyncClient:
        ask = self._answering
        return await connect_async(
            client=self._client,
            seat=self._settings.seat,
            locale=self.locale,
            pin_prompt=ask.pin,
            confirm={"last_try": ask.agrees, "document": ask.agrees},
            scope="seat",
        )

    async def _serve(self, daemon: AsyncClient) -> None:
        self._registered = True
        self._on_news(News("registered"))
        try:
            raise await daemon.ended()
        finally:
            self._registered = False

    def _trouble(self, trouble: OSError | RemoteError | None) -> None:
        """The watch tells of everything that befalls it as well; what befalls an agent alone is told here."""
        if not isinstance(trouble, RemoteError) or not trouble.name.startswith("agent."):
            return
        if trouble.name == reconnecting.TAKEN:
            self._on_news(News("taken"))
        else:
            self._on_news(News("refused", {"message": trouble.message, "remedy": trouble.remedy}))

    def _happened(self, what: Happening, why: PromptUnavailable | None) -> None:
        if what in ("asking", "asked_no_more"):
            self._asking = what == "asking"
        facts = {} if why is None else {"why": words.say(self.locale, f"prompt.{why.word}", program=why.program)}
        self._on_news(News(what, facts))

    def _card_gone(self, reader: str) -> None:
        """From the watch's thread, too."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._answering.card_gone, reader)

    def _tell_from_apart(self, news: News) -> None:
        """From the watch's thread to the caller's loop."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._on_news, news)
