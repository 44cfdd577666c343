"""`audit.export`: a thin handler; what happens stands in `cardd.auditing`."""

from cardd.api.audit_words import filters_of
from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt
from cardd.auditing.exports import Order
from cardd.ports import Call
from cardd.wire.methods import audit_export as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    exports = use_cases.auditing.exports
    made = await exports.export(call, Order(filters_of(params), params.form, params.reason, params.approval))
    return words.Result(
        export=made.id,
        form=made.written.form,
        lines=made.written.lines,
        size=made.written.size,
        digest=made.written.digest,
        root=made.written.root.hex(),
        note=made.note.decode("utf-8"),
        part_bytes=exports.part_bytes,
        receipt=receipt(made.receipt),
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
