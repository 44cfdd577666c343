"""A logged-in session with a PKCS#11 token: found by its label, never tried when one more wrong PIN would lock it."""

from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import pkcs11
from pkcs11 import Attribute, ObjectClass, TokenFlag
from pkcs11.exceptions import (
    PinIncorrect,
    PinInvalid,
    PinLenRange,
    PinLocked,
    PKCS11Error,
    TokenNotPresent,
    TokenNotRecognised,
    UserAlreadyLoggedIn,
    UserPinNotInitialized,
)

from certs.ca.errors import CaKeyError

SHORTEST_PIN = 4
LONGEST_PIN = 32
_REFUSED = {
    PinIncorrect: "token_pin",
    PinInvalid: "token_pin",
    PinLenRange: "token_pin",
    PinLocked: "token_locked",
    UserAlreadyLoggedIn: "token_busy",
    UserPinNotInitialized: "token_not_ready",
}


class TokenSession:
    """Open until `close`. The module is started with it and ended with it: a token belongs to one use at a time."""

    def __init__(self, module: Path, token_label: str, pin: bytearray, *, writes: bool) -> None:
        """`pin`: 4 to 32 bytes, the caller wipes it. Raises `CaKeyError`."""
        if not SHORTEST_PIN <= len(pin) <= LONGEST_PIN:
            raise CaKeyError("token_pin_shape")
        self.closed = True
        self._library = _loaded(module)
        try:
            self.session = self._logged_in(token_label, pin, writes)
        except CaKeyError as error:
            if error.problem != "token_busy":
                self._end()  # a refused login leaves its session open; this closes it
            raise
        self.closed = False

    def objects(self, kind: ObjectClass, label: str) -> list[Any]:
        """All objects of a kind with this label. Raises `CaKeyError` (`token_failed`)."""
        try:
            return list(self.session.get_objects({Attribute.CLASS: kind, Attribute.LABEL: label}))
        except PKCS11Error:
            raise CaKeyError("token_failed") from None

    def only(self, kind: ObjectClass, label: str) -> Any:
        """The one object of a kind with this label. Raises `CaKeyError` (`key_absent`, `key_ambiguous`)."""
        found = self.objects(kind, label)
        if len(found) != 1:
            raise CaKeyError("key_ambiguous" if found else "key_absent")
        return found[0]

    def close(self) -> None:
        """Log out and end the module. Harmless when done twice, or when the token is gone."""
        if not self.closed:
            self.closed = True
            with suppress(PKCS11Error):  # a token that was pulled has logged out by itself
                self.session.close()
            self._end()

    def __repr__(self) -> str:
        return "<TokenSession>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a session cannot be copied or stored")

    def _logged_in(self, token_label: str, pin: bytearray, writes: bool) -> Any:
        try:
            token = self._token(token_label)
            _check_tries(token.flags)
            return token.open(rw=writes, user_pin=_Octets(pin))
        except PKCS11Error as error:
            raise CaKeyError(_REFUSED.get(type(error), "token_failed")) from None

    def _token(self, label: str) -> Any:
        found = []
        for slot in self._library.get_slots(token_present=True):
            try:
                token = slot.get_token()
            except (TokenNotPresent, TokenNotRecognised):
                continue
            if token.label == label:
                found.append(token)
        if len(found) != 1:
            raise CaKeyError("token_ambiguous" if found else "token_absent")
        return found[0]

    def _end(self) -> None:
        with suppress(PKCS11Error):  # nothing is left that could be used
            self._library.finalize()


class _Octets:
    """Stands in for the text that python-pkcs11 wants to encode, and gives it the live bytes: no copy that nobody can wipe."""

    __slots__ = ("_octets",)

    def __init__(self, octets: bytearray) -> None:
        self._octets = octets

    def encode(self, _encoding: str) -> bytearray:
        return self._octets

    def __repr__(self) -> str:
        return "<PIN>"


def _loaded(module: Path) -> Any:
    """The module, started. Only what the office's settings name gets here: loading a library runs its code."""
    if not module.is_file():
        raise CaKeyError("module_absent")
    try:
        return pkcs11.lib(str(module))
    except PKCS11Error:
        raise CaKeyError("module_absent") from None


def _check_tries(flags: TokenFlag) -> None:
    """Token flags of PKCS #11 2.40 base, 3.2 (CK_TOKEN_INFO). The last try is nobody's to spend from here."""
    if flags & TokenFlag.USER_PIN_LOCKED:
        raise CaKeyError("token_locked")
    if flags & TokenFlag.USER_PIN_FINAL_TRY:
        raise CaKeyError("token_pin_final_try")
    if not flags & TokenFlag.USER_PIN_INITIALIZED:
        raise CaKeyError("token_not_ready")
