"""`audit.query`: a thin handler; what happens stands in `cardd.auditing`."""

from cardd.api.audit_words import filters_of, kept_line, use_row
from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import moment, receipt
from cardd.auditing.questions import Asked
from cardd.model import CardHandle
from cardd.ports import Call
from cardd.wire.methods import audit_query as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    present = CardHandle(params.present) if params.present is not None else None
    asked = Asked(filters_of(params), present, params.order, params.cursor, params.limit)
    found, taken = await use_cases.auditing.questions.query(call, asked)
    return words.Result(
        uses=tuple(map(use_row, found.page.uses)),
        cursor=found.page.cursor,
        kept=tuple(map(kept_line, found.kept)),
        known_since=None if found.known_since_us is None else moment(found.known_since_us),
        receipt=receipt(taken),
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
