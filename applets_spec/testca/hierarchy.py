"""The declared test hierarchy as tables: authorities, generations, names, validity, the key pool. No key, no code that issues.

Profiles of the JPKI authorities: Japan's public card readers bundle the real roots (jpki/myna `src/ta`, soltia48/myna-card `src/ca.rs`);
the test names follow the `O=JPKI-TEST` roots of the public test-card notes. Nothing here is a copy of a real certificate.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

from applets_spec.testca.keys import KeyAlgorithm

JST = timezone(timedelta(hours=9))
"""Japan Standard Time: holder certificates end with a day in Japan."""


class Family(StrEnum):
    """The kinds of authority."""

    SIGNATURE = "jpki-signature"
    """署名用: issues residents' signature certificates."""
    AUTHENTICATION = "jpki-authentication"
    """利用者証明用: issues residents' authentication certificates."""
    OPERATOR = "operator"
    """Issues the four certificates of an operator's PIV badge."""
    TIME_STAMP = "time-stamp"
    """Issues the certificate of the test time-stamping authority, which belongs to no town and not to JPKI."""
    STRANGER = "stranger"
    """Belongs to nobody: what it issues must be refused everywhere."""


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name, in the order of its parts."""

    country: str
    organisation: str
    units: tuple[str, ...]
    common_name: str | None = None


@dataclass(frozen=True, slots=True)
class Authority:
    """One generation of one certification authority. All generations of a family carry the same name."""

    family: Family
    generation: int
    name: Name
    japanese_name: str
    """Goes into the subject alternative name as an organisation, and into the issuer alternative name of what it issues."""
    algorithm: KeyAlgorithm
    serial: int
    not_before: datetime
    not_after: datetime

    @property
    def key_name(self) -> str:
        """The name its key is derived from, and the stem of its file names."""
        return f"ca-{self.family}-{self.generation}"


OPERATOR_OF_JPKI = "TEST Agency for Local Authority Information Systems"
SIGNATURE_NAME = Name("JP", "JPKI-TEST", ("JPKI for digital signature", OPERATOR_OF_JPKI))
AUTHENTICATION_NAME = Name("JP", "JPKI-TEST", ("JPKI for user authentication", OPERATOR_OF_JPKI))
OPERATOR_NAME = Name("JP", "TEST City", ("TEST Resident Affairs",), "TEST Operator CA")
TIME_STAMP_NAME = Name("JP", "TEST Time Authority", (), "TEST Time Stamp Root CA")
STRANGER_NAME = Name("JP", "TEST Stranger", (), "TEST CA nobody knows")

JPKI_JAPANESE = "公的個人認証サービス試験用"
OPERATOR_JAPANESE = "試験市職員認証局"
TIME_STAMP_JAPANESE = "試験用時刻認証局"
STRANGER_JAPANESE = "試験用無関係認証局"


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


AUTHORITIES: tuple[Authority, ...] = (
    Authority(
        Family.SIGNATURE,
        1,
        SIGNATURE_NAME,
        JPKI_JAPANESE,
        KeyAlgorithm.RSA_2048,
        0x00C5A1,
        _day(2019, 9, 15),
        _day(2029, 9, 14),
    ),
    Authority(
        Family.SIGNATURE,
        2,
        SIGNATURE_NAME,
        JPKI_JAPANESE,
        KeyAlgorithm.RSA_2048,
        0x21A2B3,
        _day(2023, 7, 16),
        _day(2043, 7, 15),
    ),
    Authority(
        Family.AUTHENTICATION,
        1,
        AUTHENTICATION_NAME,
        JPKI_JAPANESE,
        KeyAlgorithm.RSA_2048,
        0x00C5A2,
        _day(2019, 9, 15),
        _day(2029, 9, 14),
    ),
    Authority(
        Family.AUTHENTICATION,
        2,
        AUTHENTICATION_NAME,
        JPKI_JAPANESE,
        KeyAlgorithm.RSA_2048,
        0x21A2B4,
        _day(2023, 7, 16),
        _day(2043, 7, 15),
    ),
    Authority(
        Family.OPERATOR,
        1,
        OPERATOR_NAME,
        OPERATOR_JAPANESE,
        KeyAlgorithm.P256,
        0x0E01,
        _day(2019, 4, 1),
        _day(2039, 3, 31),
    ),
    Authority(
        Family.OPERATOR,
        2,
        OPERATOR_NAME,
        OPERATOR_JAPANESE,
        KeyAlgorithm.P256,
        0x0E02,
        _day(2024, 4, 1),
        _day(2044, 3, 31),
    ),
    Authority(
        Family.TIME_STAMP,
        1,
        TIME_STAMP_NAME,
        TIME_STAMP_JAPANESE,
        KeyAlgorithm.P256,
        0x0751,
        _day(2019, 4, 1),
        _day(2044, 3, 31),
    ),
    Authority(
        Family.STRANGER,
        1,
        STRANGER_NAME,
        STRANGER_JAPANESE,
        KeyAlgorithm.P256,
        0x0BAD,
        _day(2019, 4, 1),
        _day(2044, 3, 31),
    ),
)
"""Oldest generation first. The second generations run twenty years, so that these tests do not end with a real CA's ten."""

LATEST_GENERATION = 2
DEFAULT_ISSUE_TIME = datetime(2025, 4, 1, 9, 30, 15, tzinfo=JST)
"""When holders' and operators' certificates are issued unless the caller says otherwise."""
BADGE_LIFE = timedelta(days=5 * 365)
"""Life of an operator's certificates. FIPS 201-2, 2.9.1 allows a card six years; five is a common choice."""

COMMITTED_HOLDERS = 8
COMMITTED_BADGES = 6
"""How many holders' and badges' RSA keys lie in `pem/`; further numbers work, and take about a second for each key."""


def holder_key_name(number: int, purpose: str) -> str:
    """The key name of test holder `number`; `purpose` is `signature` or `authentication`."""
    return f"holder-{number:04d}-{purpose}"


def badge_key_name(number: int, slot: int) -> str:
    """The key name of test badge `number`; `slot` is the PIV key reference, such as 0x9A."""
    return f"badge-{number:04d}-{slot:02x}"


def service_key_name(row: Authority) -> str:
    """The key name of what answers beside an authority: its OCSP responder, or the time-stamping authority below its root."""
    return "tsa-0000" if row.family is Family.TIME_STAMP else f"ocsp-{row.family}"


def authority(family: Family, generation: int = LATEST_GENERATION) -> Authority:
    """The row of that family and generation. Raises `KeyError` when there is none."""
    for row in AUTHORITIES:
        if (row.family, row.generation) == (family, generation):
            return row
    raise KeyError(f"no {family} authority of generation {generation}")


def committed_rsa_keys() -> tuple[tuple[str, KeyAlgorithm], ...]:
    """Every RSA key that is committed as PEM: name and algorithm."""
    authorities = [row.key_name for row in AUTHORITIES if row.algorithm is KeyAlgorithm.RSA_2048]
    holders = [holder_key_name(n, use) for n in range(COMMITTED_HOLDERS) for use in ("signature", "authentication")]
    badges = [badge_key_name(n, slot) for n in range(COMMITTED_BADGES) for slot in (0x9A, 0x9C, 0x9D, 0x9E)]
    answering = (Family.SIGNATURE, Family.AUTHENTICATION, Family.TIME_STAMP)
    services = [service_key_name(authority(family, 1)) for family in answering]
    names = (*authorities, *holders, *badges, *services)
    return (*((name, KeyAlgorithm.RSA_2048) for name in names), (badge_key_name(0, 0x9A), KeyAlgorithm.RSA_1024))
