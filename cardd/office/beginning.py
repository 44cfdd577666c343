"""The first thing that is done with the files of the office: compare what lies there with what this machine remembers of it."""

import asyncio
from collections.abc import Collection

from cardd.office.at_start import AtStart, Found
from cardd.office.contents import Kind
from cardd.office.parts import OfficeParts
from cardd.office.words import sentence


class StartRefused(Exception):
    """The files do not fit what this machine remembers: the daemon must not start. `problems`: a sentence each."""

    def __init__(self, problems: Collection[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


async def begin(parts: OfficeParts, start: AtStart) -> None:
    """Put in force what was read at start, and remember what is new to this machine.

    A version that is higher than remembered lies in our own folder only when the daemon ended right after it had put it there;
    it was judged then. Raises `StartRefused`, `AuditUnavailable`, `OSError`.
    """
    problems = [told for kind in Kind if (told := _mismatch(parts, kind, start.files.get(kind))) is not None]
    if problems:
        raise StartRefused(problems)
    await asyncio.to_thread(parts.folders.make)
    for found in start.files.values():
        await asyncio.to_thread(parts.folders.settle, found.kind)
        if parts.versions.highest(found.kind) != (found.version, found.pair.hash):
            await _record(parts, found, start)
        if found.beginning:
            await asyncio.to_thread(parts.folders.exchange, found.kind, found.pair)
        parts.versions.accept(found.kind, found.version, found.pair.hash)
    if start.blocks is not None:
        parts.put(start.blocks)


def _mismatch(parts: OfficeParts, kind: Kind, found: Found | None) -> str | None:
    known = parts.versions.highest(kind)
    if known is None:
        return None
    version, file_hash = known
    path = parts.folders.office / kind.file_name
    if found is None or (found.beginning and (found.version, found.pair.hash) != known):
        return f"{path} {sentence('gone')} (version {version})"
    if found.version < version:
        return f"{path} {sentence('rolled_back')} (version {found.version} lies there, version {version} was in force)"
    if found.version == version and found.pair.hash != file_hash:
        return f"{path} {sentence('altered')} (version {version})"
    return None


async def _record(parts: OfficeParts, found: Found, start: AtStart) -> None:
    """Who signed is known of a beginning; a file judged earlier has its names in the record of that day."""
    why = "unsigned" if not found.pair.signatures else "beginning" if found.beginning else None
    signers = start.persons.get(found.kind, ())
    await parts.record("office.in_force", found.kind, found.version, found.pair.hash, signers=signers, problem=why)
