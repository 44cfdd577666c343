"""What the disk may hold after a power cut, from a trace of system calls (strace(1); no root needed).

The model is what POSIX promises and no more. A write is certainly there after fdatasync or fsync of its file; before that, any prefix of
the writes since then may be, the last of them torn at 512 bytes, or the sectors of the last one in any choice, the others as zeros. A
name that was made, changed or removed is certainly so after fsync of its folder; before that, any prefix of the changes in that folder.
"""

import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
CALLS = (
    "openat,creat,write,pwrite64,ftruncate,fallocate,fsync,fdatasync,"
    "rename,renameat,renameat2,unlink,unlinkat,close,mkdir,link,lseek,dup,dup2"
)
_LINE = re.compile(r"(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)(?: .*)?")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')


class NotUnderstood(Exception):
    """A traced call that the model does not know: the images would be wrong."""


@dataclass(slots=True)
class Call:
    """One call that succeeded: its name, arguments (texts as bytes), result."""

    name: str
    texts: list[bytes]
    plain: str
    result: int


@dataclass(slots=True)
class Inode:
    """A file: what is on the disk, and what was done to it since. A change is (offset, bytes) or (size,) for a truncation."""

    durable: bytes = b""
    pending: list[tuple[int, bytes] | tuple[int]] = field(default_factory=list)

    def content(self, upto: int | None = None) -> bytearray:
        octets = bytearray(self.durable)
        for change in self.pending[:upto]:
            apply(octets, change)
        return octets

    def sync(self) -> None:
        self.durable, self.pending = bytes(self.content()), []


def apply(octets: bytearray, change: tuple[int, bytes] | tuple[int]) -> None:
    """One change of a file's bytes."""
    if len(change) == 1:
        size = change[0]
        del octets[size:]
        octets.extend(bytes(size - len(octets)))
        return
    offset, data = change
    octets.extend(bytes(max(0, offset - len(octets))))
    octets[offset : offset + len(data)] = data


@dataclass(slots=True)
class Folder:
    """Names of one folder. A change is (name, inode) or (name, None) for a name that went; a rename within it is one change of both."""

    durable: dict[str, Inode] = field(default_factory=dict)
    pending: list[list[tuple[str, Inode | None]]] = field(default_factory=list)

    def names(self, upto: int | None = None) -> dict[str, Inode]:
        names = dict(self.durable)
        for changes in self.pending[:upto]:
            for name, inode in changes:
                if inode is None:
                    names.pop(name, None)
                else:
                    names[name] = inode
        return names

    def sync(self) -> None:
        self.durable, self.pending = self.names(), []


@dataclass(slots=True)
class Opened:
    """A descriptor of the traced program: on a file or a folder below the root, or its standard output."""

    inode: Inode | None = None
    folder: str | None = None
    offset: int = 0
    append: bool = False


def trace(command: Sequence[str], into: Path, **options: object) -> list[Call]:
    """Run a program under strace; every call that succeeded, in order. Raises `CalledProcessError`."""
    where = into / "trace"
    strace = ["strace", "-f", "-e", f"trace={CALLS}", "-xx", "-s", "65536", "-o", str(where), *command]
    subprocess.run(strace, check=True, stdout=subprocess.DEVNULL, **options)  # type: ignore[call-overload]
    return [call for line in where.read_text("ascii").splitlines() if (call := _call(line)) is not None]


def _call(line: str) -> Call | None:
    if "unfinished" in line or "resumed" in line:
        raise NotUnderstood(line[:200])
    found = _LINE.fullmatch(line)
    if found is None or int(found[3]) < 0:
        return None
    texts = []
    for text in _TEXT.finditer(found[2]):
        if text[2]:
            raise NotUnderstood("a text was cut by strace")
        texts.append(bytes.fromhex(text[1].replace("\\x", "")))
    return Call(found[1], texts, _TEXT.sub("", found[2]), int(found[3]))


class Replay:
    """Follows a trace call by call. `folders`: below the root, by their path relative to it (`.` is the root)."""

    def __init__(self, root: Path, folders: Sequence[str]) -> None:
        self._root = root
        self._given = tuple(folders)
        self.folders = {name: Folder() for name in folders}
        self._opened: dict[int, Opened] = {}
        self.said = b""
        """What the program had written to its standard output."""

    def step(self, call: Call) -> bool:
        """Whether it changed anything below the root or was said."""
        work = getattr(self, f"_{call.name}", None)
        if work is None:
            raise NotUnderstood(call.name)
        return bool(work(call))

    def _inside(self, text: bytes) -> tuple[str, str] | None:
        path = os.path.normpath(os.fsdecode(text))
        if not path.startswith(f"{self._root}/") and path != str(self._root):
            return None
        inside = os.path.relpath(path, self._root)
        return os.path.dirname(inside) or ".", os.path.basename(inside)

    def _openat(self, call: Call) -> bool:
        place = self._inside(call.texts[0])
        if place is None:
            return False
        if "O_DIRECTORY" in call.plain:
            inside = os.path.relpath(os.fsdecode(call.texts[0]), self._root)
            self._opened[call.result] = Opened(folder=inside)
            return False
        folder, name = self.folders[place[0]], place[1]
        inode = folder.names().get(name)
        made = inode is None
        if inode is None:
            inode = Inode()
            folder.pending.append([(name, inode)])
        elif "O_TRUNC" in call.plain:
            inode.pending.append((0,))
        self._opened[call.result] = Opened(inode, append="O_APPEND" in call.plain)
        return made

    def _write(self, call: Call) -> bool:
        number = int(call.plain.split(",")[0])
        if number == 1:
            self.said += call.texts[0][: call.result]
            return True
        opened = self._opened.get(number)
        if opened is None or opened.inode is None:
            return False
        data = call.texts[0][: call.result]
        offset = len(opened.inode.content()) if opened.append else opened.offset
        opened.inode.pending.append((offset, data))
        opened.offset = offset + len(data)
        return True

    def _ftruncate(self, call: Call) -> bool:
        number, size = (int(word) for word in call.plain.split(","))
        inode = self._inode(number)
        if inode is not None:
            inode.pending.append((size,))
        return inode is not None

    def _fallocate(self, call: Call) -> bool:
        number, _, start, length = (int(word) for word in call.plain.split(","))
        inode = self._inode(number)
        if inode is not None:
            inode.pending.append((max(start + length, len(inode.content())),))
        return inode is not None

    def _fdatasync(self, call: Call) -> bool:
        opened = self._opened.get(int(call.plain))
        if opened is None:
            return False
        if opened.inode is not None:
            opened.inode.sync()
        if opened.folder is not None:
            self.folders[opened.folder].sync()
        return True

    _fsync = _fdatasync

    def _rename(self, call: Call) -> bool:
        source, target = (self._inside(text) for text in call.texts)
        if source is None or target is None:
            return False
        if source[0] != target[0]:
            raise NotUnderstood("a rename between folders")
        folder = self.folders[source[0]]
        folder.pending.append([(source[1], None), (target[1], folder.names()[source[1]])])
        return True

    def _unlink(self, call: Call) -> bool:
        place = self._inside(call.texts[0])
        if place is not None:
            self.folders[place[0]].pending.append([(place[1], None)])
        return place is not None

    def _mkdir(self, call: Call) -> bool:
        """A folder whose own name is lost is as an empty one."""
        place = self._inside(call.texts[0])
        if place is not None:
            self.folders.setdefault(os.path.normpath("/".join(place)).removeprefix("./"), Folder())
        return place is not None

    def _close(self, call: Call) -> bool:
        self._opened.pop(int(call.plain), None)
        return False

    def _lseek(self, call: Call) -> bool:
        number = int(call.plain.split(",")[0])
        if number in self._opened:
            self._opened[number].offset = call.result
        return False

    def _dup(self, call: Call) -> bool:
        if int(call.plain.split(",")[0]) in self._opened:
            raise NotUnderstood("a second descriptor of one file")
        return False

    _dup2 = _dup

    def _inode(self, number: int) -> Inode | None:
        opened = self._opened.get(number)
        return opened.inode if opened is not None else None

    # --- images ------------------------------------------------------------------------------------------------------

    def image(self, dice: random.Random, into: Path) -> None:
        """One disk that a power cut at this moment may leave, as files below `into` (made new)."""
        if into.exists():
            shutil.rmtree(into)
        for name, folder in self.folders.items():
            place, names = into / name, folder.names(dice.randint(0, len(folder.pending)))
            if not names and name not in self._given and dice.random() < 0.5:
                continue  # its own name was not synced
            place.mkdir(parents=True, exist_ok=True)
            for file, inode in names.items():
                path = place / file
                path.write_bytes(_torn(inode, dice))
                path.chmod(0o600)


def _torn(inode: Inode, dice: random.Random) -> bytes:
    kept = dice.randint(0, len(inode.pending))
    octets = inode.content(kept)
    if kept == len(inode.pending):
        return bytes(octets)
    change = inode.pending[kept]
    if len(change) == 1:
        return bytes(octets)
    offset, data = change
    if dice.random() < 0.5:  # a prefix, torn at the edge of a sector
        edges = [0, *range(SECTOR - offset % SECTOR, len(data), SECTOR)]
        apply(octets, (offset, data[: dice.choice(edges)]))
        return bytes(octets)
    holed = bytearray(data)
    for start in range(-(offset % SECTOR), len(data), SECTOR):
        if dice.random() < 0.5:
            first, end = max(0, start), min(len(data), start + SECTOR)
            holed[first:end] = bytes(end - first)
    apply(octets, (offset, bytes(holed)))
    return bytes(octets)


def moments(calls: Sequence[Call], root: Path, folders: Sequence[str]) -> Iterator[Replay]:
    """The same replay after each call that changed something."""
    replay = Replay(root, folders)
    for call in calls:
        if replay.step(call):
            yield replay
