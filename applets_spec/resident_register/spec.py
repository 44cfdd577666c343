"""Tables of the 住基AP. No public source tells how the resident code is stored or read: this card does not show it."""

from applets_spec.clauses import Clause
from applets_spec.filesystem import AppletTable, CommandRow, KeyRow, PinRow
from applets_spec.iso7816 import Ins

CLAUSES = (
    Clause("resident-register.aid", "myna-card; sc-tools-myna", "The 住基AP has the AID D3921000310001010401."),
    Clause("resident-register.key", "myna-card", "EF 0002 is a key reference: 6A88 when used.", True),
    Clause("resident-register.pin", "myna-card; sc-tools-myna", "EF 001C: 4 digits, 3 tries (住民基本台帳用暗証番号)."),
    Clause(
        "resident-register.change",
        "myna-card",
        "PIN 001C is changed with CHANGE KEY (80 32); 00 24 answers 6D00.",
        True,
    ),
)

TABLE = AppletTable(
    name="resident_register",
    aid=bytes.fromhex("D3921000310001010401"),
    clause="resident-register.aid",
    efs=(
        KeyRow(0x0002, "unknown_key_0002", "resident-register.key"),
        PinRow(0x001C, "pin", "resident-register.pin", 3, 4, 4, changeable=True),
    ),
    commands=(
        CommandRow(0x00, Ins.SELECT, "select.ef"),
        CommandRow(0x00, Ins.READ_BINARY, "read.current"),
        CommandRow(0x00, Ins.READ_RECORD, "read.record"),
        CommandRow(0x00, Ins.VERIFY, "pin.verify"),
        CommandRow(0x80, Ins.CHANGE_KEY, "resident-register.change"),
        CommandRow(0x80, Ins.UNLOCK_KEY, "pin.unlock"),
        CommandRow(0x00, Ins.GET_CHALLENGE, "key.challenge"),
        CommandRow(0x80, Ins.SET_SESSION_KEY, "key.session"),
    ),
)
