"""`errors.list`: the table of errors, in both languages."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.ports import Call
from cardd.wire.base import Nothing
from cardd.wire.fault import TwoTexts
from cardd.wire.fault_table import ROWS
from cardd.wire.methods import errors_list as words


async def handle(_: Services, __: ConnectionContext, ___: Call, ____: Nothing) -> words.Result:
    """The whole table, in its order."""
    return words.Result(
        errors=tuple(
            words.ErrorRow(
                name=row.name,
                number=row.number,
                actor=row.actor,
                retryable=row.retryable,
                exit_code=row.exit_code,
                message=_both(row.message),
                remedy=_both(row.remedy),
                doc=row.doc,
            )
            for row in ROWS
        )
    )


def _both(texts: TwoTexts) -> words.TwoLanguages:
    return words.TwoLanguages(ja=texts.ja, en=texts.en)


METHOD = Method(words.METHOD, Nothing, words.Result, handle)
