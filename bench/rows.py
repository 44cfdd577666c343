"""The jobs of the table, and the figures that were promised for them."""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Job(StrEnum):
    """One line of the table."""

    KIND = "kind"
    ITEMS = "items"
    CERTIFICATE = "certificate"
    CERTIFICATE_AGAIN = "certificate_again"
    SIGNATURE = "signature"
    SIGNATURE_KNOWN = "signature_known"
    FURTHER_SHORT = "further_short"
    FURTHER_EXTENDED = "further_extended"
    FURTHER_P256 = "further_p256"
    BADGE_SHORT = "badge_short"
    BADGE_EXTENDED = "badge_extended"


@unique
class Client(StrEnum):
    """One column."""

    FLOOR = "floor"
    OPENSC = "opensc"
    YUBICO = "yubico"
    REPLAY = "replay"
    """The commands of cardd, sent by bare pyscard."""
    CARDD = "cardd"
    CARDD_TRIES = "cardd_tries_unknown"
    CARDD_FILES = "cardd_files_selected"


@dataclass(frozen=True)
class Row:
    """`limit`: commands cardd may send. `myna`: what jpki/myna sends by its source (src/jpki.rs, src/text.rs); not run here."""

    job: Job
    title: str
    limit: int | None
    myna: int | None = None
    opensc: str = "cannot"
    """Why there is no figure of OpenSC, where there is none."""


ROWS = (
    Row(Job.KIND, "card in -> kind known", 6, opensc=""),
    Row(Job.ITEMS, "basic four items, PIN included", 8, myna=6),
    Row(Job.CERTIFICATE, "authentication certificate, first read", 12, myna=12, opensc=""),
    Row(Job.CERTIFICATE_AGAIN, "the same certificate again, same insertion", None, opensc="as first"),
    Row(Job.SIGNATURE, "first authentication signature, from card in, verified", 24, myna=7, opensc=""),
    Row(Job.SIGNATURE_KNOWN, "the same, kind and certificate known", 9, opensc="as first"),
    Row(Job.FURTHER_SHORT, "each further digest, badge 9A RSA-2048, short", 2, opensc=""),
    Row(Job.FURTHER_EXTENDED, "each further digest, badge 9A RSA-2048, extended", 2, opensc=""),
    Row(Job.FURTHER_P256, "each further digest, badge 9A P-256", 2, opensc=""),
    Row(Job.BADGE_SHORT, "badge PIN + 9A signature, certificate known, short", 10, opensc=""),
    Row(Job.BADGE_EXTENDED, "badge PIN + 9A signature, certificate known, extended", 8, opensc=""),
)

ADDED_LIMIT = 0.05
"""What cardd may add to its own commands' time at the contactless model, durable records included."""
EVENT_LIMIT_S = 0.002
READY_LIMIT_S = 1.0
MEMORY_LIMIT_MIB = 64
DECISION_LIMIT_US = 50.0
DECISION_GROWTH_LIMIT = 2.0
"""What a decision may cost more when the policy has a hundred times as many lines."""
WAKE_UPS_LIMIT = 2.0
"""A second, idle."""
