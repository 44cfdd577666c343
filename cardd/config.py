"""The daemon's settings: one TOML file, read once at start into a frozen model. `docs/configuration.md` explains each key."""

import os
import pwd
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from cardd.model import SeatName
from cardd.revocation_settings import Revocation
from cardd.tomlfile import BrokenFile, KeyPath, Layout, TomlModel, parse, read_bytes
from cardd.watch_settings import Watching

DEFAULT_FILE = Path("/etc/cardd/cardd.toml")
ONLY_SEAT = SeatName("counter")
"""The seat that is there when none is configured: it has all readers."""
OVERFLOW_UID = 65534
"""What the kernel calls users it cannot name; never a client (I1)."""

SeatWord = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
ClientWord = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,47}$")]
Printable = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[\x20-\x7e]+$")]
TerminalWord = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Seconds = Annotated[int, Field(ge=1)]


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("must be an absolute path")
    return path


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
User = (
    Annotated[int, Field(ge=0, lt=2**32 - 1)] | Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")]
)
"""A uid, or a user's name that is looked up at start."""


class ReaderMatch(TomlModel):
    """Names one reader. All keys that are given must fit."""

    usb_path: Printable | None = None
    """Kernel name of the USB port, e.g. `1-4.2`: stays the same whatever is plugged in there."""
    serial: Printable | None = None
    name: Printable | None = None
    """The whole name that PC/SC gives it. Names of two equal readers differ in a number that can change."""

    @property
    def says_something(self) -> bool:
        return bool(self.usb_path or self.serial or self.name)


class Seat(TomlModel):
    """One place at a counter."""

    name: SeatWord
    users: tuple[User, ...] = ()
    """Who may speak for this seat; none = each client."""
    badge_reader: ReaderMatch | None = None
    """Where the operator's badge goes; none = any of the seat's readers."""
    resident_readers: tuple[ReaderMatch, ...] = ()
    """Where residents' cards go; none = any of the seat's readers."""


class Client(TomlModel):
    """One kind of caller, found by uid."""

    name: ClientWord
    users: Annotated[tuple[User, ...], Field(min_length=1)]
    may_prompt: bool = False
    """Whether it may ask persons for PINs (`agent.register`)."""
    private_sector: bool = False
    """True: never gets 個人番号, and nothing under a purpose about 住民票コード, whatever the policy says."""
    reports_activity: bool | None = None
    """Whether its `session.activity` counts as a human's act; left out, as `may_prompt`."""

    may_log_in_others: bool = False
    """Whether its badge login may open the session of the user whom the register names with that badge: the login to the machine."""
    relays_origins: bool = False
    """Whether it may say that it asks for a web page, and which (`hello` with `origin`): `cardd-browser-host`."""

    @property
    def counts_as_human(self) -> bool:
        return self.may_prompt if self.reports_activity is None else self.reports_activity


class Limits(TomlModel):
    """What callers and cards may take. Seconds are on a clock that counts suspended time."""

    connections: Annotated[int, Field(ge=1, le=1024)] = 32
    connections_per_user: Annotated[int, Field(ge=1, le=1024)] = 8
    calls_in_flight: Annotated[int, Field(ge=1, le=256)] = 16
    """Per connection."""
    requests_per_second: Annotated[int, Field(ge=1, le=10_000)] = 20
    """Per uid."""
    output_queue_bytes: Annotated[int, Field(ge=65_536)] = 256 * 1024
    """Answers and events that a client has not read; beyond it the connection is closed. One answer may be longer."""
    request_line_bytes: Annotated[int, Field(ge=1024, le=1024 * 1024)] = 64 * 1024
    response_line_bytes: Annotated[int, Field(ge=65_536)] = 1024 * 1024
    line_seconds: Seconds = 10
    queue_per_reader: Annotated[int, Field(ge=0, le=64)] = 4
    """Operations that wait for one reader, beside the one that runs."""
    queue_per_user: Annotated[int, Field(ge=1, le=64)] = 2
    """Of these, at most so many of one uid."""
    command_seconds: Annotated[int, Field(ge=1, le=60)] = 10
    operation_seconds: Annotated[int, Field(ge=1, le=300)] = 30
    pin_seconds: Annotated[int, Field(ge=5, le=600)] = 60
    """How long a person may take for a PIN."""
    session_seconds: Annotated[int, Field(ge=60, le=12 * 3600)] = 12 * 3600
    """Longest session; may only be shorter than 12 h."""
    lock_seconds: Annotated[int, Field(ge=10, le=300)] = 300
    """Without a human's act for so long, a session locks; may only be shorter than 5 minutes (S3)."""
    pin_fresh_seconds: Annotated[int, Field(ge=10, le=300)] = 300
    """A high-risk purpose wants the operator's PIN typed within so long (S6)."""
    approval_seconds: Annotated[int, Field(ge=10, le=300)] = 300
    """A second person must approve within so long, and what was approved be used within so long again (S9)."""
    override_seconds: Annotated[int, Field(ge=60, le=900)] = 900
    grant_count: Annotated[int, Field(ge=1, le=1000)] = 100
    grant_seconds: Annotated[int, Field(ge=1, le=3600)] = 900
    wrong_pins_per_insertion: Annotated[int, Field(ge=1)] = 5
    wrong_pins_per_card_and_day: Annotated[int, Field(ge=1)] = 10
    wrong_pins_per_operator_and_hour: Annotated[int, Field(ge=1)] = 10
    """Our own counts, beside the card's (P5). More than these in mode test only: an application's tests type wrong all day."""
    login_failures: Annotated[int, Field(ge=1, le=3)] = 3
    login_window_seconds: Annotated[int, Field(ge=900)] = 900
    login_lock_seconds: Annotated[int, Field(ge=900)] = 900
    consent_seconds: Annotated[int, Field(ge=5, le=60)] = 60
    repeat_pin_seconds: Annotated[int, Field(ge=30)] = 30
    """So long the same wrong PIN is refused for the same card."""
    event_ring: Annotated[int, Field(ge=16, le=100_000)] = 1024
    """Events kept for clients that come back."""
    stop_seconds: Annotated[int, Field(ge=1, le=5)] = 4
    """How long running operations may go on after SIGTERM."""


class Witness(TomlModel):
    """Somebody else's machine that keeps the heads of the record (A5). The daemon knows its key; a helper program speaks with it."""

    url: Annotated[str, StringConstraints(pattern=r"^https://[^\s]+$", max_length=200)]
    key: Annotated[str, StringConstraints(pattern=r"^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$", max_length=200)]
    """The witness's public key as a C2SP verifier key: `name+hash+base64`."""
    ca: AbsolutePath | None = None
    """PEM of the CA of its TLS certificate; None = the system's."""
    certificate: AbsolutePath | None = None
    certificate_key: AbsolutePath | None = None
    """PEM: how this machine shows who it is."""


class Audit(TomlModel):
    """The audit log."""

    directory: AbsolutePath = Path("/var/log/cardd/audit")
    segment_mib: Annotated[int, Field(ge=1, le=64)] = 4
    reserve_mib: Annotated[int, Field(ge=1, le=1024)] = 16
    """Kept free for closing records when the disk is full."""
    head_records: Annotated[int, Field(ge=1, le=100)] = 100
    """A head is signed after so many records at the latest (A4)."""
    head_seconds: Annotated[int, Field(ge=1, le=60)] = 60
    log_key: Annotated[str, StringConstraints(min_length=1)] = "log.key"
    """The key of the day that signs the heads; in the state directory, for it is replaced each day."""
    index_directory: AbsolutePath | None = None
    """What answers questions about the record: may be deleted, and is built again. None: `audit-index` in the state directory."""
    export_directory: AbsolutePath | None = None
    """Where records that are taken out wait for their taker, some minutes. None: `exports` in the state directory."""
    keep_years: Annotated[int, Field(ge=7, le=30)] = 7
    clock_days: Annotated[int, Field(ge=1, le=400)] = 31
    """A clock that systemd-timesyncd does not keep right is believed so many days ahead of the newest record."""
    clock_confirmed: date | None = None
    """Up to this day (UTC) it is believed all the same: somebody compared it with another clock."""
    witnesses: tuple[Witness, ...] = ()
    cosigned_directory: AbsolutePath = Path("/var/lib/cardd-heads")
    """Where the sender puts heads that a witness has signed; the only folder that it writes."""
    witness_alarm_seconds: Annotated[int, Field(ge=60, le=600)] = 600
    """After so long without a witness there is an alarm."""
    witness_login_seconds: Annotated[int, Field(ge=3600, le=86_400)] = 86_400
    """After so long nobody logs in any more, until a head has left the machine."""


class CaKey(TomlModel):
    """The operator CA's own key, on a machine where badges are made: a file for a small town, else a PKCS#11 token."""

    certificate: AbsolutePath
    """PEM of the CA's certificate."""
    file: AbsolutePath | None = None
    """PKCS#8 PEM, encrypted; its passphrase is asked from the person at the seat."""
    pkcs11_module: AbsolutePath | None = None
    token: Printable | None = None
    """Label of the token."""
    key_label: Printable | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        token = (self.pkcs11_module, self.token, self.key_label)
        if (self.file is None) == (None in token) or (self.file is not None and any(token)):
            raise ValueError("give either `file`, or `pkcs11_module`, `token` and `key_label`")
        return self


class Badges(TomlModel):
    """How badges are made here. Needed only where they are enrolled, renewed or unblocked."""

    ca_key: CaKey | None = None
    master_key: Annotated[str, StringConstraints(min_length=1)] = "badge-master.key"
    """32 bytes from which PUK and management key of each badge are derived. Looked up like `pseudonym_key`."""
    valid_months: Annotated[int, Field(ge=1, le=60)] = 36
    warn_days: Annotated[int, Field(ge=1, le=365)] = 30
    """So long before a badge's certificate ends, its holder and `health` are told."""


class Settings(TomlModel):
    """All settings."""

    mode: Literal["production", "test"] = "production"
    terminal: TerminalWord
    """Name of this machine in the record."""
    socket: AbsolutePath = Path("/run/cardd/cardd.sock")
    state_directory: AbsolutePath = Path("/var/lib/cardd")
    policy: AbsolutePath = Path("/etc/cardd/policy.toml")
    register_file: Annotated[AbsolutePath, Field(alias="register")] = Path("/etc/cardd/register.toml")
    block_list: AbsolutePath | None = None
    """Badges that count no more, signed by the office; its age is watched (S11). None: only what is blocked at this machine."""
    operator_ca: Annotated[tuple[AbsolutePath, ...], Field(min_length=1)]
    """PEM files with the CA certificates that operators' badges chain to."""
    pseudonym_key: Annotated[str, StringConstraints(min_length=1)] = "pseudonym.key"
    """32 bytes or more that make card pseudonyms. A plain name is looked up in systemd's $CREDENTIALS_DIRECTORY."""
    log_format: Literal["logfmt", "json"] = "logfmt"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    seats: tuple[Seat, ...] = ()
    clients: Annotated[tuple[Client, ...], Field(min_length=1)]
    limits: Limits = Limits()
    audit: Audit = Audit()
    badges: Badges = Badges()
    watching: Watching = Watching()
    revocation: Revocation = Revocation()

    @property
    def seat_names(self) -> tuple[SeatName, ...]:
        """Never empty."""
        return tuple(SeatName(seat.name) for seat in self.seats) or (ONLY_SEAT,)

    def pseudonym_key_path(self, environment: Mapping[str, str] = os.environ) -> Path:
        """Where the pseudonym key is. A plain name without a credentials directory stands in the state directory."""
        return self._key_path(self.pseudonym_key, environment)

    def index_path(self) -> Path:
        """Where the index of the record is."""
        return self.audit.index_directory or self.state_directory / "audit-index"

    def export_path(self) -> Path:
        """Where exported records wait."""
        return self.audit.export_directory or self.state_directory / "exports"

    def master_key_path(self, environment: Mapping[str, str] = os.environ) -> Path:
        """Where the master key of the badges is, by the same rule."""
        return self._key_path(self.badges.master_key, environment)

    def revocation_path(self) -> Path:
        """Where the lists that were checked lie, as the daemon keeps them."""
        return self.state_directory / "revocation"

    def watch_list_path(self, which: Literal["staff", "protected"]) -> Path:
        """Where a list of watched cards is. A plain name stands in the state directory."""
        given = self.watching.staff_list if which == "staff" else self.watching.protected_list
        return self.state_directory / given

    def log_key_path(self) -> Path:
        """Where the key of the day is. Always in the state directory if it is a plain name: it is replaced each day."""
        return Path(self.audit.log_key) if "/" in self.audit.log_key else self.state_directory / self.audit.log_key

    def _key_path(self, given: str, environment: Mapping[str, str]) -> Path:
        if "/" in given:
            return Path(given)
        return Path(environment.get("CREDENTIALS_DIRECTORY", self.state_directory)) / given


def load(path: Path) -> Settings:
    """Read and check the file itself; nothing else is looked at but the names of users. Raises `BrokenFile`."""
    return from_bytes(read_bytes(path), str(path))


def from_bytes(content: bytes, name: str = "cardd.toml") -> Settings:
    """`content`: TOML, UTF-8. Raises `BrokenFile`."""
    settings = parse(Settings, content, name)
    text = content.decode("utf-8")
    layout = Layout(text)
    problems = [layout.problem(name, what, key) for key, what in _disagreements(settings)]
    if problems:
        raise BrokenFile(problems)
    return settings


def uid_of(user: User) -> int | None:
    """The uid that a setting means; None when no such user is there."""
    if isinstance(user, int):
        return user
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        return None


def uids_of(users: tuple[User, ...]) -> frozenset[int]:
    """The uids of all users that are there."""
    return frozenset(uid for user in users if (uid := uid_of(user)) is not None)


def _disagreements(settings: Settings) -> Iterator[tuple[KeyPath, str]]:
    """Where the settings do not agree with themselves: the key, and what is wrong."""
    yield from _repeated("seats", [seat.name for seat in settings.seats])
    yield from _repeated("clients", [client.name for client in settings.clients])
    holders: dict[int, str] = {}
    for number, client in enumerate(settings.clients):
        yield from _client_problems(number, client, settings.mode)
        for place, user in enumerate(client.users):
            uid, key = uid_of(user), ("clients", number, "users", place)
            if uid is None:
                yield key, f"there is no user `{user}`"
            elif uid == OVERFLOW_UID:
                yield key, "uid 65534 stands for users the kernel cannot name"
            elif holders.setdefault(uid, client.name) != client.name:
                yield key, f"belongs to client `{holders[uid]}` already"
    if settings.revocation.responders and 2 * settings.revocation.ocsp_wait_s > settings.limits.operation_seconds:
        yield (
            ("revocation", "ocsp_wait_s"),
            "may be at most half of `operation_seconds` of the limits: the card waits too",
        )
    for number, seat in enumerate(settings.seats):
        yield from _seat_problems(number, seat, frozenset(holders))
    if settings.mode == "production":
        yield from _loosened(settings.limits)
    if settings.limits.connections_per_user > settings.limits.connections:
        yield ("limits", "connections_per_user"), "is larger than `connections`"


def _client_problems(number: int, client: Client, mode: str) -> Iterator[tuple[KeyPath, str]]:
    if not client.may_log_in_others:
        return
    if not client.may_prompt:
        yield ("clients", number, "may_log_in_others"), "needs `may_prompt`: the login asks for the badge's PIN"
    if mode == "production" and uids_of(client.users) != {0}:
        yield ("clients", number, "may_log_in_others"), "is for the user root alone in production"


def _loosened(limits: Limits) -> Iterator[tuple[KeyPath, str]]:
    for name in ("wrong_pins_per_insertion", "wrong_pins_per_card_and_day", "wrong_pins_per_operator_and_hour"):
        most = Limits.model_fields[name].default
        if getattr(limits, name) > most:
            yield ("limits", name), f"may be at most {most} in production"


def _seat_problems(number: int, seat: Seat, clients: frozenset[int]) -> Iterator[tuple[KeyPath, str]]:
    for place, user in enumerate(seat.users):
        uid = uid_of(user)
        if uid is None:
            yield ("seats", number, "users", place), f"there is no user `{user}`"
        elif uid not in clients:
            yield ("seats", number, "users", place), "is no user of any client"
    if seat.badge_reader is not None and not seat.badge_reader.says_something:
        yield ("seats", number, "badge_reader"), "names no reader: give usb_path, serial or name"
    for place, reader in enumerate(seat.resident_readers):
        if not reader.says_something:
            yield ("seats", number, "resident_readers", place), "names no reader: give usb_path, serial or name"


def _repeated(table: str, names: list[str]) -> Iterator[tuple[KeyPath, str]]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield (table, number, "name"), f"`{name}` stands there twice"
