"""Values of ours as words of the wire, for the methods that make and renew badges."""

from datetime import UTC, datetime

from cardd.api.words import receipt
from cardd.enrolment.order import Made, Place
from cardd.gate.request import Performed
from cardd.model import CardHandle
from cardd.wire import base
from cardd.wire.methods import badge_enrol


def badge_place(params: base.CardCall) -> Place:
    """Which badge, for what, in which case, and who agreed."""
    return Place(CardHandle(params.card), params.purpose, params.case, params.approval)


def made_badge(performed: Performed[Made]) -> badge_enrol.Result:
    """The answer to both methods."""
    made = performed.result
    return badge_enrol.Result(
        operator=made.operator,
        guid=made.guid,
        certificates={role.value: mark for role, mark in made.certificates.items()},
        expires_at=second(made.expires),
        management_key=made.management_key,
        resumed=made.resumed,
        receipt=receipt(performed.receipt),
    )


def second(when: datetime) -> str:
    """A moment as RFC 3339 with `Z`, to the second, as certificates have it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
