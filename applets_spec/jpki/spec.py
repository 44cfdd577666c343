"""Tables of the JPKI-AP: AID, EFs, PINs, keys, commands, each with its clause."""

from applets_spec.clauses import Clause
from applets_spec.filesystem import AppletTable, CommandRow, FileRow, KeyRow, PinRow
from applets_spec.iso7816 import Ins

AUTHENTICATION_PIN_EF = 0x0018
SIGNATURE_PIN_EF = 0x001B

CLAUSES = (
    Clause("jpki.aid", "OpenSC card-jpki.c and twelve others", "The JPKI-AP has the AID D392F000260100000001."),
    Clause(
        "jpki.signature-certificate",
        "jpki/OpenSC issue 3; jpki/myna",
        "EF 0001 opens with the signature PIN; 3808 bytes, filled up with 00.",
    ),
    Clause(
        "jpki.ca-certificate",
        "OpenSC card-jpki.c",
        "EF 0002 and 000B hold the CA certificates, free; 1900 bytes, filled up with 00.",
    ),
    Clause(
        "jpki.token-info",
        "jpki/myna; myna-card",
        "EF 0006: 160 bytes in the manner of PKCS#11 token information, free; label first.",
    ),
    Clause(
        "jpki.availability",
        "myna-card; sc-tools-myna",
        "EF 0008: 3 bytes, 8F = certificate there, 00 = absent: signature, authentication, unknown.",
    ),
    Clause("jpki.ef-0009", "myna-card", "EF 0009 is mentioned without content: it is not there on this card.", True),
    Clause(
        "jpki.authentication-certificate",
        "OpenSC card-jpki.c and others",
        "EF 000A: 3808 bytes, filled up with 00, free.",
    ),
    Clause(
        "jpki.unknown-keys",
        "myna-card; sc-tools-myna",
        "EF 0010 and 0016 are key references whose use is not public: 6A88.",
        True,
    ),
    Clause("jpki.authentication-key", "OpenSC card-jpki.c and others", "EF 0017 opens with the authentication PIN."),
    Clause("jpki.authentication-pin", "OpenSC card-jpki.c and others", "EF 0018: 4 digits, 3 tries."),
    Clause("jpki.signature-key", "OpenSC card-jpki.c and others", "EF 001A opens with the signature PIN."),
    Clause("jpki.signature-pin", "OpenSC card-jpki.c; sc-tools-myna", "EF 001B: 6 to 16 characters A-Z 0-9, 5 tries."),
    Clause(
        "jpki.terminal-authentication",
        "myna-card; sc-tools-myna",
        "80 A2 (PIN-less use by terminals) is not there: 6D00.",
        True,
    ),
    Clause(
        "jpki.child",
        "myna-card (EF 0008)",
        "A card without signature certificate has no signature key, EF 0001 empty, PIN 001B blocked.",
        True,
    ),
    Clause(
        "jpki.juki-card",
        "jpki/myna (Go), README",
        "住基カード: label JPKIAPICCTOKEN; the layout of the My Number card is assumed.",
        True,
    ),
)

TABLE = AppletTable(
    name="jpki",
    aid=bytes.fromhex("D392F000260100000001"),
    clause="jpki.aid",
    efs=(
        FileRow(0x0001, "signature_certificate", "jpki.signature-certificate", (SIGNATURE_PIN_EF,), size=3808),
        FileRow(0x0002, "signature_ca", "jpki.ca-certificate", size=1900),
        FileRow(0x0006, "token_info", "jpki.token-info", size=160),
        FileRow(0x0008, "availability", "jpki.availability", size=3),
        FileRow(0x000A, "authentication_certificate", "jpki.authentication-certificate", size=3808),
        FileRow(0x000B, "authentication_ca", "jpki.ca-certificate", size=1900),
        KeyRow(0x0010, "unknown_key_0010", "jpki.unknown-keys"),
        KeyRow(0x0016, "terminal_ca_key", "jpki.unknown-keys"),
        KeyRow(0x0017, "authentication_key", "jpki.authentication-key", (AUTHENTICATION_PIN_EF,)),
        PinRow(AUTHENTICATION_PIN_EF, "authentication", "jpki.authentication-pin", 3, 4, 4, changeable=True),
        KeyRow(0x001A, "signature_key", "jpki.signature-key", (SIGNATURE_PIN_EF,)),
        PinRow(SIGNATURE_PIN_EF, "signature", "jpki.signature-pin", 5, 6, 16, changeable=True),
    ),
    commands=(
        CommandRow(0x00, Ins.SELECT, "select.ef"),
        CommandRow(0x00, Ins.READ_BINARY, "read.current"),
        CommandRow(0x00, Ins.READ_RECORD, "read.record"),
        CommandRow(0x00, Ins.VERIFY, "pin.verify"),
        CommandRow(0x00, Ins.CHANGE_REFERENCE_DATA, "pin.change"),
        CommandRow(0x80, Ins.UNLOCK_KEY, "pin.unlock"),
        CommandRow(0x00, Ins.GET_CHALLENGE, "key.challenge"),
        CommandRow(0x80, Ins.PERFORM_SECURITY_OPERATION, "key.sign"),
        CommandRow(0x80, Ins.SET_SESSION_KEY, "key.session"),
    ),
)
