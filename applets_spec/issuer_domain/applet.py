"""The issuer security domain, and the card while no application is selected (the "MF state")."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Self

from applets_spec.applet import Applet, State, Surroundings
from applets_spec.dialogue import is_secure_messaging
from applets_spec.iso7816 import MAX_SHORT_LE, OK, CardRefusal, Command, Ins, Response, StatusWord
from applets_spec.issuer_domain.spec import AID, NAME, DataObject

SELECT_BY_NAME_FORMS = (0x00, 0x0C)
CLA_ISO = 0x00


class IssuerDomainApplet(Applet):
    """A0000001510000. Volatile: whether it was selected by name; its objects can be read only before anything was."""

    name = NAME
    aid = AID

    def __init__(self, objects: Mapping[DataObject, bytes]) -> None:
        super().__init__()
        self._objects = dict(objects)
        self._selected = False

    @classmethod
    def from_state(cls, state: State, surroundings: Surroundings) -> Self:  # noqa: ARG003
        return cls({DataObject(int(tag, 16)): b64decode(value) for tag, value in state["objects"].items()})

    def to_state(self) -> State:
        return {"objects": {f"{tag:04X}": b64encode(value).decode() for tag, value in self._objects.items()}}

    def select(self, command: Command, *, again: bool) -> Response:  # noqa: ARG002
        """SELECT by AID: no answer data."""
        if command.p2 not in SELECT_BY_NAME_FORMS:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        self._selected = True
        return OK

    def deselect(self) -> None:
        self._selected = False

    def process(self, command: Command) -> Response:
        """GET DATA; SELECT of anything by file identifier is refused here; nothing else is known."""
        if is_secure_messaging(command):
            select = command.ins == Ins.SELECT
            raise CardRefusal(
                StatusWord.SECURE_MESSAGING_NOT_SUPPORTED if select else StatusWord.SECURE_MESSAGING_IMPOSSIBLE
            )
        if command.ins not in (Ins.SELECT, Ins.GET_DATA):
            raise CardRefusal(StatusWord.INS_NOT_SUPPORTED)
        if command.cla != CLA_ISO:
            raise CardRefusal(StatusWord.CLA_NOT_SUPPORTED)
        if command.ins == Ins.SELECT:
            raise CardRefusal(StatusWord.FILE_NOT_FOUND if command.data else StatusWord.WRONG_P1_P2)
        return self._get_data(command)

    def _get_data(self, command: Command) -> Response:
        if command.data or command.le is None:
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        value = self._objects.get(DataObject(tag)) if (tag := command.p1 << 8 | command.p2) in set(DataObject) else None
        if self._selected or value is None:
            raise CardRefusal(StatusWord.REFERENCE_NOT_FOUND)
        if len(value) > MAX_SHORT_LE and not command.extended:
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        return Response(value[: command.le])
