"""Tables of the 券面事項確認AP: AID, EFs, PINs, commands, each with its clause."""

from applets_spec.clauses import Clause
from applets_spec.filesystem import AppletTable, CommandRow, FileRow, KeyRow, PinRow
from applets_spec.iso7816 import Ins, StatusWord

BIRTH_DATE_EF = 0x0011
VERIFICATION_B_EF = 0x0012
VERIFICATION_A_EF = 0x0013
INTERNAL_KEY_EF = 0x0014
FACE_FILLER = 0xFF

CLAUSES = (
    Clause(
        "card-surface.aid", "jpki/myna src/visual.rs and others", "The 券面事項確認AP has the AID D3921000310001010402."
    ),
    Clause(
        "card-surface.age",
        "myna-card; jpki-rs",
        "EF 0001: FF10 with birth date DF11, public key DF12, signature DF13; opens with 0011.",
    ),
    Clause(
        "card-surface.face",
        "jpki/myna; jpki-rs; myna-card",
        "EF 0002: FF20 with DF21 to DF2A, images among them; opens with 0012 or 0013.",
    ),
    Clause("card-surface.face-size", "-", "The size of EF 0002 is not public; 8192 bytes, filled up with FF.", True),
    Clause(
        "card-surface.images",
        "myna-card; jpki-rs; jpki/myna",
        "Name, address, security code: 1-bit PNG; photo: JPEG 2000, grey.",
    ),
    Clause(
        "card-surface.face-signature",
        "myna-card",
        "DF28 signs SHA-256 of DF22-24, of DF25-26, of DF27; DF29 and DF2A are not signed.",
    ),
    Clause(
        "card-surface.offset-table",
        "myna-card",
        "DF21: 16-bit offsets from the start of the file, of the tags DF22 to DF2A.",
        True,
    ),
    Clause(
        "card-surface.application-info",
        "jpki/myna; myna-card",
        "EF 0003: FF30 with DF31 to DF35, free; the content of DF35 (272 bytes) is assumed.",
        True,
    ),
    Clause("card-surface.cv-certificate", "myna-card", "EF 0004: card-verifiable certificate, free."),
    Clause(
        "card-surface.my-number-image",
        "myna-card",
        "EF 0005: FF40 with DF41 number image, DF42 public key, DF43 signature; opens with 0013 only.",
    ),
    Clause("card-surface.ef-0006", "myna-card", "EF 0006: sixteen FF bytes; opens with 0012 or 0013."),
    Clause("card-surface.birth-date", "myna-card; jpki-rs", "EF 0011: birth date, 6 digits, year of the Japanese era."),
    Clause("card-surface.verification-b", "myna-card; sc-tools-myna; jpki-rs", "EF 0012: 照合番号B."),
    Clause(
        "card-surface.verification-a", "jpki/myna; jpki-rs; myna-card", "EF 0013: 照合番号A, the individual number."
    ),
    Clause(
        "card-surface.tries",
        "sc-tools-myna",
        "照合番号A and B and the birth date have 10 tries; one source says 3.",
        True,
    ),
    Clause(
        "card-surface.internal-key",
        "myna-card",
        "80 2A 00 00 signs with the internal key; the key's EF (0014) is assumed.",
        True,
    ),
)

TABLE = AppletTable(
    name="card_surface",
    aid=bytes.fromhex("D3921000310001010402"),
    clause="card-surface.aid",
    efs=(
        FileRow(0x0001, "age", "card-surface.age", (BIRTH_DATE_EF,)),
        FileRow(
            0x0002, "face", "card-surface.face", (VERIFICATION_B_EF, VERIFICATION_A_EF), size=8192, filler=FACE_FILLER
        ),
        FileRow(0x0003, "application_info", "card-surface.application-info"),
        FileRow(0x0004, "cv_certificate", "card-surface.cv-certificate"),
        FileRow(0x0005, "my_number_image", "card-surface.my-number-image", (VERIFICATION_A_EF,)),
        FileRow(
            0x0006, "unknown_0006", "card-surface.ef-0006", (VERIFICATION_B_EF, VERIFICATION_A_EF), size=16, filler=0xFF
        ),
        PinRow(BIRTH_DATE_EF, "birth_date", "card-surface.birth-date", 10, 6, 6),
        PinRow(VERIFICATION_B_EF, "verification_b", "card-surface.verification-b", 10, 14, 14),
        PinRow(VERIFICATION_A_EF, "verification_a", "card-surface.verification-a", 10, 12, 12),
        KeyRow(INTERNAL_KEY_EF, "internal_key", "card-surface.internal-key"),
    ),
    commands=(
        CommandRow(0x00, Ins.SELECT, "select.ef"),
        CommandRow(0x00, Ins.READ_BINARY, "read.current"),
        CommandRow(0x00, Ins.READ_RECORD, "read.record"),
        CommandRow(0x00, Ins.VERIFY, "pin.verify"),
        CommandRow(0x80, Ins.UNLOCK_KEY, "pin.unlock"),
        CommandRow(0x00, Ins.GET_CHALLENGE, "key.challenge"),
        CommandRow(0x80, Ins.PERFORM_SECURITY_OPERATION, "card-surface.internal-key"),
        CommandRow(0x80, Ins.SET_SESSION_KEY, "key.session"),
    ),
    internal_key=INTERNAL_KEY_EF,
    session_key_sw=StatusWord.SESSION_KEY_REFUSED,
)
