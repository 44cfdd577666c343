"""住基AP: only its PIN (住民基本台帳用暗証番号) is known publicly; the 住民票コード is not read.

Facts: soltia48/myna-card `src/ap`; yuki-js/sc-tools-myna. A command that changes this PIN (`80 32`) is reported by one source
alone, and a second copy of the PIN lives in another application: so it is not changed here.
"""

from types import MappingProxyType

from cardd.cards.card_type import Application, PinSpec
from cardd.iso7816 import files
from cardd.iso7816.connection import SmartCardConnection
from cardd.model import PinKind, PinShape

AID = bytes.fromhex("D3921000310001010401")
PIN_FILE = 0x001C

PIN_FILES = MappingProxyType({PinKind.RESIDENT_REGISTER: PIN_FILE})
PINS = MappingProxyType(
    {PinKind.RESIDENT_REGISTER: PinSpec(Application.RESIDENT_REGISTER, PinShape(4, 4, "digits"), tries=3)}
)


def select(connection: SmartCardConnection) -> None:
    """SELECT the application. No file in it is free to read, so it shows no identity. Raises `CardWrongKind`, `CardBadAnswer`."""
    files.select(connection, AID)
