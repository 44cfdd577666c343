"""`audit.disclose`: a thin handler; what happens stands in `cardd.auditing`."""

from cardd.api.audit_words import kept_line, result_of, text_of, time_us, words_of
from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import moment, receipt
from cardd.auditing.disclosure import Order
from cardd.auditing.questions import YEARS_BACK, Use
from cardd.model import CardHandle
from cardd.ports import Call
from cardd.wire.methods import audit_disclose as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    until = time_us(params.until, "until") if params.until is not None else None
    order = Order(CardHandle(params.card), params.purpose, params.case, params.approval, until, params.goes_on)
    performed = await use_cases.auditing.disclosure.disclose(call, order)
    told = performed.result
    return words.Result(
        kind=told.kind.value,
        uses=tuple(_line(services, use) for use in told.uses),
        complete=told.complete,
        goes_on=told.goes_on,
        known_since=None if told.known_since_us is None else moment(told.known_since_us),
        kept=tuple(map(kept_line, told.kept)),
        years=YEARS_BACK,
        receipt=receipt(performed.receipt),
    )


def _line(services: Services, use: Use) -> words.UseLine:
    role, purpose_code = text_of(use, "role"), text_of(use, "purpose")
    role_ja, role_en = services.role_names(role) if role is not None else (None, None)
    purpose = services.policy().purposes.get(purpose_code or "")
    given = use.result.content.get("items") if use.result is not None else None
    return words.UseLine(
        at=moment(use.entry.utc_us),
        terminal=text_of(use, "terminal"),
        seat=text_of(use, "seat"),
        client=text_of(use, "client"),
        operator=text_of(use, "operator"),
        role=role,
        role_ja=role_ja,
        role_en=role_en,
        approver=text_of(use, "approver"),
        purpose=purpose_code,
        purpose_ja=purpose.ja if purpose is not None else None,
        purpose_en=purpose.en if purpose is not None else None,
        legal_basis=purpose.legal_basis if purpose is not None else None,
        event=use.entry.event,
        operation=text_of(use, "operation"),
        items=words_of(use.entry.content.get("items")),
        items_given=words_of(given),
        key=text_of(use, "key"),
        result=result_of(use),
        code=text_of(use, "code"),
        problem=text_of(use, "problem"),
        log_id=use.entry.log_id,
        sequence=use.entry.sequence,
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
