"""`cards.list`: the cards that are there. No personal data."""

from typing import Literal

from cardd.wire.base import Handle, KindWord, WireModel

METHOD = "cards.list"


class CardRow(WireModel):
    card: Handle
    reader: str
    kind: KindWord
    """`unknown` while it is being identified."""
    use: Literal["idle", "busy", "stuck", "wrong_reader"]


class Result(WireModel):
    cards: tuple[CardRow, ...]
