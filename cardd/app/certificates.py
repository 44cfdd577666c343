"""The operator CA, and the check of badge certificates for login. Importing this brings the certificate code, so it is done late."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from cardd.config import Settings
from cardd.log import get_logger
from cardd.revocation.checking import OPERATOR_CA_UNUSABLE as UNUSABLE
from cardd.revocation.checking import load_anchors as load
from cardd.revocation_settings import RESIDENTS
from certs.errors import BadAnchor
from certs.profiles.operator_badge import OPERATOR_BADGE, card_uuid
from certs.validation.truststore import TrustStore
from certs.validation.validate import parse, validate

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
        """Judges a badge certificate: None = good, else one word. Revocation is not asked here."""
        try:
            if self._store is None:
                self._store = load(self._files, test=self._test)
        except (OSError, BadAnchor) as error:
            files = [str(file) for file in self._files]
            get_logger().error(UNUSABLE, problem=_word(error), files=files, remedy="cardd --check-config")
            return UNUSABLE
        verdict = validate(der, OPERATOR_BADGE, self._store, at, test=self._test)
        return None if verdict.good_but_revocation else verdict.reason


def problems(files: tuple[Path, ...], *, test: bool, key: str = "operator_ca") -> Iterator[str]:
    """For `--check-config`: one sentence for each file of an authority that cannot be used, and how to mend it. `key`: of the settings."""
    for file in files:
        try:
            store = load((file,), test=test)
        except OSError as error:
            yield f"{file}: {key} cannot be read ({error.strerror})"
        except BadAnchor as error:
            yield f"{file}: {key} {_MENDS.get(error.problem, f'cannot be used ({error.problem})')}"
        else:
            if not any(anchor.valid_at(datetime.now(UTC)) for anchor in store.anchors):
                yield f"{file}: {key} holds no certificate that is valid today; look at the clock, or get the CA's newest"


def revocation_problems(settings: Settings) -> Iterator[str]:
    """The same for the authorities of residents' certificates and of revocation lists."""
    test = settings.mode == "test"
    for about in RESIDENTS:
        yield from problems(settings.revocation.anchors(about), test=test, key=f"revocation.{about}_ca")
    for each in settings.revocation.lists:
        yield from problems((each.ca,), test=test, key=f"revocation.lists.{each.name}.ca")
        yield from _server_problems(each.url_ca, f"revocation.lists.{each.name}.url_ca")
    for responder in settings.revocation.responders:
        yield from problems((responder.ca,), test=test, key=f"revocation.responders.{responder.name}.ca")
        yield from _server_problems(responder.url_ca, f"revocation.responders.{responder.name}.url_ca")


def _server_problems(file: Path | None, key: str) -> Iterator[str]:
    """Of the file with the CA of a server's TLS certificate, which the helper will read."""
    if file is None:
        return
    try:
        x509.load_pem_x509_certificates(file.read_bytes())
    except OSError as error:
        yield f"{file}: {key} cannot be read ({error.strerror})"
    except ValueError:
        yield f"{file}: {key} {_MENDS['not_pem']}"


def badge_uuid(der: bytes) -> str | None:
    """The card UUID that a good badge certificate names, 32 hex digits; None when it names none.

    Read strictly, as it was judged: the office's own CA issues badges, as DER, and what is not is refused (`malformed`), not mended.
    """
    return card_uuid(parse(der))


def badge_expires_us(der: bytes) -> int:
    """When a good badge certificate ends, microseconds since 1970."""
    return int(parse(der).not_valid_after_utc.timestamp() * 1_000_000)


def _word(error: OSError | BadAnchor) -> str:
    return error.problem if isinstance(error, BadAnchor) else "unreadable"
