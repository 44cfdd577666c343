"""The table of jobs: cardd first, then without it the floor, cardd's own commands again, and other programs."""

from bench import by_cardd
from bench.by_others import Others
from bench.figures import Spread
from bench.findings import Figure, Findings
from bench.place import Place
from bench.readers import Readers, plain
from bench.scope import Say, Scope


def measure(place: Place, scope: Scope, say: Say, findings: Findings) -> None:
    """Fill the table."""
    collected = by_cardd.Collected()
    with Readers(place.sockets, [plain(0), plain(1), plain(2, extended=True)]) as readers:
        logins = by_cardd.measure(place, readers, scope, say, collected)
        Others(place, readers, scope, say, collected).measure()
    findings.take(collected)
    findings.figures.append(
        Figure(
            "login",
            "badge login",
            Spread.of(1000 * login.seconds for login in logins),
            "ms",
            f"session.login at the contactless model, extended badge, {logins[0].card.commands} commands, "
            f"{1000 * Spread.of(login.card.card_s for login in logins).median:.0f} ms of it the card",
        )
    )
