"""How a visible signature looks."""

from dataclasses import dataclass, field
from datetime import datetime

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.stamp import BaseStampStyle, NoOpStampStyle


@dataclass(frozen=True, slots=True)
class Appearance:
    """What stands in the box and where the box stands."""

    name: str = field(default="", repr=False)


class Shown:
    """An appearance made ready for one document."""

    def __init__(self, appearance: Appearance, at: datetime, reader: PdfFileReader, field_name: str) -> None:
        self.page = -1
        self.box = None
        self.lacking = ""
        self.style: BaseStampStyle = NoOpStampStyle()
