"""`health`: whether the daemon can do its work."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.ports import Call
from cardd.wire.base import Nothing
from cardd.wire.methods import health as words


async def handle(services: Services, _: ConnectionContext, __: Call, ___: Nothing) -> words.Result:
    """The latest result of every check; no check is made for the asking."""
    about = services.about
    return words.Result(
        version=about.version,
        boot_id=about.boot_id,
        mode=about.mode,
        uptime_s=int(services.clock.boottime() - about.started),
        checks=services.health.checks(),
    )


METHOD = Method(words.METHOD, Nothing, words.Result, handle)
