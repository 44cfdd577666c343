"""The commands that the applications of Japanese cards share: files, PINs, signatures, as an applet's table allows them."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import ClassVar, Self

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from applets_spec import signature
from applets_spec.applet import Applet, State, Surroundings
from applets_spec.dialogue import is_secure_messaging
from applets_spec.filesystem import AppletTable, EfRow, FileRow, FileSystem, KeyRow, OpenedBy, PinRow
from applets_spec.iso7816 import MAX_SHORT_LE, OK, CardRefusal, Command, Ins, Response, StatusWord
from applets_spec.reference_data import ReferenceData, Verdict

CLA_ISO = 0x00
CLA_JICSAP = 0x80

SELECT_MF = 0x00
SELECT_EF = 0x02
NO_ANSWER_DATA = 0x0C
FIRST_OCCURRENCE = 0x00
CHANGE_TO_NEW_VALUE = 0x01
"""P1 of CHANGE REFERENCE DATA: new value only, the old one was verified (ISO/IEC 7816-4:2020, 11.5.7)."""
INTERNAL_KEY = 0x00
"""P2 of `80 2A` in the card-face applications: the internal key, without PIN (myna-card src/ap)."""

Handler = Callable[[Command], Response]


class JicsapApplet(Applet):
    """An application of a Japanese card that obeys `table`. Volatile: the current EF and the verified flags."""

    table: ClassVar[AppletTable]

    def __init__(
        self,
        surroundings: Surroundings,
        files: Mapping[str, tuple[bytes, ...]],
        pins: Mapping[str, ReferenceData],
        keys: Mapping[str, RSAPrivateKey],
    ) -> None:
        """`files`: content by name, one part for a transparent EF, one for each record. `pins`, `keys`: by name in the table."""
        super().__init__()
        self._around = surroundings
        self._files = dict(files)
        self._pins = dict(pins)
        self._keys = dict(keys)
        self._system = FileSystem(self.table.efs, surroundings.variants.files_by_sfi)
        self._commands = self._command_table()

    def _command_table(self) -> dict[int, dict[int, Handler]]:
        every: dict[tuple[int, int], Handler] = {
            (CLA_ISO, Ins.SELECT): self._select_file,
            (CLA_ISO, Ins.READ_BINARY): self._read_binary,
            (CLA_ISO, Ins.READ_RECORD): self._read_record,
            (CLA_ISO, Ins.VERIFY): self._verify,
            (CLA_ISO, Ins.CHANGE_REFERENCE_DATA): self._change_reference_data,
            (CLA_JICSAP, Ins.CHANGE_KEY): self._change_key,
            (CLA_JICSAP, Ins.UNLOCK_KEY): self._unlock_key,
            (CLA_ISO, Ins.GET_CHALLENGE): self._get_challenge,
            (CLA_JICSAP, Ins.PERFORM_SECURITY_OPERATION): self._compute_digital_signature,
            (CLA_ISO, Ins.INTERNAL_AUTHENTICATE): self._internal_authenticate,
            (CLA_JICSAP, Ins.SET_SESSION_KEY): self._set_session_key,
        }
        known: dict[int, dict[int, Handler]] = {}
        for row in self.table.commands:
            known.setdefault(row.ins, {})[row.cla] = every[row.cla, row.ins]
        return known

    # --- the card's side of the interface

    @classmethod
    def from_state(cls, state: State, surroundings: Surroundings) -> Self:
        """Raises `ValueError` when the state names an EF that the table does not have."""
        names = {row.name for row in cls.table.efs}
        if unknown := ({*state["files"], *state["pins"], *state["keys"]}) - names:
            raise ValueError(f"{cls.name}: unknown EF {', '.join(sorted(unknown))}")
        return cls(
            surroundings,
            {name: tuple(b64decode(part) for part in parts) for name, parts in state["files"].items()},
            {name: ReferenceData.from_state(pin) for name, pin in state["pins"].items()},
            {name: _read_key(pem) for name, pem in state["keys"].items()},
        )

    def to_state(self) -> State:
        return {
            "files": {name: [b64encode(part).decode() for part in parts] for name, parts in self._files.items()},
            "pins": {name: pin.to_state() for name, pin in self._pins.items()},
            "keys": {name: write_key(key) for name, key in self._keys.items()},
        }

    def references(self) -> Mapping[str, ReferenceData]:
        return self._pins

    def select(self, command: Command, *, again: bool) -> Response:
        """SELECT by AID: no answer data. The current EF is lost; the PIN state too, unless the variant keeps it."""
        if command.p2 not in (FIRST_OCCURRENCE, NO_ANSWER_DATA):
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        if command.p2 == NO_ANSWER_DATA and command.le is not None:
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        self._system.current = None
        if not (again and self._around.variants.reselect_keeps_verified):
            self._forget_pins()
        return OK

    def deselect(self) -> None:
        self._system.current = None
        self._forget_pins()

    def _forget_pins(self) -> None:
        for pin in self._pins.values():
            pin.forget()

    def process(self, command: Command) -> Response:
        """Header first, then the handler: illegal input ends at the door with its status word."""
        if is_secure_messaging(command):
            select = command.ins == Ins.SELECT
            raise CardRefusal(
                StatusWord.SECURE_MESSAGING_NOT_SUPPORTED if select else StatusWord.SECURE_MESSAGING_IMPOSSIBLE
            )
        by_class = self._commands.get(command.ins)
        if by_class is None:
            raise CardRefusal(StatusWord.INS_NOT_SUPPORTED)
        if command.cla not in by_class:
            raise CardRefusal(StatusWord.CLA_NOT_SUPPORTED)
        return by_class[command.cla](command)

    # --- files

    def _select_file(self, command: Command) -> Response:
        """SELECT EF; SELECT MF has no effect while an application is selected (myna-card src/mf.rs)."""
        if command.p1 == SELECT_MF and command.p2 in (FIRST_OCCURRENCE, NO_ANSWER_DATA):
            if command.data:
                raise CardRefusal(StatusWord.FILE_NOT_FOUND)
            return OK
        if (command.p1, command.p2) != (SELECT_EF, NO_ANSWER_DATA):
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        if len(command.data) != 2 or command.le is not None:
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        self._system.select(int.from_bytes(command.data))
        return OK

    def _read_binary(self, command: Command) -> Response:
        """READ BINARY: what is there from the offset on, at most Le bytes."""
        _expect_only_le(command)
        row, offset = self._system.from_p1(command)
        if not isinstance(row, FileRow) or row.records:
            raise CardRefusal(StatusWord.WRONG_FILE_TYPE)
        self._require(row.opened_by)
        content = self._content(row)
        if offset >= len(content):
            raise CardRefusal(StatusWord.OFFSET_OUTSIDE)
        self._system.current = row
        part = content[offset : offset + (command.le or 0)]
        ends = len(part) < (command.le or 0) and self._around.variants.end_of_file_warning
        return Response(part, StatusWord.END_OF_FILE if ends else StatusWord.SUCCESS)

    def _content(self, row: FileRow) -> bytes:
        content = b"".join(self._files.get(row.name, ()))
        return content.ljust(row.size or 0, bytes([row.filler]))

    def _read_record(self, command: Command) -> Response:
        """READ RECORD by number; the record as simple TLV."""
        _expect_only_le(command)
        row = self._system.from_record_p2(command)
        if not isinstance(row, FileRow) or not row.records:
            raise CardRefusal(StatusWord.WRONG_FILE_TYPE)
        self._require(row.opened_by)
        records = self._files.get(row.name, ())
        if not 1 <= command.p1 <= len(records):
            raise CardRefusal(StatusWord.RECORD_NOT_FOUND)
        self._system.current = row
        return Response(records[command.p1 - 1][: command.le])

    def _require(self, opened_by: OpenedBy) -> None:
        if opened_by is None:
            return
        names = [row.name for row in self.table.efs if row.ef in opened_by]
        if not any(self._pins[name].verified for name in names if name in self._pins):
            raise CardRefusal(StatusWord.SECURITY_NOT_SATISFIED)

    # --- PINs

    def _pin_in_p2(self, command: Command) -> tuple[PinRow, ReferenceData]:
        row = self._system.from_p2(command)
        if not isinstance(row, PinRow):
            raise CardRefusal(StatusWord.WRONG_FILE_TYPE)
        if row.name not in self._pins:
            raise CardRefusal(StatusWord.REFERENCE_NOT_FOUND)
        self._system.current = row
        return row, self._pins[row.name]

    def _verify(self, command: Command) -> Response:
        """VERIFY: bytes are compared, nothing is padded; without data it asks for the tries left and costs none."""
        if command.p1:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        if command.le is not None and (command.data or command.le != MAX_SHORT_LE):
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        _, pin = self._pin_in_p2(command)
        if not command.data:
            return Response(sw=self._status(pin))
        before = pin.tries
        verdict = pin.verify(command.data)
        self.changed |= pin.tries != before
        if verdict is Verdict.RIGHT:
            return OK
        blocked = verdict is Verdict.WAS_BLOCKED
        raise CardRefusal(self._around.variants.blocked_sw if blocked else StatusWord.TRIES_LEFT | pin.tries)

    def _status(self, pin: ReferenceData) -> int:
        variants = self._around.variants
        if pin.blocked and not variants.blocked_status_as_count:
            return variants.blocked_sw
        if pin.verified and variants.verified_status_as_success:
            return StatusWord.SUCCESS
        return StatusWord.TRIES_LEFT | pin.tries

    def _change_reference_data(self, command: Command) -> Response:
        """CHANGE REFERENCE DATA: the new value alone, after VERIFY of the old one on the same EF (jpki/myna, myna-card)."""
        if command.p1 != CHANGE_TO_NEW_VALUE:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        return self._change(command)

    def _change_key(self, command: Command) -> Response:
        """CHANGE KEY (JICSAP), the form of EF 001C (myna-card src/ap)."""
        if command.p1:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        return self._change(command)

    def _change(self, command: Command) -> Response:
        if not command.data or command.le is not None:
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        row, pin = self._pin_in_p2(command)
        if pin.blocked:
            raise CardRefusal(self._around.variants.blocked_sw)
        if not row.changeable or not pin.verified:
            raise CardRefusal(StatusWord.SECURITY_NOT_SATISFIED)
        if not row.shortest <= len(command.data) <= row.longest:
            raise CardRefusal(StatusWord.WRONG_DATA)
        pin.change(command.data)
        self.changed = True
        return OK

    def _unlock_key(self, command: Command) -> Response:
        """UNLOCK KEY is for the issuer: nobody here is (myna-card src/ap)."""
        if command.p1:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        self._pin_in_p2(command)
        raise CardRefusal(StatusWord.SECURITY_NOT_SATISFIED)

    # --- keys

    def _get_challenge(self, command: Command) -> Response:
        """GET CHALLENGE: 1 to 256 random bytes; extended Le answers 6985 (myna-card, sc-tools-myna)."""
        if command.p1 or command.p2:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        _expect_only_le(command)
        if command.extended:
            raise CardRefusal(StatusWord.CONDITIONS_NOT_SATISFIED)
        return Response(self._around.random(command.le or 0))

    def _compute_digital_signature(self, command: Command) -> Response:
        """PSO: COMPUTE DIGITAL SIGNATURE with the key named in P2, padded as P1 says."""
        mode = signature.mode_of(command.p1)
        key = self._signing_key(command)
        if mode is not signature.Mode.PAD and command.p2 == INTERNAL_KEY:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        return self._sign(command, mode, key)

    def _signing_key(self, command: Command) -> RSAPrivateKey:
        if command.p2 != INTERNAL_KEY:
            return self._open_key(self._system.from_p2(command))
        internal = [row for row in self.table.efs if row.ef == self.table.internal_key]
        if not internal:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        return self._open_key(internal[0])

    def _open_key(self, row: EfRow) -> RSAPrivateKey:
        if not isinstance(row, KeyRow):
            raise CardRefusal(StatusWord.WRONG_FILE_TYPE)
        if row.name not in self._keys:
            raise CardRefusal(StatusWord.REFERENCE_NOT_FOUND)
        self._require(row.opened_by)
        return self._keys[row.name]

    def _sign(self, command: Command, mode: signature.Mode, key: RSAPrivateKey) -> Response:
        if command.le is None and not self._around.variants.t0:  # T=0 has no place for Le beside data
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        if command.le is not None and command.le < signature.SIGNATURE_BYTES:
            raise CardRefusal(StatusWord.CORRECT_LE)
        signed = signature.compute(mode, key, command.data)
        self._around.sleep(self._around.variants.signature_delay_ms / 1000)
        return Response(signed)

    def _internal_authenticate(self, command: Command) -> Response:
        """INTERNAL AUTHENTICATE with the internal key; its form is assumed: as `80 2A 00`, the data is padded and signed."""
        if command.p1:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        row = self._system.from_p2(command)
        return self._sign(command, signature.Mode.PAD, self._open_key(row))

    def _set_session_key(self, command: Command) -> Response:  # noqa: ARG002
        raise CardRefusal(self.table.session_key_sw)


def _expect_only_le(command: Command) -> None:
    if command.data or command.le is None:
        raise CardRefusal(StatusWord.WRONG_LENGTH)


def _read_key(pem: str) -> RSAPrivateKey:
    key = load_pem_private_key(pem.encode("ascii"), password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("not an RSA key")
    return key


def write_key(key: RSAPrivateKey) -> str:
    """A private key as a card file holds it: PKCS#8 PEM, not encrypted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
