"""The JPKI-AP as its table says; and, where a card's file switches it on, the issuing test profile."""

from typing import Self

from applets_spec.applet import State, Surroundings
from applets_spec.iso7816 import OK, CardRefusal, Command, Response
from applets_spec.jicsap import JicsapApplet
from applets_spec.jpki.content import PRESENT
from applets_spec.jpki.issuing import Issued, Issuing
from applets_spec.jpki.issuing_spec import PIN_TRIES, Kind
from applets_spec.jpki.spec import TABLE
from applets_spec.reference_data import ReferenceData

ISSUING = "issuing"
"""In the applet's state; without it the card is as real ones are."""
_PLACES = {Kind.SIGNATURE: "signature", Kind.AUTHENTICATION: "authentication"}
_FLAG = {Kind.SIGNATURE: 0, Kind.AUTHENTICATION: 1}


class JpkiApplet(JicsapApplet):
    """公的個人認証AP"""

    name = TABLE.name
    aid = TABLE.aid
    table = TABLE
    issuing: Issuing | None = None

    @classmethod
    def from_state(cls, state: State, surroundings: Surroundings) -> Self:
        applet = super().from_state(state, surroundings)
        if ISSUING in state:
            applet.issuing = Issuing.from_state(state[ISSUING])
        return applet

    def to_state(self) -> State:
        state = super().to_state()
        return state if self.issuing is None else {**state, ISSUING: self.issuing.to_state()}

    def select(self, command: Command, *, again: bool) -> Response:
        """As every application; what was begun is gone."""
        response = super().select(command, again=again)
        if self.issuing is not None:
            self.issuing.forget()
        return response

    def deselect(self) -> None:
        super().deselect()
        if self.issuing is not None:
            self.issuing.forget()

    def process(self, command: Command) -> Response:
        """The table's commands, and the profile's where it is switched on."""
        if self.issuing is None or not self.issuing.knows(command):
            return super().process(command)
        tries = self.issuing.tries
        try:
            done = self.issuing.process(command)
        except CardRefusal:
            self.changed |= self.issuing.tries != tries
            raise
        self.changed |= self.issuing.tries != tries
        return self._put_in_force(done) if isinstance(done, Issued) else done

    def _get_challenge(self, command: Command) -> Response:
        response = super()._get_challenge(command)
        if self.issuing is not None:
            self.issuing.challenged(response.data)
        return response

    def _put_in_force(self, done: Issued) -> Response:
        place = _PLACES[done.kind]
        self._keys[f"{place}_key"] = done.key
        self._files[f"{place}_certificate"] = (done.certificate,)
        self._files[f"{place}_ca"] = (done.authority,)
        self._pins[place] = ReferenceData.fresh(done.pin, PIN_TRIES[done.kind])
        flags = bytearray(b"".join(self._files["availability"]))
        flags[_FLAG[done.kind]] = PRESENT
        self._files["availability"] = (bytes(flags),)
        self.changed = True
        return OK
