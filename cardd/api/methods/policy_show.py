"""`policy.show`: the policy in force, word by word."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.policy.plain import plain_policy
from cardd.ports import Call
from cardd.wire.base import Nothing
from cardd.wire.methods import policy_show as words


async def handle(services: Services, _: ConnectionContext, __: Call, ___: Nothing) -> words.Result:
    """A snapshot. Nobody need be logged in: rules are no secret."""
    return words.Result.model_validate(plain_policy(services.policy()), strict=False)


METHOD = Method(words.METHOD, Nothing, words.Result, handle)
