"""The console's side: one folder in the user's runtime directory for each document at hand, and the child that works in it.

The folder lies in memory where `$XDG_RUNTIME_DIR` does (pam_systemd), is readable by this user alone, and goes with the screen that it was
for, at the end of the session, and when the console ends.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cardd.cli.failing import document_error
from cardd.cli.texts import Speech
from cardd.wire.fault import Locale
from terminal.console.children import ask_child
from terminal.console.problem import Failed, Problem

LARGEST: Final = 512 * 1024 * 1024
"""Bytes of one document."""
LIMIT_SECONDS: Final = 300.0


class TooLarge(Exception):
    """The document is larger than the console takes."""


@dataclass(slots=True)
class Paper:
    """One document at hand. Names are the person's, and appear in no path."""

    folder: Path
    name: str = field(repr=False)
    content_name: str = field(default="", repr=False)

    @property
    def file(self) -> Path:
        return self.folder / "document"

    @property
    def content(self) -> Path:
        """What a detached signature is over."""
        return self.folder / "content"

    @property
    def out(self) -> Path:
        return self.folder / "signed"

    def drop(self) -> None:
        """Away with everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


def runtime_folder() -> Path:
    """Where documents lie while they are at hand; made with mode 0700. Raises `OSError`."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    folder = (Path(base) if base else Path.home() / ".cache") / "cardd" / "papers"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def sweep() -> None:
    """What a console that was killed has left behind."""
    for each in runtime_folder().iterdir():
        shutil.rmtree(each, ignore_errors=True)


async def take(name: str, stream: AsyncIterator[bytes], *, beside: Paper | None = None) -> Paper:
    """Write what comes into a new folder, or beside a paper that is there. Raises `TooLarge`, `OSError`; nothing is left then."""
    paper = beside or Paper(Path(tempfile.mkdtemp(dir=runtime_folder())), name)
    place = paper.content if beside is not None else paper.file
    try:
        size = 0
        with place.open("wb") as file:
            async for chunk in stream:
                size += len(chunk)
                if size > LARGEST:
                    raise TooLarge
                file.write(chunk)
    except BaseException:
        place.unlink(missing_ok=True)
        if beside is None:
            paper.drop()
        raise
    if beside is not None:
        paper.content_name = name
    return paper


async def do(task: Mapping[str, Any]) -> dict[str, Any]:
    """One task, one answer. A task that is cancelled here ends the child, and with it its calls. Raises `Failed`."""
    told = await ask_child("terminal.console.papers.child", json.dumps(task).encode(), LIMIT_SECONDS)
    if told is None:
        raise Failed(Problem(local="paper_failed"))
    answer: dict[str, Any] = json.loads(told)
    return answer


def problem_of(answer: Mapping[str, Any], locale: Locale) -> Problem | None:
    """What went wrong in the child, as a person is told; None where nothing did."""
    if "document" in answer:
        return Problem(document_error(Speech(locale), answer["document"]).error)
    if "remote" in answer:
        return Problem(answer["remote"])
    return Problem(local=answer["local"]) if "local" in answer else None
