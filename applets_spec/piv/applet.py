"""The reference PIV applet: dispatch, security status, and which status each command needs. It obeys the tables of `spec.py`."""

from collections.abc import Callable, Mapping
from typing import ClassVar, Self

from applets_spec.applet import Applet, State, Surroundings
from applets_spec.iso7816 import OK, CardRefusal, Command, Ins, Response, StatusWord, tlv
from applets_spec.piv import keys, objects
from applets_spec.piv.management import ManagementKey
from applets_spec.piv.pins import Pins
from applets_spec.piv.quirks import PivQuirks
from applets_spec.piv.spec import (
    AID,
    BEHIND_PIN,
    CHALLENGE,
    COMMANDS,
    DYNAMIC_AUTHENTICATION,
    EXPONENTIATION,
    GENERATE_CONTROL,
    GENERATED,
    KEYS,
    LABEL,
    PIX,
    REFERENCE_URL,
    REFUSED_CONTACTLESS,
    RESPONSE,
    RID,
    SET_MANAGEMENT_KEY,
    WITNESS,
    Algorithm,
    KeyAccess,
    KeyRef,
    KeyRow,
)
from applets_spec.piv.templates import members, only
from applets_spec.reference_data import ReferenceData

SECURE_MESSAGING_CLASSES = (0x04, 0x08, 0x0C)


class Piv(Applet):
    """The PIV card application of an operator's badge."""

    name: ClassVar[str] = "piv"
    aid: ClassVar[bytes] = AID
    chaining: ClassVar[bool] = True

    def __init__(
        self,
        pins: Pins,
        management: ManagementKey,
        badge_keys: dict[int, keys.PrivateKey],
        badge_objects: dict[int, bytes],
        around: Surroundings,
    ) -> None:
        super().__init__()
        self._pins = pins
        self._quirks = pins.quirks
        self._management = management
        self._keys = badge_keys
        self._objects = badge_objects
        self._around = around
        self._just_verified = False
        self._handlers: Mapping[int, Callable[[Command], Response]] = {
            Ins.GET_DATA_ODD: self._get_data,
            Ins.PUT_DATA: self._put_data,
            Ins.VERIFY: self._verify,
            Ins.CHANGE_REFERENCE_DATA: pins.change,
            Ins.RESET_RETRY_COUNTER: pins.reset_retry_counter,
            Ins.GENERAL_AUTHENTICATE: self._general_authenticate,
            Ins.GENERATE_ASYMMETRIC: self._generate,
            SET_MANAGEMENT_KEY: management.replace,
        }

    @classmethod
    def from_state(cls, state: State, surroundings: Surroundings) -> Self:
        """Build the applet from a card file. Raises `ValueError` or `KeyError` on a state that is none."""
        pins = Pins(
            pin=ReferenceData.from_state(state["pin"]),
            puk=ReferenceData.from_state(state["puk"]),
            global_pin=ReferenceData.from_state(state["global_pin"]),
            quirks=PivQuirks.from_state(state["quirks"]),
            variants=surroundings.variants,
        )
        return cls(
            pins,
            ManagementKey.from_state(state["management"], surroundings.random, pins.quirks),
            keys.from_state(state["keys"]),
            objects.from_state(state["objects"]),
            surroundings,
        )

    def to_state(self) -> State:
        """Persistent state, fit for `from_state`."""
        return {
            "quirks": self._quirks.to_state(),
            "pin": self._pins.pin.to_state(),
            "puk": self._pins.puk.to_state(),
            "global_pin": self._pins.global_pin.to_state(),
            "management": self._management.to_state(),
            "keys": keys.to_state(self._keys),
            "objects": objects.to_state(self._objects),
        }

    def references(self) -> Mapping[str, ReferenceData]:
        """The PINs by name."""
        return {"pin": self._pins.pin, "puk": self._pins.puk, "global-pin": self._pins.global_pin}

    def select(self, command: Command, *, again: bool) -> Response:
        """Answer the application property template (piv.select)."""
        if command.p2:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        self._just_verified = False
        self._management.drop_pending()
        if not (again and self._around.variants.reselect_keeps_verified):
            self.deselect()
        return Response(application_property_template())

    def deselect(self) -> None:
        """Forget the security status; a global PIN belongs to the card and stays."""
        self._just_verified = False
        self._pins.forget()
        self._management.forget()

    def power_off(self) -> None:
        """Forget everything volatile."""
        self.deselect()
        self._pins.forget_all()

    def process(self, command: Command) -> Response:
        """Carry out one command of the table."""
        just_verified, self._just_verified = self._just_verified, False
        if command.ins != Ins.GENERAL_AUTHENTICATE:
            self._management.drop_pending()
        counters = self._pins.counters()
        try:
            response = self._dispatch(command, just_verified)
        finally:
            self.changed = self.changed or self._pins.counters() != counters
        self.changed = self.changed or COMMANDS[command.ins].writes
        return response

    def _dispatch(self, command: Command, just_verified: bool) -> Response:
        if command.cla in SECURE_MESSAGING_CLASSES:
            raise CardRefusal(StatusWord.SECURE_MESSAGING_NOT_SUPPORTED)
        if command.cla:
            raise CardRefusal(StatusWord.CLA_NOT_SUPPORTED)
        if command.ins == Ins.SELECT:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        row = COMMANDS.get(command.ins)
        if row is None or (command.ins == SET_MANAGEMENT_KEY and not self._quirks.set_management_key):
            raise CardRefusal(StatusWord.INS_NOT_SUPPORTED)
        if row.p1_p2 is not None and row.p1_p2 != command.p1 << 8 | command.p2:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        if self._quirks.contactless and command.ins in REFUSED_CONTACTLESS:
            raise CardRefusal(REFUSED_CONTACTLESS[command.ins])
        if command.ins == Ins.GENERAL_AUTHENTICATE and command.p2 != KeyRef.MANAGEMENT:
            self._management.drop_pending()
            return self._use_key(command, just_verified)
        return self._handlers[command.ins](command)

    def _get_data(self, command: Command) -> Response:
        tag = objects.requested_tag(command)
        if tag in BEHIND_PIN and not self._pins.verified:
            raise CardRefusal(StatusWord.SECURITY_NOT_SATISFIED)
        return Response(objects.find(self._objects, tag))

    def _put_data(self, command: Command) -> Response:
        self._require_management()
        objects.put(self._objects, command)
        return OK

    def _verify(self, command: Command) -> Response:
        response = self._pins.verify(command)
        self._just_verified = bool(command.data)
        return response

    def _general_authenticate(self, command: Command) -> Response:
        template = members(only(command.data, DYNAMIC_AUTHENTICATION), WITNESS, CHALLENGE, RESPONSE)
        return self._management.authenticate(command.p1, template)

    def _use_key(self, command: Command, just_verified: bool) -> Response:
        row, key = self._key_for(command)
        template = members(only(command.data, DYNAMIC_AUTHENTICATION), CHALLENGE, RESPONSE, EXPONENTIATION)
        if template.pop(RESPONSE, None) != b"" or len(template) != 1:
            raise CardRefusal(StatusWord.WRONG_DATA)
        self._require_access(row, just_verified)
        ((wanted, data),) = template.items()
        self._around.sleep(self._around.variants.signature_delay_ms / 1000)
        result = _compute(row, key, wanted, data)
        return Response(tlv(DYNAMIC_AUTHENTICATION, tlv(RESPONSE, result)))

    def _key_for(self, command: Command) -> tuple[KeyRow, keys.PrivateKey]:
        row = KEYS.get(command.p2)
        if row is None:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        key = self._keys.get(command.p2)
        if key is None:
            raise CardRefusal(StatusWord.REFERENCE_NOT_FOUND)
        if keys.algorithm_of(key) != command.p1:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        return row, key

    def _require_access(self, row: KeyRow, just_verified: bool) -> None:
        if row.access is KeyAccess.FREE:
            return
        missing = not self._pins.verified or (row.access is KeyAccess.PIN_ALWAYS and not just_verified)
        if missing or self._quirks.contactless:
            raise CardRefusal(StatusWord.SECURITY_NOT_SATISFIED)

    def _generate(self, command: Command) -> Response:
        if command.p1 or command.p2 not in GENERATED:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        self._require_management()
        control = members(only(command.data, GENERATE_CONTROL), 0x80)
        wanted = int.from_bytes(control.get(0x80, b""))
        if wanted not in GENERATED[command.p2]:
            raise CardRefusal(StatusWord.WRONG_DATA)
        key = self._keys[command.p2] = keys.generate(Algorithm(wanted))
        return Response(keys.public_key_object(key))

    def _require_management(self) -> None:
        if not self._management.authenticated:
            raise CardRefusal(StatusWord.SECURITY_NOT_SATISFIED)


def _compute(row: KeyRow, key: keys.PrivateKey, wanted: int, data: bytes) -> bytes:
    """81 signs, or decrypts with RSA; 85 agrees. EC keys for key management agree only, all others never do."""
    if wanted == EXPONENTIATION:
        if not row.agrees:
            raise CardRefusal(StatusWord.WRONG_DATA)
        return keys.agree(key, data)
    if row.agrees and keys.algorithm_of(key) is not Algorithm.RSA_2048:
        raise CardRefusal(StatusWord.WRONG_DATA)
    return keys.use(key, data)


def application_property_template() -> bytes:
    """The answer to SELECT (part 2, table 3): PIX with version, authority, label, reference, algorithms."""
    authority = tlv(0x79, tlv(0x4F, RID))
    algorithms = b"".join(tlv(0x80, bytes([algorithm])) for algorithm in Algorithm if algorithm)
    supported = tlv(0xAC, algorithms + tlv(0x06, b"\x00"))
    return tlv(0x61, tlv(0x4F, PIX) + authority + tlv(0x50, LABEL) + tlv(0x5F50, REFERENCE_URL) + supported)
