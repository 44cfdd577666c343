"""What `health` says of the badges that were made here: half made, or about to end."""

from cardd.register import Register
from cardd.state.badges import BadgeBook

DAY_US = 86_400_000_000


def badge_problem(book: BadgeBook, register: Register, now_us: int, warn_days: int) -> str | None:
    """`incomplete`, `ends_soon`, or None. Badges that count no more, or that a newer register has replaced, are nobody's worry."""
    if book.all_progress():
        return "incomplete"
    for badge in book.operators():
        marks = badge.operator.certificates
        known = register.by_certificate(marks[0]) if marks else None
        if known is None or known.status != "active" or register.blocks(marks[0], badge.guid):
            continue
        if badge.expires_us - now_us < warn_days * DAY_US:
            return "ends_soon"
    return None
