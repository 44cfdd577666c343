"""The check of badge certificates for login. Importing this brings the certificate code, so `use_cases` does it late."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from certs.profiles.operator_badge import OPERATOR_BADGE, card_uuid
from certs.validation.truststore import TrustStore, from_pem
from certs.validation.validate import parse, validate


def operator_anchors(files: tuple[Path, ...]) -> TrustStore:
    """The operator CA's certificates. Raises `OSError`, `certs.errors.BadAnchor`."""
    return from_pem(file.read_bytes() for file in files)


def badge_check(store: TrustStore, *, test: bool) -> Callable[[bytes, datetime], str | None]:
    """Judges a badge certificate: None = good (revocation lists come with a later release), else one word."""

    def check(der: bytes, at: datetime) -> str | None:
        verdict = validate(der, OPERATOR_BADGE, store, at, test=test)
        return None if verdict.good_but_revocation else verdict.reason

    return check


def badge_uuid(der: bytes) -> str | None:
    """The card UUID that a good badge certificate names, 32 hex digits; None when it names none."""
    return card_uuid(parse(der))
