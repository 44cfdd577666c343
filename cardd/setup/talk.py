"""What the set-up says and asks: at a terminal, or with answers from a file, secrets from a descriptor and events as JSON lines."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import click

from cardd.pin import Pin
from cardd.setup.answers import Answers
from cardd.setup.stopped import Stopped
from cardd.setup.texts import TEXTS
from cardd.wire.fault import Locale
from certs.ca import secret_entry
from certs.ca.errors import CaKeyError

YES = ("y", "yes", "はい")
NO = ("n", "no", "いいえ")
DOT_S = 1.0
Problem = str | None
"""Key of the sentence that says why an answer will not do; None: it will."""


class Talk:
    """One conversation. `answers`: nobody is at the terminal; `secrets`: a descriptor with one secret a line, in the order asked."""

    def __init__(
        self, locale: Locale, *, as_json: bool = False, answers: Answers | None = None, secrets: int | None = None
    ) -> None:
        self.locale = locale
        self.answers = answers
        self._as_json = as_json
        self._secrets = secrets

    def text(self, key: str, /, **facts: object) -> str:
        """The sentence in the person's language."""
        ja, en = TEXTS[key]
        return (ja if self.locale == "ja" else en).format(**facts)

    def say(self, key: str, /, **facts: object) -> None:
        """Tell the person. With JSON the sentences go to standard error, beside the events."""
        click.echo(self.text(key, **facts), err=self._as_json)

    def lines(self, *lines: str) -> None:
        """Tell something that needs no translation: names of files, fingerprints."""
        for line in lines:
            click.echo(f"    {line}", err=self._as_json)

    def event(self, name: str, /, **facts: object) -> None:
        """For a program that watches: one line of JSON. Says nothing to people."""
        if self._as_json:
            click.echo(json.dumps({"event": name, **facts}, ensure_ascii=False))

    def step(self, number: int, name: str) -> None:
        """A step begins: its heading, and what it is for."""
        click.echo("", err=self._as_json)
        self.say("heading", n=number, title=self.text(f"{name}.title"))
        self.say(f"{name}.why")
        self.event("step", step=name)

    def done(self, name: str, /, *, already: bool = False, **facts: object) -> None:
        """Something is there now, or was there before."""
        self.say("already" if already else "done", what=self.text(f"{name}.done", **facts))
        self.event("skipped" if already else "done", what=name, **{fact: str(value) for fact, value in facts.items()})

    # --- questions ---------------------------------------------------------------------------------------------------

    def ask(
        self,
        key: str,
        given: object | None,
        check: Callable[[str], Problem],
        default: str | None = None,
        **facts: object,
    ) -> str:
        """A line from the person. `given`: what the answers file says to it. Raises `Stopped`."""
        if self.answers is not None:
            answer = default if given is None else str(given)
            if answer is None:
                raise Stopped("answer_missing", question=self.text(key, **facts))
            problem = check(answer)
            if problem is not None:
                raise Stopped(problem)
            return answer
        while True:
            shown = f" [{default}]" if default else ""
            answer = self._line(f"  {self.text(key, **facts)}{shown}: ").strip() or default or ""
            problem = check(answer)
            if problem is None:
                return answer
            self.say(problem)

    def agrees(self, key: str, /, *, unattended: bool, **facts: object) -> bool:
        """Yes or no; `unattended`: the answer where nobody is there to ask."""
        if self.answers is not None:
            return unattended
        while True:
            answer = self._line(f"  {self.text(key, **facts)} {self.text('yes_no')}: ").strip().lower()
            if answer in (*YES, *NO):
                return answer in YES

    def _line(self, question: str) -> str:
        click.echo(question, nl=False, err=self._as_json)
        answer = sys.stdin.readline()
        if not answer:
            raise Stopped("nobody_answers")
        return answer

    # --- secrets -----------------------------------------------------------------------------------------------------

    def secret(self, key: str, /, **facts: object) -> Pin:
        """A secret typed without echo, for the caller to wipe. Raises `Stopped`."""
        self.event("secret", which=key, **{name: str(value) for name, value in facts.items()})
        try:
            if self._secrets is not None:
                return Pin(secret_entry.from_descriptor(self._secrets))
            return Pin(secret_entry.from_terminal("  " + self.text(key, **facts)))
        except CaKeyError as error:
            raise Stopped(f"secret.{error.problem}") from None

    def new_secret(self, key: str, check: Callable[[Pin], Problem], /, **facts: object) -> Pin:
        """A new secret, typed twice; asked again until both are the same and `check` has nothing against it. Raises `Stopped`."""
        while True:
            first = self.secret(key, **facts)
            try:
                problem = check(first)
                if problem is None:
                    with self.secret(f"{key}_again", **facts) as again:
                        problem = None if first == again else "secrets_differ"
            except BaseException:
                first.wipe()
                raise
            if problem is None:
                return first
            first.wipe()
            self.say(problem)

    # --- what takes a while ------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def working(self, key: str, /, **facts: object) -> AsyncIterator[None]:
        """Say what is being done, and show each second that it goes on."""
        click.echo("  " + self.text(key, **facts), nl=False, err=self._as_json)
        self.event("working", on=key)
        dots = asyncio.create_task(self._dots())
        try:
            yield
        finally:
            dots.cancel()
            await asyncio.gather(dots, return_exceptions=True)
            click.echo("", err=self._as_json)

    async def _dots(self) -> None:
        while True:
            await asyncio.sleep(DOT_S)
            click.echo(".", nl=False, err=self._as_json)
