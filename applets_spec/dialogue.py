"""What happens around commands whatever the applet: logical channels, command chaining, data that waits for GET RESPONSE."""

from dataclasses import replace

from applets_spec.iso7816 import MAX_SHORT_LE, CardRefusal, Command, Response, StatusWord

CHANNEL_BITS = 0x03
SECURE_MESSAGING_BITS = 0x0C
CHAINING_BIT = 0x10
FURTHER_INTERINDUSTRY_BIT = 0x40
PROPRIETARY_BIT = 0x80
INVALID_CLA = 0xFF
MAX_CHAINED = 16_384
"""Bytes a card gathers from a chain; larger than any object of PIV (12,710 bytes)."""


def is_secure_messaging(command: Command) -> bool:
    """Whether the class byte asks for secure messaging (ISO/IEC 7816-4:2020, table 2)."""
    return bool(command.cla & SECURE_MESSAGING_BITS)


def refuse_foreign_channel(command: Command) -> None:
    """6881 for any channel but 0, 6E00 for the invalid class FF (ISO/IEC 7816-4:2020, 5.4.1)."""
    if command.cla == INVALID_CLA:
        raise CardRefusal(StatusWord.CLA_NOT_SUPPORTED)
    further = command.cla & (PROPRIETARY_BIT | FURTHER_INTERINDUSTRY_BIT) == FURTHER_INTERINDUSTRY_BIT
    if further or command.cla & CHANNEL_BITS:
        raise CardRefusal(StatusWord.CHANNEL_NOT_SUPPORTED)


def link_chain(chain: list[Command], command: Command, *, allowed: bool) -> Command | None:
    """Add `command` to the chain; gives the whole command at its last link, None before (ISO/IEC 7816-4:2020, 5.3.3).

    A command that does not belong to the open chain ends it with 6883.
    """
    more = bool(command.cla & CHAINING_BIT)
    if more and not allowed:
        raise CardRefusal(StatusWord.CHAINING_NOT_SUPPORTED)
    if chain and not _continues(chain[0], command):
        chain.clear()
        raise CardRefusal(StatusWord.LAST_OF_CHAIN_EXPECTED)
    chain.append(command)
    if sum(len(link.data) for link in chain) > max(MAX_CHAINED, len(command.data)):
        chain.clear()
        raise CardRefusal(StatusWord.WRONG_LENGTH)
    if more:
        return None
    data, chained = b"".join(link.data for link in chain), len(chain) > 1
    chain.clear()
    return replace(command, data=data, chained=chained)


def _continues(first: Command, command: Command) -> bool:
    same_class = first.cla & ~CHAINING_BIT == command.cla & ~CHAINING_BIT
    return same_class and (first.ins, first.p1, first.p2) == (command.ins, command.p1, command.p2)


class ResponseQueue:
    """Answer data that did not fit and waits for GET RESPONSE.

    `t0`: behave as the T=0 protocol asks. `without_le`: how many bytes a command without Le gets at once.
    """

    def __init__(self, t0: bool, without_le: int = 0) -> None:
        self._t0 = t0
        self._without_le = without_le
        self._rest = Response()

    def __bool__(self) -> bool:
        return bool(self._rest.data)

    def drop(self) -> None:
        self._rest = Response()

    def put(self, command: Command, response: Response) -> Response:
        """What leaves now. Nothing is cut off: what does not fit into Le waits behind 61xx."""
        if self._t0 and command.data and response.data:
            self._rest = response
            return Response(sw=_more(response))
        if self._t0 and command.le is not None and command.le > len(response.data) > 0:
            raise CardRefusal(StatusWord.CORRECT_LE | len(response.data) % MAX_SHORT_LE)
        limit = self._without_le if command.le is None else command.le
        return response if len(response.data) <= limit else self._hand_out(response, limit)

    def get(self, command: Command) -> Response:
        """GET RESPONSE (ISO/IEC 7816-4:2020, 11.8.1): at most Le bytes; T=0 answers 6Cxx when too many are asked for."""
        if command.p1 or command.p2:
            self.drop()
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        if command.data or command.le is None:
            self.drop()
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        if self._t0 and MAX_SHORT_LE > command.le > len(self._rest.data):
            raise CardRefusal(StatusWord.CORRECT_LE | len(self._rest.data))
        return self._hand_out(self._rest, command.le)

    def _hand_out(self, response: Response, limit: int) -> Response:
        self._rest = Response(response.data[limit:], response.sw)
        return Response(response.data[:limit], _more(self._rest) if self._rest.data else response.sw)


def _more(waiting: Response) -> int:
    return StatusWord.MORE_DATA | min(len(waiting.data), MAX_SHORT_LE) % MAX_SHORT_LE
