"""Applications and transparent files: selecting, and reading in bounded steps that look at the status word first.

Files are named in P1/P2 (short identifier) first; a card that refuses that gets SELECT EF, and `InsertionNotes` remember it.
"""

from collections.abc import Mapping

from cardd.errors import CardBadAnswer, CardItemAbsent, CardWrongKind
from cardd.iso7816 import commands
from cardd.iso7816.apdu import SHORT_LE_MAX, ResponseApdu
from cardd.iso7816.connection import SmartCardConnection
from cardd.iso7816.status import SFI_REFUSED, StatusWord
from cardd.iso7816.tlv import HEADER_MAX, Header, Tlv, is_filler, read_header

READ_BINARY = "READ BINARY"
SMALLEST_STEP = 64
"""Average bytes that a READ BINARY must bring, or the reading stops: no card of ours needs smaller steps."""
SPARE_TURNS = 4
READ_DONE = frozenset({StatusWord.SUCCESS, StatusWord.END_OF_FILE})


def try_select(connection: SmartCardConnection, aid: bytes, *, fci: bool = False) -> ResponseApdu:
    """SELECT an application, once more after 6F00: some cards answer that to the first command after power-up."""
    command = commands.select_application(aid, fci=fci)
    answer = connection.transmit(command)
    if answer.sw == StatusWord.NO_DIAGNOSIS:
        answer = connection.transmit(command)
    connection.notes.woken = True
    return answer


def select(connection: SmartCardConnection, aid: bytes, *, fci: bool = False) -> None:
    """SELECT an application that this kind of card has. Raises `CardWrongKind` when it is not there, `CardBadAnswer`."""
    answer = try_select(connection, aid, fci=fci)
    if answer.sw == StatusWord.NOT_FOUND:
        raise CardWrongKind(command="SELECT", sw=answer.sw)
    if answer.sw != StatusWord.SUCCESS:
        raise CardBadAnswer(command="SELECT", sw=answer.sw)


def select_file(connection: SmartCardConnection, ef: int) -> None:
    """SELECT EF. Raises `CardItemAbsent` when it is not there, `CardBadAnswer` for every other refusal."""
    answer = connection.transmit(commands.select_file(ef))
    if answer.sw == StatusWord.NOT_FOUND:
        raise CardItemAbsent(command="SELECT", sw=answer.sw)
    if answer.sw != StatusWord.SUCCESS:
        raise CardBadAnswer(command="SELECT", sw=answer.sw)


def try_read_start(connection: SmartCardConnection, ef: int, length: int) -> ResponseApdu:
    """READ BINARY of the first `length` bytes (1 to 256) of an EF, which becomes the current one; or the refusal, for others to judge."""
    if connection.notes.files_by_sfi:
        answer = connection.transmit(commands.read_binary_sfi(ef, length))
        if answer.sw not in SFI_REFUSED:
            return answer
    answer = connection.transmit(commands.select_file(ef))
    if answer.sw != StatusWord.SUCCESS:
        return ResponseApdu(b"", answer.sw)
    answer = connection.transmit(commands.read_binary(0, length))
    if answer.sw not in SFI_REFUSED:
        connection.notes.files_by_sfi = False
    return answer


def read_start(connection: SmartCardConnection, ef: int, length: int) -> bytes:
    """The first bytes of an EF: `length` (1 to 256), or fewer when it is shorter, at least one.

    Raises `CardItemAbsent` (not there, or empty), `CardBadAnswer`.
    """
    answer = try_read_start(connection, ef, length)
    if answer.sw in (StatusWord.NOT_FOUND, StatusWord.OUTSIDE_FILE):
        raise CardItemAbsent(command=READ_BINARY, sw=answer.sw)
    return _content(answer, length)


def try_identity(connection: SmartCardConnection, files: Mapping[int, int]) -> bytes | None:
    """The first bytes of the first readable file of `files` (EF identifier to length), or None. Filler tells no card from another."""
    for ef, length in files.items():
        answer = try_read_start(connection, ef, length)
        if answer.sw in READ_DONE and not is_filler(answer.data):
            return answer.data[:length]
    return None


def identity(connection: SmartCardConnection, files: Mapping[int, int]) -> bytes:
    """As `try_identity`; raises `CardBadAnswer` when no file is readable."""
    found = try_identity(connection, files)
    if found is None:
        raise CardBadAnswer(command=READ_BINARY, problem="no_identity")
    return found


def reference_of(connection: SmartCardConnection, ef: int) -> int:
    """P2 for a PIN or key that is an EF: its short identifier, or, on a card that refuses those, the current EF after SELECT EF."""
    if connection.notes.files_by_sfi:
        return commands.SPECIFIC_REFERENCE | ef
    select_file(connection, ef)
    return commands.SPECIFIC_REFERENCE


def read_element(connection: SmartCardConnection, ef: int, tag: int, *, limit: int) -> bytes:
    """The one TLV element that an EF holds, header included; filler behind it is not read.

    `limit`: bytes that an element of this kind may have. Raises `CardItemAbsent` for a file of filler alone, `CardBadAnswer`
    for another tag, a length of 0 or over `limit`, a file that ends inside the element.
    """
    reader = FileReader(connection, ef)
    header = _outer_header(reader, tag, limit)
    return reader.take(0, header.total)


def read_parts(
    connection: SmartCardConnection, ef: int, tag: int, wanted: frozenset[int], *, limit: int
) -> tuple[Tlv, ...]:
    """Of the template `tag` that an EF holds, the elements with a tag in `wanted`, in the card's order, each at most once.

    What nobody asked for is skipped, and not even read where it is long: a photo stays on the card when the expiry is wanted.
    Raises as `read_element`.
    """
    reader = FileReader(connection, ef)
    outer = _outer_header(reader, tag, limit)
    place, found, still = outer.size, list[Tlv](), set(wanted)
    while place < outer.total and still:
        inner = read_header(reader.take(place, min(HEADER_MAX, outer.total - place)))
        if inner is None or place + inner.total > outer.total:
            raise CardBadAnswer(command=READ_BINARY, problem="tlv_truncated")
        if inner.tag in wanted:
            raw = reader.take(place, inner.total)
            found.append(Tlv(inner.tag, raw[inner.size :], raw))
            still.discard(inner.tag)
        place += inner.total
    return tuple(found)


class FileReader:
    """Reads ranges of one transparent EF, forward, in steps of 256 bytes. Lives inside one function call, keeps only the last stretch."""

    def __init__(self, connection: SmartCardConnection, ef: int) -> None:
        """Read the first bytes. Raises as `read_start`."""
        self._connection = connection
        self._start = 0
        self._stretch = read_start(connection, ef, SHORT_LE_MAX)
        self._end = len(self._stretch)
        self._turns = 0

    @property
    def beginning(self) -> bytes:
        """What the first read brought: 1 to 256 bytes."""
        return self._stretch

    def expect(self, total: int) -> None:
        """From now on the file counts as `total` bytes long; that also sets how many further reads it may take."""
        self._end = total
        self._turns = total // SMALLEST_STEP + SPARE_TURNS

    def take(self, place: int, length: int) -> bytes:
        """`length` bytes from `place` on, never before a place taken earlier. Raises `CardBadAnswer` when the file ends sooner."""
        self._stretch = self._stretch[place - self._start :]
        self._start = place
        while len(self._stretch) < length:
            self._read_on()
        return self._stretch[:length]

    def _read_on(self) -> None:
        self._turns -= 1
        if self._turns < 0:
            raise CardBadAnswer(command=READ_BINARY, problem="no_progress")
        place = self._start + len(self._stretch)
        length = min(self._end - place, SHORT_LE_MAX)
        answer = self._connection.transmit(commands.read_binary(place, length))
        self._stretch += _content(answer, length)


def _content(answer: ResponseApdu, asked: int) -> bytes:
    """The data of a READ BINARY that brought something. Raises `CardBadAnswer` otherwise."""
    if answer.sw not in READ_DONE:
        raise CardBadAnswer(command=READ_BINARY, sw=answer.sw)
    if not answer.data:
        raise CardBadAnswer(command=READ_BINARY, sw=answer.sw, problem="no_progress")
    if len(answer.data) > asked:
        raise CardBadAnswer(command=READ_BINARY, problem="answer_too_long", limit=asked)
    return answer.data


def _outer_header(reader: FileReader, tag: int, limit: int) -> Header:
    if is_filler(reader.beginning):
        raise CardItemAbsent(command=READ_BINARY)
    header = read_header(reader.beginning)
    if header is None or header.tag != tag:
        raise CardBadAnswer(command=READ_BINARY, problem="tlv_tag")
    if not 0 < header.length <= limit:
        raise CardBadAnswer(command=READ_BINARY, problem="file_size", limit=limit)
    reader.expect(header.total)
    return header
