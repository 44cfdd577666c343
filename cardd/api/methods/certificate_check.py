"""`certificate.check`: a thin handler; what happens stands in `cardd.verifying`."""

import base64
from datetime import UTC, datetime

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt
from cardd.errors import BadRequest
from cardd.ports import Call
from cardd.verifying.order import CertificateOrder, Judged
from cardd.wire.methods import certificate_check as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    performed = await use_cases.verifying.check(call, _order(params))
    judged = performed.result
    return words.Result(
        result=judged.result,
        reason=judged.reason,
        usable=judged.usable,
        answers=_answers(judged),
        detail=judged.detail,
        list_age_s=judged.list_age_s,
        authority=_authority(judged),
        at=judged.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        receipt=receipt(performed.receipt),
    )


def _order(params: words.Params) -> CertificateOrder:
    return CertificateOrder(
        certificate=base64.b64decode(params.certificate_base64),
        others=_octets(params.others_base64),
        lists=_octets(params.lists_base64),
        responses=_octets(params.responses_base64),
        at=None if params.at is None else _moment(params.at),
        kind=params.kind,
        purpose=params.purpose,
        case=params.case,
        approval=params.approval,
    )


def _octets(given: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(base64.b64decode(each) for each in given)


def _moment(text: str) -> datetime:
    """Raises `BadRequest` for a day or hour that is none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(field="params.at", problem="no_time") from None


def _answers(judged: Judged) -> words.Answers:
    return words.Answers.model_validate(
        {name: {"state": state, "reason": reason} for name, state, reason in judged.answers}, strict=True
    )


def _authority(judged: Judged) -> words.Authority | None:
    if judged.authority is None:
        return None
    name, fingerprint = judged.authority
    return words.Authority(name=name, fingerprint=fingerprint)


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
