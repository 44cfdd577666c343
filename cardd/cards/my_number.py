"""個人番号カード and 住基カード: one card made of several applications, composed from their drivers, told apart by the token's label.

What each application can do stands in its own module; here is only which one is meant.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from cardd.cards import card_info, card_surface, jpki, resident_register
from cardd.cards.card_type import (
    Application,
    CardType,
    ItemValue,
    PadEntry,
    PinSpec,
    PublicKeyKind,
    Recognition,
    TriesLeft,
)
from cardd.errors import AlgorithmUnsupported, CardBadAnswer, CardWrongKind
from cardd.iso7816 import commands, files, pins
from cardd.iso7816.connection import SmartCardConnection
from cardd.iso7816.status import StatusWord
from cardd.model import CardKind, Item, KeyRole, PinKind
from cardd.pin import Pin

MY_NUMBER_LABEL = "JPKIAPICCTOKEN2"
JUKI_LABEL = "JPKIAPICCTOKEN"
"""Label in EF 0006 of the JPKI application (jpki/myna libmyna; soltia48/myna-card). Telephones carry other labels."""

ISSUER_SECURITY_DOMAIN = bytes.fromhex("A0000001510000")
COMMON_APPLICATION = bytes.fromhex("D3921000310001010100")
CLEARING = (ISSUER_SECURITY_DOMAIN, COMMON_APPLICATION)
"""Applications without a PIN that we verify: selecting one drops the PIN state of the one before (soltia48/myna-card `src/mf.rs`)."""

PINS: Mapping[PinKind, PinSpec] = MappingProxyType(
    {**jpki.PINS, **card_info.PINS, **resident_register.PINS, **card_surface.PINS}
)
PIN_FILES: Mapping[PinKind, int] = MappingProxyType(
    {**jpki.PIN_FILES, **card_info.PIN_FILES, **resident_register.PIN_FILES, **card_surface.PIN_FILES}
)


def _after_jpki(
    select: Callable[[SmartCardConnection], None],
) -> Callable[[SmartCardConnection], bytes]:
    """SELECT of an application that shows nothing free and of this one card alone: the JPKI application's identity is read first."""

    def select_both(connection: SmartCardConnection) -> bytes:
        found = jpki.select(connection)
        select(connection)
        return found

    return select_both


_SELECT: Mapping[Application, Callable[[SmartCardConnection], bytes]] = MappingProxyType(
    {
        Application.JPKI: jpki.select,
        Application.CARD_INFO: card_info.select,
        Application.CARD_SURFACE: _after_jpki(card_surface.select),
        Application.RESIDENT_REGISTER: _after_jpki(resident_register.select),
    }
)
_REREAD: Mapping[Application, Callable[[SmartCardConnection], bytes]] = MappingProxyType(
    {
        Application.JPKI: jpki.reread,
        Application.CARD_INFO: card_info.reread,
        Application.CARD_SURFACE: jpki.select,
        Application.RESIDENT_REGISTER: jpki.select,
    }
)
"""After 券面事項確認AP and 住基AP the JPKI application is selected again: the PIN state that this drops is not needed any more."""


def _recognise(label: str, kind: CardKind, connection: SmartCardConnection) -> Recognition | None:
    if jpki.recognise(connection) != label:
        return None
    return Recognition(kind, jpki.identity(connection))


def _select(connection: SmartCardConnection, application: Application) -> bytes:
    return _chosen(_SELECT, application)(connection)


def _reread(connection: SmartCardConnection, application: Application) -> bytes:
    return _chosen(_REREAD, application)(connection)


def _chosen(
    table: Mapping[Application, Callable[[SmartCardConnection], bytes]], application: Application
) -> Callable[[SmartCardConnection], bytes]:
    if application not in table:
        raise CardWrongKind(problem="application")
    return table[application]


def _clear(connection: SmartCardConnection) -> None:
    """Select an application in which nothing was verified. Raises `CardBadAnswer` when the card knows none of them."""
    for aid in CLEARING:
        answer = files.try_select(connection, aid)
        if answer.sw == StatusWord.SUCCESS:
            return
    raise CardBadAnswer(command="SELECT", sw=answer.sw, problem="not_cleared")


def _pin_file(which: PinKind) -> int:
    if which not in PIN_FILES:
        raise CardWrongKind(which=which)
    return PIN_FILES[which]


def _tries_left(connection: SmartCardConnection, which: PinKind) -> TriesLeft:
    return TriesLeft(*pins.read_tries(pins.ask_tries_of_file(connection, _pin_file(which)), which))


def _verify(connection: SmartCardConnection, which: PinKind, entry: Pin | PadEntry) -> None:
    """The form of VERIFY follows what the earlier commands of this insertion taught; it is not tried in a second form."""
    ef = _pin_file(which)
    if isinstance(entry, PadEntry):
        pins.verify_on_pad(connection, files.reference_of(connection, ef), which, PINS[which].shape)
        return
    pins.check_shape(entry, PINS[which].shape, which)
    pins.verify(connection, commands.verify(files.reference_of(connection, ef), entry.octets), which)


def _change_pin(connection: SmartCardConnection, which: PinKind, _old: Pin, new: Pin) -> None:
    """The old PIN was verified just before; the card takes the new one alone."""
    ef = _pin_file(which)
    if not PINS[which].changeable:
        raise CardWrongKind(which=which, problem="not_changeable")
    pins.check_shape(new, PINS[which].shape, which)
    pins.change(connection, commands.change_to(files.reference_of(connection, ef), new.octets), which)


def _sign(
    connection: SmartCardConnection, role: KeyRole, algorithm: str, digest: bytes, public_key: PublicKeyKind
) -> bytes:
    if public_key is not PublicKeyKind.RSA_2048:
        raise AlgorithmUnsupported(problem="key_type")
    return jpki.sign(connection, role, algorithm, digest)


def _read_items(connection: SmartCardConnection, items: tuple[Item, ...]) -> Mapping[Item, ItemValue]:
    """All `items` live in one application, which is selected. Raises `CardWrongKind` otherwise."""
    wanted = frozenset(items)
    if wanted <= card_info.ITEMS.keys():
        return card_info.read_items(connection, wanted)
    if wanted <= card_surface.ITEMS.keys():
        return card_surface.read_items(connection, wanted)
    raise CardWrongKind(problem="items")


def _card(kind: CardKind, label: str) -> CardType:
    return CardType(
        kind=kind,
        recognise=partial(_recognise, label, kind),
        pins=PINS,
        keys=jpki.KEYS,
        items=MappingProxyType({**card_info.ITEMS, **card_surface.ITEMS}),
        select=_select,
        reread=_reread,
        clear=_clear,
        tries_left=_tries_left,
        verify=_verify,
        change_pin=_change_pin,
        read_certificate=jpki.read_certificate,
        sign=_sign,
        read_items=_read_items,
        read_token_info=jpki.read_token_info,
        identities=jpki.identities,
        same_identity=frozenset({Application.JPKI, Application.CARD_SURFACE, Application.RESIDENT_REGISTER}),
    )


MY_NUMBER_CARD = _card(CardKind.MY_NUMBER, MY_NUMBER_LABEL)
JUKI_CARD = _card(CardKind.JUKI, JUKI_LABEL)
"""Assumed to be laid out like its successor: no public source describes its files."""
