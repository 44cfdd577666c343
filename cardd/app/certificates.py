"""The operator CA, and the check of badge certificates for login. Importing this brings the certificate code, so it is done late."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cardd.log import get_logger
from certs.errors import BadAnchor
from certs.profiles.operator_badge import OPERATOR_BADGE, card_uuid
from certs.validation.truststore import TrustStore, from_pem
from certs.validation.validate import parse, validate

UNUSABLE = "operator_ca_unusable"
"""What a login is told while the operator CA's files cannot be used."""
_MENDS = {
    "not_pem": "is no PEM file with certificates; from DER: openssl x509 -inform DER -in FILE -out FILE.pem",
    "not_an_authority": "holds a certificate that is no CA's; put there the certificate of the CA that issues the badges",
    "weak_algorithm": "holds a certificate with a weak key or SHA-1; the CA needs RSA of 2048 bits or P-256, and SHA-256",
    "test_anchor": "holds a test CA's certificate; production needs the office's own CA",
    "too_many": "hold too many certificates; name only those of CAs that issue badges",
}


class OperatorCa:
    """The authorities that badges chain to. Files that cannot be used are looked at again with the next login."""

    def __init__(self, files: tuple[Path, ...], *, test: bool) -> None:
        """`test`: test authorities and their policies count too."""
        self._files = files
        self._test = test
        self._store: TrustStore | None = None

    def badge_problem(self, der: bytes, at: datetime) -> str | None:
        """Judges a badge certificate: None = good (revocation lists come with a later release), else one word."""
        try:
            if self._store is None:
                self._store = load(self._files, test=self._test)
        except (OSError, BadAnchor) as error:
            files = [str(file) for file in self._files]
            get_logger().error(UNUSABLE, problem=_word(error), files=files, remedy="cardd --check-config")
            return UNUSABLE
        verdict = validate(der, OPERATOR_BADGE, self._store, at, test=self._test)
        return None if verdict.good_but_revocation else verdict.reason


def load(files: tuple[Path, ...], *, test: bool) -> TrustStore:
    """The certificates of all files. Raises `OSError`, `BadAnchor` (`test_anchor`: only mode test takes those)."""
    store = from_pem(file.read_bytes() for file in files)
    if not test and any(anchor.is_test for anchor in store.anchors):
        raise BadAnchor("test_anchor")
    return store


def problems(files: tuple[Path, ...], *, test: bool) -> Iterator[str]:
    """For `--check-config`: one sentence for each file of the operator CA that cannot be used, and how to mend it."""
    for file in files:
        try:
            store = load((file,), test=test)
        except OSError as error:
            yield f"{file}: operator_ca cannot be read ({error.strerror})"
        except BadAnchor as error:
            yield f"{file}: operator_ca {_MENDS.get(error.problem, f'cannot be used ({error.problem})')}"
        else:
            if not any(anchor.valid_at(datetime.now(UTC)) for anchor in store.anchors):
                yield f"{file}: operator_ca holds no certificate that is valid today; look at the clock, or get the CA's newest"


def badge_uuid(der: bytes) -> str | None:
    """The card UUID that a good badge certificate names, 32 hex digits; None when it names none."""
    return card_uuid(parse(der))


def badge_expires_us(der: bytes) -> int:
    """When a good badge certificate ends, microseconds since 1970."""
    return int(parse(der).not_valid_after_utc.timestamp() * 1_000_000)


def _word(error: OSError | BadAnchor) -> str:
    return error.problem if isinstance(error, BadAnchor) else "unreadable"
