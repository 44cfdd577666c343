"""Making a PIV card into a badge: the administrator's side of SP 800-73-4, and one vendor command. Uses no key of the badge.

`select` comes first; everything that writes wants `authenticate` in the same transaction. What the bytes mean is in
`piv_objects`, `piv_public_key` and `management_key`; PUK commands are in `piv_puk`.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from types import MappingProxyType

from cardd.cards import operator_card, piv_data, piv_objects, piv_public_key
from cardd.cards.card_type import PublicKeyKind
from cardd.cards.management_key import ManagementAlgorithm, ManagementKey
from cardd.errors import BadgeUnfit, CardBadAnswer, CardItemAbsent, ManagementKeyWrong
from cardd.iso7816 import commands, files, tlv
from cardd.iso7816.apdu import CommandApdu, ResponseApdu, wipe
from cardd.iso7816.connection import SmartCardConnection
from cardd.iso7816.status import BLOCKED, StatusWord, tries_left
from cardd.model import KeyRole, PinKind

CAPABILITIES = bytes.fromhex("5FC107")
"""Card capability container (SP 800-73-4 part 1, table 3)."""
MANAGEMENT = 0x9B
"""Key reference of the management key (SP 800-73-4 part 1, table 4b)."""
TEMPLATE, WITNESS, CHALLENGE, RESPONSE = 0x7C, 0x80, 0x81, 0x82
"""Dynamic authentication template (SP 800-73-4 part 2, table 7)."""

GET_DATA, PUT_DATA = "GET DATA", "PUT DATA"
AUTHENTICATE, GENERATE = "GENERAL AUTHENTICATE", "GENERATE ASYMMETRIC KEY PAIR"
SET_KEY = "SET MANAGEMENT KEY"

OTHER_ALGORITHM = frozenset(
    {
        StatusWord.WRONG_DATA,
        StatusWord.FUNCTION_NOT_SUPPORTED,
        StatusWord.WRONG_P1_P2,
        StatusWord.REFERENCE_NOT_FOUND,
    }
)
"""A witness or challenge asked for with an algorithm that is not the card's (SP 800-73-4 part 2, 3.2.4)."""
WRONG_KEY = frozenset({StatusWord.SECURITY_STATUS_NOT_SATISFIED, StatusWord.WRONG_DATA, StatusWord.WRONG_NO_COUNT})
"""A witness or response made with another key: 6982 (SP 800-73-4 part 2, 3.2.4), 6A80 (arekinath/PivApplet); 63Cx beside these."""
NO_SUCH_COMMAND = frozenset(
    {StatusWord.WRONG_INS, StatusWord.WRONG_CLA, StatusWord.FUNCTION_NOT_SUPPORTED, StatusWord.WRONG_P1_P2}
)
NO_SUCH_KEY_KIND = frozenset({StatusWord.WRONG_DATA, StatusWord.FUNCTION_NOT_SUPPORTED})
"""Unrecognized cryptographic mechanism (SP 800-73-4 part 2, 3.3.2)."""


@dataclass(frozen=True, slots=True)
class BadgeCondition:
    """What a badge says of itself without any secret."""

    guid: bytes | None = field(repr=False)
    """16 bytes. Cards come from some makers with a GUID that means nothing (arekinath/PivApplet)."""
    expires: date | None
    """As the CHUID has it; None where there is no CHUID, or no date in it."""
    certificates: Mapping[KeyRole, str | None] = field(repr=False)
    """SHA-256 of the DER in hex, of the keys that have one. None: something is there that is no certificate."""
    pin_tries: int | None
    """None: the card does not tell."""
    puk_tries: int | None = None
    """SP 800-73-4 has no question for it: always None on a card that keeps to it."""


def select(connection: SmartCardConnection) -> bytes | None:
    """SELECT the PIV application; the beginning of the CHUID, None on a blank card. Raises `CardWrongKind`, `CardBadAnswer`."""
    files.select(connection, operator_card.AID, fci=True)
    return operator_card.try_identity(connection)


def condition(connection: SmartCardConnection) -> BadgeCondition:
    """What is on the badge. Costs no try. Raises `CardBadAnswer`, also for a CHUID that cannot be taken apart."""
    chuid = _read_object(connection, operator_card.CHUID)
    guid, expires = (None, None) if chuid is None else piv_objects.read_chuid(chuid)
    certificates = dict[KeyRole, str | None]()
    for role, (_, tag) in operator_card.KEY_OBJECTS.items():
        held = _read_object(connection, tag)
        if held is not None:
            certificates |= _fingerprint(role, held)
    tries = operator_card.tries_left(connection, PinKind.BADGE)
    return BadgeCondition(guid, expires, MappingProxyType(certificates), tries.count)


def authenticate(connection: SmartCardConnection, keys: Sequence[ManagementKey]) -> ManagementKey:
    """Prove to the card that we are its administrator, with the first of `keys` that is the card's; that key.

    Mutual where the card does that, so that it proves to have the key as well, else external (SP 800-73-4 part 2, 3.2.4 and A.1,
    A.2). A key is tried once, and only where the card answers to its algorithm, which costs nothing to ask.
    Raises `ManagementKeyWrong`: `algorithm` (the card has another kind of key), `refused` (none of these), `blocked`,
    `not_proven` (the card took the key and does not have it), and `CardBadAnswer`.
    """
    tried, foreign = list[ManagementKey](), set[ManagementAlgorithm]()
    for key in keys:
        if key in tried or key.algorithm in foreign:
            continue
        taken = _prove(connection, key)
        if taken:
            return key
        if taken is None:
            foreign.add(key.algorithm)
        else:
            tried.append(key)
    raise ManagementKeyWrong(command=AUTHENTICATE, problem="refused" if tried else "algorithm")


def set_management_key(connection: SmartCardConnection, key: ManagementKey) -> bool:
    """Put in another management key, and authenticate with it. False on a card that has no such command: nothing has changed.

    SP 800-73-4 leaves this to the maker; the command is Yubico's. Raises `CardBadAnswer` for an answer that leaves open which key the
    card has, `ManagementKeyWrong` when it has not the new one.
    """
    wanted = bytearray((key.algorithm, MANAGEMENT, len(key.octets))) + key.octets
    try:
        answer = connection.transmit(commands.set_management_key(wanted))
    finally:
        wipe(wanted)
    if answer.sw in NO_SUCH_COMMAND:
        return False
    if answer.sw != StatusWord.SUCCESS:
        raise CardBadAnswer(command=SET_KEY, sw=answer.sw)
    authenticate(connection, (key,))
    return True


def write_chuid(connection: SmartCardConnection, guid: bytes, expires: date) -> None:
    """Write the card holder unique identifier: 16 bytes of GUID, and when the badge ends; read it again.

    Raises `BadgeUnfit` (`no_space`), `CardBadAnswer`.
    """
    _write_object(connection, operator_card.CHUID, piv_objects.chuid(guid, expires))


def ensure_capabilities(connection: SmartCardConnection, guid: bytes) -> bool:
    """Write a card capability container where the card has none; whether it had none. Raises as `write_chuid`."""
    if _read_object(connection, CAPABILITIES) is not None:
        return False
    number = sha256(b"card number\0" + guid).digest()[: piv_objects.CARD_NUMBER_BYTES]
    _write_object(connection, CAPABILITIES, piv_objects.capabilities(number))
    return True


def generate_key(connection: SmartCardConnection, role: KeyRole, kind: PublicKeyKind) -> bytes:
    """Make a new key in the card, in place of the one of that role; its public half as SubjectPublicKeyInfo (DER).

    The old certificate of that role stays until `write_certificate`. Takes up to two minutes (`commands.KEY_GENERATION_S`).
    Raises `BadgeUnfit`: `algorithm` (the card does not make such keys), `weak_key` (CVE-2017-15361), and `CardBadAnswer`.
    """
    key, _ = operator_card.KEY_OBJECTS[role]
    answer = connection.transmit(commands.generate_key_pair(key, piv_public_key.generation_request(kind)))
    if answer.sw in NO_SUCH_KEY_KIND:
        raise BadgeUnfit(command=GENERATE, sw=answer.sw, problem="algorithm")
    if answer.sw != StatusWord.SUCCESS:
        raise CardBadAnswer(command=GENERATE, sw=answer.sw)
    return piv_public_key.read_public_key(answer.data, kind)


def write_certificate(connection: SmartCardConnection, role: KeyRole, der: bytes) -> None:
    """Write the certificate of a key, uncompressed, and read it again. Raises `BadgeUnfit` (`no_space`), `CardBadAnswer`."""
    _, tag = operator_card.KEY_OBJECTS[role]
    _write_object(connection, tag, piv_objects.certificate(der))


def _read_object(connection: SmartCardConnection, tag: bytes) -> bytes | None:
    """A whole object, its `53` included; None where there is none or it was emptied."""
    answer = connection.transmit(commands.get_data(tag))
    if answer.sw == StatusWord.NOT_FOUND:
        return None
    if answer.sw != StatusWord.SUCCESS:
        raise CardBadAnswer(command=GET_DATA, sw=answer.sw)
    return answer.data if tlv.first(answer.data)[0].value else None


def _write_object(connection: SmartCardConnection, tag: bytes, content: bytes) -> None:
    answer = connection.transmit(commands.put_data(tag, content))
    if answer.sw == StatusWord.NO_SPACE:
        raise BadgeUnfit(command=PUT_DATA, sw=answer.sw, problem="no_space")
    if answer.sw != StatusWord.SUCCESS:
        raise CardBadAnswer(command=PUT_DATA, sw=answer.sw)
    if _read_object(connection, tag) != tlv.encode(commands.DISCRETIONARY_DATA, content):
        raise CardBadAnswer(command=PUT_DATA, problem="not_as_written")


def _fingerprint(role: KeyRole, held: bytes) -> dict[KeyRole, str | None]:
    """What `condition` says of one certificate object. Only the bytes are judged here: the card has answered."""
    try:
        return {role: sha256(piv_data.read_certificate(held)).hexdigest()}
    except CardItemAbsent:
        return {}
    except CardBadAnswer:
        return {role: None}


def _prove(connection: SmartCardConnection, key: ManagementKey) -> bool | None:
    """Whether the card takes this key; None where its algorithm is not the card's. Mutual, else external."""
    witness = _ask_for(connection, key, WITNESS)
    if witness is not None:
        return _prove_both(connection, key, witness)
    challenge = _ask_for(connection, key, CHALLENGE)
    if challenge is not None:
        response = tlv.encode(RESPONSE, key.encrypt(challenge))
        return _taken(_general_authenticate(connection, key, response))
    return None


def _prove_both(connection: SmartCardConnection, key: ManagementKey, witness: bytes) -> bool:
    challenge = secrets.token_bytes(key.algorithm.block_bytes)
    # Without an empty 82: makinako/OpenFIPS201 takes that for an order to encrypt, arekinath/PivApplet and Yubico want none.
    both = tlv.encode(WITNESS, key.decrypt(witness)) + tlv.encode(CHALLENGE, challenge)
    answer = _general_authenticate(connection, key, both)
    if not _taken(answer):
        return False
    if not hmac.compare_digest(_block(answer, RESPONSE, key), key.encrypt(challenge)):
        raise ManagementKeyWrong(command=AUTHENTICATE, problem="not_proven")
    return True


def _ask_for(connection: SmartCardConnection, key: ManagementKey, tag: int) -> bytes | None:
    """A witness or a challenge for the key's algorithm; None where the card does not give one."""
    answer = _general_authenticate(connection, key, tlv.encode(tag, b""))
    if answer.sw in OTHER_ALGORITHM:
        return None
    if not _taken(answer):
        raise CardBadAnswer(command=AUTHENTICATE, sw=answer.sw)
    return _block(answer, tag, key)


def _general_authenticate(connection: SmartCardConnection, key: ManagementKey, inside: bytes) -> ResponseApdu:
    template = tlv.encode(TEMPLATE, inside)
    command: CommandApdu = commands.general_authenticate(key.algorithm, MANAGEMENT, template)
    return connection.transmit(command)


def _taken(answer: ResponseApdu) -> bool:
    """Whether the card said yes. Raises `ManagementKeyWrong` (`blocked`), `CardBadAnswer` for what is neither yes nor no."""
    if answer.sw == StatusWord.SUCCESS:
        return True
    if answer.sw in BLOCKED:
        raise ManagementKeyWrong(command=AUTHENTICATE, sw=answer.sw, problem="blocked")
    if answer.sw in WRONG_KEY or tries_left(answer.sw) is not None:
        return False
    raise CardBadAnswer(command=AUTHENTICATE, sw=answer.sw)


def _block(answer: ResponseApdu, tag: int, key: ManagementKey) -> bytes:
    """The one block that the template of an answer holds under `tag`."""
    outer, rest = tlv.first(answer.data)
    found = tlv.one(tlv.parse(outer.value), tag) if outer.tag == TEMPLATE and not rest else None
    if found is None or len(found.value) != key.algorithm.block_bytes:
        raise CardBadAnswer(command=AUTHENTICATE, problem="block")
    return found.value
