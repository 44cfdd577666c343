"""One logical command as the APDUs that a reader and a card can take: extended form, command chaining, 61xx and 6Cxx, all bounded.

Owns the limits of requirements C1 and C8. Knows no PC/SC: it is given a function that sends bytes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from cardd.errors import CardBadAnswer
from cardd.iso7816.apdu import (
    EXTENDED_LE_MAX,
    SHORT_LC_MAX,
    SHORT_LE_MAX,
    CommandApdu,
    ResponseApdu,
    decode_answer,
    encode,
    wipe,
)
from cardd.iso7816.status import StatusWord, more_bytes, right_length

Send = Callable[[bytearray], bytes]
"""Sends one APDU and gives the raw answer, status word included. The buffer is wiped afterwards where it held a secret."""

ANSWER_MAX = 64 * 1024
"""Bytes of one answer, all parts together (requirement C1)."""
ROUNDS_MAX = 256
"""GET RESPONSE commands after one command (requirement C8)."""
OPERATION_COMMANDS_MAX = 300
OPERATION_BYTES_MAX = 256 * 1024
"""Commands, and bytes both ways, of one operation (requirement C1)."""

CHAINING_BIT = 0x10
"""Class byte of every part but the last (ISO/IEC 7816-4:2020, 5.4.1 and 5.3.3)."""
GET_RESPONSE = 0xC0
SECRET_INS = frozenset({0x20, 0x24, 0x2C, 0x32})
"""VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER, JICSAP CHANGE KEY: with data, each sending may cost a try."""


@dataclass(slots=True)
class OperationBudget:
    """What one operation may still send and receive. One object per operation, spent by `exchange`."""

    commands_left: int = OPERATION_COMMANDS_MAX
    bytes_left: int = OPERATION_BYTES_MAX

    def spend_command(self, size: int) -> None:
        """Count one APDU of `size` bytes before it is sent. Raises `CardBadAnswer` when none is left."""
        if self.commands_left < 1:
            raise CardBadAnswer(problem="too_many_commands", limit=OPERATION_COMMANDS_MAX)
        self.commands_left -= 1
        self.spend_bytes(size)

    def spend_bytes(self, size: int) -> None:
        """Count bytes that passed. Raises `CardBadAnswer` when the limit is passed."""
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise CardBadAnswer(problem="too_many_bytes", limit=OPERATION_BYTES_MAX)


def exchange(send: Send, command: CommandApdu, *, extended: bool, budget: OperationBudget) -> ResponseApdu:
    """Send `command` in as many APDUs as it takes and give the whole answer (at most 64 KiB).

    Long data goes in one extended APDU where `extended` allows, else by command chaining; 61xx is followed by GET RESPONSE,
    6Cxx repeated once with the length told. A command that carries a secret is sent exactly once, whatever is answered.
    Raises `CardBadAnswer` (limits passed, no progress, a second 6Cxx), `CardRemoved` (empty answer), and what `send` raises.
    """
    link = _Link(send, budget)
    if is_secret(command):
        return link.send_once(command, extended=extended)
    if command.needs_extended and extended:
        answer = link.ask(replace(command, le=_all_if_open(command.le)), extended=True)
    else:
        *parts, last = _short_parts(command)
        for part in parts:
            answer = link.ask(part)
            if answer.sw != StatusWord.SUCCESS:
                return answer
        answer = link.ask(last, may_repeat=not parts)
    return answer if command.first_part_only and answer.data else _collect(link, answer, command.first_part_only)


def is_secret(command: CommandApdu) -> bool:
    """Whether sending this command twice could cost a PIN try."""
    return command.secret or (command.ins in SECRET_INS and len(command.data) > 0)


class _Link:
    """The sending function with its budget, and the one repeat after 6Cxx that an exchange may use."""

    def __init__(self, send: Send, budget: OperationBudget) -> None:
        self._send = send
        self._budget = budget
        self._repeated = False

    def send_once(self, command: CommandApdu, *, extended: bool = False) -> ResponseApdu:
        octets = encode(command, extended=extended and command.needs_extended)
        try:
            self._budget.spend_command(len(octets))
            raw = self._send(octets)
        finally:
            if is_secret(command):
                wipe(octets)
        answer = decode_answer(raw)
        self._budget.spend_bytes(len(raw))
        return answer

    def ask(self, command: CommandApdu, *, extended: bool = False, may_repeat: bool = True) -> ResponseApdu:
        """Send; after 6Cxx send once more with the length the card told."""
        answer = self.send_once(command, extended=extended)
        wanted = right_length(answer.sw)
        if wanted is None:
            return answer
        if self._repeated or not may_repeat:
            raise CardBadAnswer(sw=answer.sw, problem="length_told_twice")
        self._repeated = True
        again = self.send_once(replace(command, le=wanted), extended=extended)
        if right_length(again.sw) is not None:
            raise CardBadAnswer(sw=again.sw, problem="length_told_twice")
        return again


def _all_if_open(le: int | None) -> int | None:
    return EXTENDED_LE_MAX if le is not None and le >= SHORT_LE_MAX else le


def _short_parts(command: CommandApdu) -> Iterator[CommandApdu]:
    """The command in pieces of at most 255 data bytes; Le goes with the last one."""
    le = None if command.le is None else min(command.le, SHORT_LE_MAX)
    view = memoryview(command.data)
    start = 0
    while len(view) - start > SHORT_LC_MAX:
        piece = bytes(view[start : start + SHORT_LC_MAX])
        yield replace(command, cla=command.cla | CHAINING_BIT, data=piece, le=None)
        start += SHORT_LC_MAX
    yield replace(command, data=bytes(view[start:]), le=le)


def _collect(link: _Link, answer: ResponseApdu, first_part_only: bool) -> ResponseApdu:
    """Fetch what 61xx says is waiting. Every round must bring bytes."""
    content = bytearray(answer.data)
    for _ in range(ROUNDS_MAX):
        waiting = more_bytes(answer.sw)
        if waiting is None or (first_part_only and content):
            return ResponseApdu(bytes(content), answer.sw)
        answer = link.ask(CommandApdu(0x00, GET_RESPONSE, 0x00, 0x00, le=waiting))
        if not answer.data and more_bytes(answer.sw) is not None:
            raise CardBadAnswer(command="GET RESPONSE", sw=answer.sw, problem="no_progress")
        content += answer.data
        if len(content) > ANSWER_MAX:
            raise CardBadAnswer(command="GET RESPONSE", problem="answer_too_long", limit=ANSWER_MAX)
    if more_bytes(answer.sw) is not None:
        raise CardBadAnswer(command="GET RESPONSE", sw=answer.sw, problem="too_many_rounds", limit=ROUNDS_MAX)
    return ResponseApdu(bytes(content), answer.sw)
