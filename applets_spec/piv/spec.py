"""The PIV card application as tables: identifiers, references, data objects, keys, algorithms, commands, each with its clause."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum, unique

from applets_spec.clauses import Clause
from applets_spec.iso7816 import Ins, StatusWord

PART_1 = "NIST SP 800-73-4 part 1"
PART_2 = "NIST SP 800-73-4 part 2"
SP_800_78 = "NIST SP 800-78-4"

CLAUSES = (
    Clause(
        "piv.select",
        f"{PART_2}, 3.1.1",
        "SELECT by AID, with or without version, answers the application property template.",
    ),
    Clause(
        "piv.select-again",
        f"{PART_2}, 3.1.1",
        "The standard keeps the security status when PIV is selected again; Java Card applets lose it. Default: lost.",
    ),
    Clause(
        "piv.select-other",
        f"{PART_2}, 3.1.1",
        "Another application that is on the card takes the security status away; an unknown AID does not.",
    ),
    Clause(
        "piv.get-data",
        f"{PART_2}, 3.1.2",
        "GET DATA names one object by 5C; 6A82 when it is absent, 6982 when its PIN is not verified.",
    ),
    Clause("piv.objects", f"{PART_1}, 4.3 and table 2", "Data objects, their tags and their access rules."),
    Clause(
        "piv.discovery",
        f"{PART_1}, 3.3.2",
        "The discovery object comes without the 53 wrapper and says which PINs there are.",
    ),
    Clause(
        "piv.put-data",
        f"{PART_2}, 3.3.1",
        "PUT DATA needs the management key; objects come chained, empty ones delete.",
    ),
    Clause("piv.pin-format", f"{PART_2}, 2.4.3", "PIN: 6 to 8 digits, FF up to 8 bytes. PUK: 8 bytes."),
    Clause(
        "piv.pin-format-tries",
        f"{PART_2}, 3.2.1",
        "A PIN of wrong format answers 6A80 and costs nothing, or 63CX and costs a try: the card chooses.",
    ),
    Clause(
        "piv.verify",
        f"{PART_2}, 3.2.1",
        "VERIFY: 63CX and a try less when wrong, 6983 without comparing when blocked, 6A88 for other references.",
    ),
    Clause(
        "piv.verify-status",
        f"{PART_2}, 3.2.1",
        "VERIFY without data tells 9000 when verified, else 63CX; it costs nothing.",
    ),
    Clause("piv.verify-logout", f"{PART_2}, 3.2.1", "VERIFY with P1 = FF and no data takes the status away."),
    Clause(
        "piv.change",
        f"{PART_2}, 3.2.2",
        "CHANGE REFERENCE DATA for PIN and PUK: a new PIN of wrong format is 6A80 and costs nothing; then the old value counts.",
    ),
    Clause(
        "piv.reset-retry",
        f"{PART_2}, 3.2.3",
        "RESET RETRY COUNTER sets a new PIN with the PUK; the PIN's status stays as it was. A wrong PUK takes it away.",
    ),
    Clause("piv.pin-once", f"{PART_1}, table 4b", "9A, 9D and retired keys: the PIN once in a session. 9E: never."),
    Clause("piv.pin-always", f"{PART_1}, table 4b; {PART_2}, 3.2.4", "9C: VERIFY is the command immediately before."),
    Clause(
        "piv.sign",
        f"{PART_2}, 3.2.4 and A.4",
        "81 holds the padded block (RSA, modulus length) or the hash (EC, field length).",
    ),
    Clause(
        "piv.key-agreement",
        f"{PART_2}, 3.2.4 and A.5",
        "85 holds the other point; only for key management keys; the answer is the x coordinate.",
    ),
    Clause(
        "piv.management",
        f"{PART_2}, 3.2.4 and A.1 to A.3",
        "9B: mutual (witness and challenge) or single (challenge) authentication, in ECB, one block.",
    ),
    Clause(
        "piv.management-once", f"{PART_2}, A.1", "A challenge or witness lives for the next command only.", assumed=True
    ),
    Clause(
        "piv.generate",
        f"{PART_2}, 3.3.2",
        "GENERATE ASYMMETRIC KEY PAIR for 9A, 9C, 9D, 9E after the management key; nothing but that key changes, "
        "its certificate stays until another is put.",
    ),
    Clause(
        "piv.algorithms",
        f"{SP_800_78}, tables 3-1, 5-1 and 6-2",
        "Algorithm identifiers and what keys may use them: RSA 2048 and P-256 all, P-384 only 9C and 9D; others are 6A80.",
    ),
    Clause("piv.empty-key", "arekinath/PivApplet", "A key reference that holds no key answers 6A88.", assumed=True),
    Clause(
        "piv.management-apart",
        f"{PART_1}, table 2; {PART_2}, 3.2.4",
        "The management key opens writing and key generation; it opens nothing that is behind the PIN, nor the PIN what is behind it.",
    ),
    Clause(
        "piv.management-quirks",
        "arekinath/PivApplet",
        "A witness or response made with a wrong key answers 6982; PivApplet says 6A80.",
    ),
    Clause(
        "piv.management-single",
        f"{PART_2}, A.1 and A.2",
        "A card that gives no witness and only authenticates its administrator answers 6A80 to the request.",
        assumed=True,
    ),
    Clause(
        "piv.set-management-key", "yubikey-manager yubikit/piv.py", "Vendor command 00 FF FF FF: a new management key."
    ),
    Clause(
        "piv.contactless",
        f"{PART_2}, table 2 and 3.2; makinako/OpenFIPS201",
        "Without a virtual contact interface only free objects and 9E over contactless: others 6982, administration 6A81.",
    ),
    Clause("piv.old-counter", "OpenSC card-piv.c", "Early cards tell the tries in the low nibble of 630X."),
    Clause(
        "piv.reset", "ISO/IEC 7816-4:2020, 9.2", "A warm reset takes the security status away, as loss of power does."
    ),
    Clause(
        "piv.factory",
        "yubico-piv-tool; arekinath/PivApplet",
        "Factory values: PIN 123456, PUK 12345678, management key 0102030405060708 three times.",
    ),
)

RID = bytes.fromhex("A000000308")
PIX = bytes.fromhex("000010000100")
AID = RID + PIX
LABEL = b"TEST PIV badge"
REFERENCE_URL = b"http://csrc.nist.gov/npivp"


@unique
class Reference(IntEnum):
    """Key references of PINs (part 1, table 4a)."""

    GLOBAL_PIN = 0x00
    PIN = 0x80
    PUK = 0x81


@unique
class KeyRef(IntEnum):
    """Key references of keys (part 1, table 4b). Retired key management keys are 82 to 95."""

    AUTHENTICATION = 0x9A
    MANAGEMENT = 0x9B
    SIGNATURE = 0x9C
    KEY_MANAGEMENT = 0x9D
    CARD_AUTHENTICATION = 0x9E


RETIRED_KEYS = tuple(range(0x82, 0x96))


@unique
class Algorithm(IntEnum):
    """Cryptographic algorithm identifiers (SP 800-78-4, table 6-2)."""

    TDES_DEFAULT = 0x00
    TDES = 0x03
    RSA_2048 = 0x07
    AES_128 = 0x08
    AES_192 = 0x0A
    AES_256 = 0x0C
    P256 = 0x11
    P384 = 0x14


ASYMMETRIC = (Algorithm.RSA_2048, Algorithm.P256, Algorithm.P384)
GENERATED: Mapping[int, tuple[Algorithm, ...]] = {
    KeyRef.AUTHENTICATION: (Algorithm.RSA_2048, Algorithm.P256),
    KeyRef.SIGNATURE: ASYMMETRIC,
    KeyRef.KEY_MANAGEMENT: ASYMMETRIC,
    KeyRef.CARD_AUTHENTICATION: (Algorithm.RSA_2048, Algorithm.P256),
}
"""What a key may be generated as (SP 800-78-4, table 3-1)."""
MANAGEMENT_KEY_BYTES: Mapping[Algorithm, int] = {
    Algorithm.TDES: 24,
    Algorithm.AES_128: 16,
    Algorithm.AES_192: 24,
    Algorithm.AES_256: 32,
}
BLOCK_BYTES: Mapping[Algorithm, int] = {
    Algorithm.TDES: 8,
    Algorithm.AES_128: 16,
    Algorithm.AES_192: 16,
    Algorithm.AES_256: 16,
}


@unique
class KeyAccess(StrEnum):
    """When a key may be used."""

    FREE = "free"
    PIN_ONCE = "PIN once"
    PIN_ALWAYS = "PIN always"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One asymmetric key: when it may be used, and whether an EC key agrees (85) instead of signing (81)."""

    reference: int
    access: KeyAccess
    agrees: bool
    clause: str


KEYS: Mapping[int, KeyRow] = {
    row.reference: row
    for row in (
        KeyRow(KeyRef.AUTHENTICATION, KeyAccess.PIN_ONCE, False, "piv.pin-once"),
        KeyRow(KeyRef.SIGNATURE, KeyAccess.PIN_ALWAYS, False, "piv.pin-always"),
        KeyRow(KeyRef.KEY_MANAGEMENT, KeyAccess.PIN_ONCE, True, "piv.pin-once"),
        KeyRow(KeyRef.CARD_AUTHENTICATION, KeyAccess.FREE, False, "piv.pin-once"),
        *(KeyRow(reference, KeyAccess.PIN_ONCE, True, "piv.pin-once") for reference in RETIRED_KEYS),
    )
}


@unique
class Tag(IntEnum):
    """Tags of data objects (part 1, table 3)."""

    DISCOVERY = 0x7E
    BIOMETRIC_TEMPLATES = 0x7F61
    CARD_AUTHENTICATION_CERTIFICATE = 0x5FC101
    CHUID = 0x5FC102
    FINGERPRINTS = 0x5FC103
    AUTHENTICATION_CERTIFICATE = 0x5FC105
    SECURITY = 0x5FC106
    CAPABILITIES = 0x5FC107
    FACE = 0x5FC108
    PRINTED = 0x5FC109
    SIGNATURE_CERTIFICATE = 0x5FC10A
    KEY_MANAGEMENT_CERTIFICATE = 0x5FC10B
    KEY_HISTORY = 0x5FC10C
    IRIS = 0x5FC121
    MESSAGING_SIGNER = 0x5FC122
    PAIRING_CODE = 0x5FC123


RETIRED_CERTIFICATES = tuple(range(0x5FC10D, 0x5FC121))
CERTIFICATE_OF: Mapping[int, int] = {
    KeyRef.AUTHENTICATION: Tag.AUTHENTICATION_CERTIFICATE,
    KeyRef.SIGNATURE: Tag.SIGNATURE_CERTIFICATE,
    KeyRef.KEY_MANAGEMENT: Tag.KEY_MANAGEMENT_CERTIFICATE,
    KeyRef.CARD_AUTHENTICATION: Tag.CARD_AUTHENTICATION_CERTIFICATE,
    **dict(zip(RETIRED_KEYS, RETIRED_CERTIFICATES, strict=True)),
}

BEHIND_PIN = frozenset({Tag.FINGERPRINTS, Tag.FACE, Tag.PRINTED, Tag.IRIS, Tag.PAIRING_CODE})
"""Objects that need the PIN (part 1, table 2)."""
BARE_OBJECTS = frozenset({Tag.DISCOVERY, Tag.BIOMETRIC_TEMPLATES})
"""Objects that travel under their own tag instead of inside 53 (part 2, 3.1.2 and 3.3.1)."""
OBJECTS = frozenset({*Tag, *RETIRED_CERTIFICATES})
LARGEST_OBJECT = 12_710
"""Bytes of the largest container (part 1, table 7: fingerprints and face images up to that)."""

TAG_LIST = 0x5C
DATA = 0x53
DYNAMIC_AUTHENTICATION = 0x7C
WITNESS = 0x80
CHALLENGE = 0x81
RESPONSE = 0x82
EXPONENTIATION = 0x85
GENERATE_CONTROL = 0xAC
PUBLIC_KEY = 0x7F49

PIN_BYTES = 8
SHORTEST_PIN = 6
PAD = 0xFF
LOGOUT = 0xFF
SET_MANAGEMENT_KEY = 0xFF

FACTORY_PIN = b"123456"
FACTORY_PUK = b"12345678"
FACTORY_MANAGEMENT_KEY = bytes.fromhex("0102030405060708" * 3)
PIN_TRIES = 3
PUK_TRIES = 3


@dataclass(frozen=True, slots=True)
class CommandRow:
    """One command with class 00. `p1_p2`: the only value it may have, None = the command looks itself.

    `writes`: success changes the card.
    """

    ins: int
    clause: str
    p1_p2: int | None = None
    writes: bool = False


COMMANDS: Mapping[int, CommandRow] = {
    row.ins: row
    for row in (
        CommandRow(Ins.GET_DATA_ODD, "piv.get-data", p1_p2=0x3FFF),
        CommandRow(Ins.PUT_DATA, "piv.put-data", p1_p2=0x3FFF, writes=True),
        CommandRow(Ins.VERIFY, "piv.verify"),
        CommandRow(Ins.CHANGE_REFERENCE_DATA, "piv.change", writes=True),
        CommandRow(Ins.RESET_RETRY_COUNTER, "piv.reset-retry", writes=True),
        CommandRow(Ins.GENERAL_AUTHENTICATE, "piv.sign"),
        CommandRow(Ins.GENERATE_ASYMMETRIC, "piv.generate", writes=True),
        CommandRow(SET_MANAGEMENT_KEY, "piv.set-management-key", p1_p2=0xFFFF, writes=True),
    )
}

REFUSED_CONTACTLESS: Mapping[int, StatusWord] = {
    Ins.VERIFY: StatusWord.SECURITY_NOT_SATISFIED,
    Ins.CHANGE_REFERENCE_DATA: StatusWord.SECURITY_NOT_SATISFIED,
    Ins.RESET_RETRY_COUNTER: StatusWord.FUNCTION_NOT_SUPPORTED,
    Ins.PUT_DATA: StatusWord.FUNCTION_NOT_SUPPORTED,
    Ins.GENERATE_ASYMMETRIC: StatusWord.FUNCTION_NOT_SUPPORTED,
}
"""What these answer over contactless without a virtual contact interface (piv.contactless)."""
