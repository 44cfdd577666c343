"""Tables of the 券面事項入力補助AP: AID, EFs, PINs, keys, commands, each with its clause."""

from applets_spec.clauses import Clause
from applets_spec.filesystem import AppletTable, CommandRow, FileRow, KeyRow, PinRow
from applets_spec.iso7816 import Ins

PIN_EF = 0x0011
VERIFICATION_A_EF = 0x0014
VERIFICATION_B_EF = 0x0015
INTERNAL_KEY_EF = 0x0013
TEXT_FILLER = 0xFF

CLAUSES = (
    Clause(
        "card-info.aid",
        "jpki/myna src/text.rs and nine others",
        "The 券面事項入力補助AP has the AID D3921000310001010408.",
    ),
    Clause(
        "card-info.my-number",
        "jpki/myna; jpki-rs; myna-card",
        "EF 0001: FF10 0C and 12 digits, filled up with FF to 17 bytes; opens with 0011 or 0014.",
    ),
    Clause(
        "card-info.basic-four",
        "jpki/myna; jpki-rs; myna-card",
        "EF 0002: FF20 with DF21 to DF25, UTF-8, filled up with FF; opens with 0011 or 0015.",
    ),
    Clause("card-info.basic-four-size", "-", "The size of EF 0002 is not public; 1024 bytes.", True),
    Clause(
        "card-info.offset-table",
        "myna-card",
        "DF21: four 16-bit offsets from the start of the file; they point at the tags.",
        True,
    ),
    Clause(
        "card-info.hashes",
        "jpki/myna (Go); myna-card",
        "EF 0003, 336 bytes: SHA-256 of EF 0001 with filler, SHA-256 of DF22 to DF25, signature.",
    ),
    Clause("card-info.hashes-access", "-", "What opens EF 0003 is not public; PIN 0011.", True),
    Clause(
        "card-info.hashes-signature",
        "-",
        "DF33 signs both hashes, PKCS#1 v1.5 with SHA-256, with the key of EF 0004.",
        True,
    ),
    Clause(
        "card-info.cv-certificate",
        "jpki/myna (Go); myna-card; sc-tools-myna",
        "EF 0004: card-verifiable certificate 7F21, 568 bytes, free.",
    ),
    Clause(
        "card-info.application-info",
        "jpki/myna; myna-card",
        "EF 0005: FF40 with DF41 (01030E01), DF42 key id, DF43 of 128 bytes, free.",
    ),
    Clause(
        "card-info.session-key",
        "myna-card; sc-tools-myna",
        "EF 0006: public key for the session key, free; its encoding is assumed.",
        True,
    ),
    Clause(
        "card-info.internal-certificate",
        "myna-card; sc-tools-myna",
        "EF 0007: FF50 with DF51 public key of 0013, DF52 signature, free.",
    ),
    Clause("card-info.ef-0008", "myna-card", "EF 0008: sixteen FF bytes; free is assumed.", True),
    Clause("card-info.pin", "jpki/myna and ten others", "EF 0011: 4 digits, 3 tries."),
    Clause("card-info.pin-0012", "myna-card", "EF 0012 is blocked from issuance: 63C0 and 6984."),
    Clause("card-info.internal-key", "myna-card; sc-tools-myna", "80 2A 00 00 signs with key 0013, without any PIN."),
    Clause(
        "card-info.verification-a",
        "myna-card",
        "EF 0014: 照合番号A, the 12-digit individual number; opens 0001, not 0002.",
    ),
    Clause("card-info.verification-b", "myna-card", "EF 0015: 照合番号B, 14 digits; opens 0002, not 0001."),
    Clause("card-info.verification-tries", "sc-tools-myna", "照合番号A and B have 10 tries; one source says 3.", True),
    Clause(
        "card-info.session",
        "myna-card src/sm.rs",
        "80 AE without PIN answers 6982; secure messaging after a PIN is not offered: 6982 too.",
        True,
    ),
)

TABLE = AppletTable(
    name="card_info",
    aid=bytes.fromhex("D3921000310001010408"),
    clause="card-info.aid",
    efs=(
        FileRow(0x0001, "my_number", "card-info.my-number", (PIN_EF, VERIFICATION_A_EF), size=17, filler=TEXT_FILLER),
        FileRow(
            0x0002, "basic_four", "card-info.basic-four", (PIN_EF, VERIFICATION_B_EF), size=1024, filler=TEXT_FILLER
        ),
        FileRow(0x0003, "hashes", "card-info.hashes", (PIN_EF,)),
        FileRow(0x0004, "cv_certificate", "card-info.cv-certificate"),
        FileRow(0x0005, "application_info", "card-info.application-info"),
        FileRow(0x0006, "session_public_key", "card-info.session-key"),
        FileRow(0x0007, "internal_certificate", "card-info.internal-certificate"),
        FileRow(0x0008, "unknown_0008", "card-info.ef-0008", size=16, filler=0xFF),
        PinRow(PIN_EF, "pin", "card-info.pin", 3, 4, 4, changeable=True),
        PinRow(0x0012, "blocked_0012", "card-info.pin-0012", 3, 4, 4),
        KeyRow(INTERNAL_KEY_EF, "internal_key", "card-info.internal-key"),
        PinRow(VERIFICATION_A_EF, "verification_a", "card-info.verification-a", 10, 12, 12),
        PinRow(VERIFICATION_B_EF, "verification_b", "card-info.verification-b", 10, 14, 14),
    ),
    commands=(
        CommandRow(0x00, Ins.SELECT, "select.ef"),
        CommandRow(0x00, Ins.READ_BINARY, "read.current"),
        CommandRow(0x00, Ins.READ_RECORD, "read.record"),
        CommandRow(0x00, Ins.VERIFY, "pin.verify"),
        CommandRow(0x00, Ins.CHANGE_REFERENCE_DATA, "pin.change"),
        CommandRow(0x80, Ins.UNLOCK_KEY, "pin.unlock"),
        CommandRow(0x00, Ins.GET_CHALLENGE, "key.challenge"),
        CommandRow(0x80, Ins.PERFORM_SECURITY_OPERATION, "card-info.internal-key"),
        CommandRow(0x80, Ins.SET_SESSION_KEY, "card-info.session"),
    ),
    internal_key=INTERNAL_KEY_EF,
)
