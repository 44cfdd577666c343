"""Tables of the 共通AP: the card record, PIN 001C, the internal key 0019."""

from applets_spec.clauses import Clause
from applets_spec.filesystem import AppletTable, CommandRow, FileRow, KeyRow, PinRow
from applets_spec.iso7816 import Ins, StatusWord

CLAUSES = (
    Clause("common-card.aid", "myna-card; sc-tools-myna; jpki/myna", "The 共通AP has the AID D3921000310001010100."),
    Clause(
        "common-card.record",
        "myna-card; sc-tools-myna; jpki/myna",
        "EF 0001 record 1: simple TLV 01 1C, 15 digits serial, 5 municipality, 8 expiry; free.",
    ),
    Clause("common-card.key", "myna-card", "EF 0002 is a key reference: 6A88 when used.", True),
    Clause(
        "common-card.internal-key", "myna-card", "INTERNAL AUTHENTICATE works with EF 0019; its form is assumed.", True
    ),
    Clause("common-card.pin", "myna-card", "EF 001C: 4 digits, 3 tries, apart from the one of the 住基AP."),
    Clause("common-card.change", "myna-card", "PIN 001C is changed with CHANGE KEY (80 32); 00 24 answers 6D00.", True),
)

TABLE = AppletTable(
    name="common_card",
    aid=bytes.fromhex("D3921000310001010100"),
    clause="common-card.aid",
    efs=(
        FileRow(0x0001, "card_record", "common-card.record", records=True),
        KeyRow(0x0002, "unknown_key_0002", "common-card.key"),
        KeyRow(0x0019, "internal_key", "common-card.internal-key"),
        PinRow(0x001C, "pin", "common-card.pin", 3, 4, 4, changeable=True),
    ),
    commands=(
        CommandRow(0x00, Ins.SELECT, "select.ef"),
        CommandRow(0x00, Ins.READ_BINARY, "read.current"),
        CommandRow(0x00, Ins.READ_RECORD, "common-card.record"),
        CommandRow(0x00, Ins.VERIFY, "pin.verify"),
        CommandRow(0x80, Ins.CHANGE_KEY, "common-card.change"),
        CommandRow(0x80, Ins.UNLOCK_KEY, "pin.unlock"),
        CommandRow(0x00, Ins.GET_CHALLENGE, "key.challenge"),
        CommandRow(0x00, Ins.INTERNAL_AUTHENTICATE, "common-card.internal-key"),
        CommandRow(0x80, Ins.SET_SESSION_KEY, "key.session"),
    ),
    session_key_sw=StatusWord.SESSION_KEY_REFUSED,
)
