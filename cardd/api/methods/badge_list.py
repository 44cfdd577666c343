"""`badge.list`: a thin handler; what happens stands in `cardd.enrolment`."""

from cardd.api.badge_words import second
from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt
from cardd.enrolment.order import BadgeLine
from cardd.ports import Call
from cardd.wire.methods import badge_list as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    page = await use_cases.enrolment.page(call, params.cursor, params.limit)
    rows = tuple(_row(services, line) for line in page.lines)
    return words.Result(badges=rows, cursor=page.cursor, receipt=receipt(page.receipt))


def _row(services: Services, line: BadgeLine) -> words.BadgeRow:
    role_ja, role_en = services.role_names(line.role)
    return words.BadgeRow(
        operator=line.operator,
        name=line.name,
        role=line.role,
        role_ja=role_ja,
        role_en=role_en,
        status=line.status,
        source=line.source,
        guid=line.guid,
        expires_at=second(line.expires) if line.expires is not None else None,
        days_left=line.days_left,
        management_key=line.management_key,
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
