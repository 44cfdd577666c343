"""`errors.list`: the table of errors, in both languages."""

from typing import Literal

from cardd.wire.base import WireModel

METHOD = "errors.list"


class TwoLanguages(WireModel):
    ja: str
    en: str


class ErrorRow(WireModel):
    name: str
    number: int
    actor: Literal["clerk", "resident", "supervisor", "it", "program"]
    retryable: bool
    exit_code: int
    message: TwoLanguages
    remedy: TwoLanguages
    doc: str


class Result(WireModel):
    errors: tuple[ErrorRow, ...]
