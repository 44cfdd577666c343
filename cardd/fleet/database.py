"""The connection to the fleet's PostgreSQL: TLS with certificates on both sides, and a time limit on everything.

psycopg is imported when a connection is made: the extra `database` is installed only where it is needed.
"""

import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from cardd.config import AbsolutePath
from cardd.fleet.problems import FleetProblem
from cardd.tomlfile import TomlModel

if TYPE_CHECKING:
    import psycopg

SCHEMA = "cardd_fleet"
_STATES = {
    "ZC001": "unknown_log",
    "ZC002": "malformed",
    "ZC003": "cut_refused",
    "ZC004": "unknown_office",
    "ZC005": "enrolled_otherwise",
    "ZC006": "retired_log",
}
"""What our own functions raise. Classes that begin with I to Z are the implementation's (SQL:2016 part 2, 24.1)."""
_NO_RIGHT = ("42501",)
_NOT_THERE = ("42P01", "42883", "3F000")
_CUT_OFF = ("57P01", "57P02", "57P03", "57P05", "08000", "08003", "08006")
_OWN_FILES = (
    "could not load",
    "could not read",
    "does not exist",
    "does not match private key",
    "group or world access",
    "present, but not",
)
"""How libpq says that it cannot use a certificate or key of ours (fe-secure-openssl.c)."""
_TIMED_OUT = ("57014", "55P03", "25P03")

Plain = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]
Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9/][A-Za-z0-9_.:/-]{0,200}$")]
Key = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Database(TomlModel):
    """How to reach the fleet's PostgreSQL. There is no password anywhere: the certificate says who we are.

    With a host name or address, TLS is always on and both sides are checked (`verify-full`). With a folder (`/run/postgresql`)
    the connection is a socket of this machine, where the kernel says who calls (`peer`).
    """

    host: Host
    port: Annotated[int, Field(ge=1, le=65535)] = 5432
    name: Plain = "cardd"
    user: Plain
    """The role in the database; the certificate's CN must be the same."""
    ca: AbsolutePath | None = None
    """PEM of the authority that made the server's certificate."""
    certificate: AbsolutePath | None = None
    """PEM of our own certificate."""
    certificate_key: Key | None = None
    """PEM of its key. A plain name is looked up in systemd's $CREDENTIALS_DIRECTORY."""
    connect_seconds: Annotated[int, Field(ge=1, le=60)] = 10
    answer_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    """After so long without an answer the connection counts as dead; the server gives up a little earlier by itself."""

    @property
    def is_local(self) -> bool:
        """Whether it is a socket of this machine."""
        return self.host.startswith("/")

    @model_validator(mode="after")
    def _both_sides(self) -> Self:
        if not self.is_local and None in (self.ca, self.certificate, self.certificate_key):
            raise ValueError("a database over the network needs `ca`, `certificate` and `certificate_key`")
        return self

    def parameters(self, application: str, environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
        """What libpq is told (PostgreSQL manual, 34.1.2); nothing is left to its own defaults that concerns who is who."""
        server_limit = max(1, self.answer_seconds - 2) * 1000
        told: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "dbname": self.name,
            "user": self.user,
            "application_name": application,
            "connect_timeout": max(2, self.connect_seconds),
            "options": f"-c statement_timeout={server_limit} -c lock_timeout={server_limit} "
            f"-c idle_in_transaction_session_timeout={server_limit} -c search_path={SCHEMA}",
            "gssencmode": "disable",
            "client_encoding": "UTF8",
            "passfile": "/nonexistent",
        }
        if self.is_local:
            return {**told, "sslmode": "disable"}
        return {
            **told,
            "sslmode": "verify-full",
            "sslrootcert": str(self.ca),
            "sslcert": str(self.certificate),
            "sslkey": str(self._key(environment)),
            "sslcertmode": "require",
            "ssl_min_protocol_version": "TLSv1.3",
            "require_auth": "none",
            "keepalives": 1,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "tcp_user_timeout": self.answer_seconds * 1000,
        }

    def _key(self, environment: Mapping[str, str]) -> Path:
        given = str(self.certificate_key)
        return (
            Path(given) if "/" in given else Path(environment.get("CREDENTIALS_DIRECTORY", "/etc/cardd/keys")) / given
        )


class Link:
    """One connection, in autocommit: each statement is a transaction. Every call has a limit and ends in `FleetProblem`."""

    def __init__(self, connection: "psycopg.Connection[tuple[Any, ...]]", answer_seconds: int) -> None:
        self.connection, self._answer_seconds = connection, answer_seconds

    def rows(self, statement: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a statement that has few. Raises `FleetProblem`."""
        with self.limit(), self.connection.cursor(binary=True) as cursor:
            cursor.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def one(self, statement: str, values: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
        """The one row. Raises `FleetProblem`."""
        return self.rows(statement, values)[0]

    def stream(self, statement: str, values: Mapping[str, Any], at_once: int = 1000) -> Iterator[tuple[Any, ...]]:
        """Rows of a statement that may have millions: `at_once` in memory. Raises `FleetProblem`."""
        connection = self.connection
        with self.limit(whole=False), connection.transaction(), connection.cursor(name="cardd", binary=True) as cursor:
            cursor.execute(statement.encode(), values)
            while found := self._fetched(cursor, at_once):
                yield from found

    @contextmanager
    def side_by_side(
        self, statement: str, many: Sequence[Mapping[str, Any]], at_once: int = 200
    ) -> Iterator[list[Iterator[tuple[Any, ...]]]]:
        """The rows of one statement with each of these values, as streams that may be read in turn: one transaction, so one moment.

        `at_once` rows of each are in memory. Raises `FleetProblem`, also while the streams are read.
        """
        connection = self.connection
        with self.limit(whole=False), connection.transaction(), ExitStack() as cursors:
            opened = [
                cursors.enter_context(connection.cursor(name=f"cardd{number}", binary=True))
                for number in range(len(many))
            ]
            yield [
                self._drained(cursor, statement, values, at_once) for cursor, values in zip(opened, many, strict=True)
            ]

    def _drained(
        self, cursor: Any, statement: str, values: Mapping[str, Any], at_once: int
    ) -> Iterator[tuple[Any, ...]]:
        with self.limit():
            cursor.execute(statement.encode(), values)
        while found := self._fetched(cursor, at_once):
            yield from found

    def _fetched(self, cursor: Any, at_once: int) -> list[tuple[Any, ...]]:
        with self.limit():
            found: list[tuple[Any, ...]] = cursor.fetchmany(at_once)
            return found

    @contextmanager
    def limit(self, *, whole: bool = True) -> Iterator[None]:
        """What happens inside must end in time (`whole`), and its failures get our names.

        libpq waits for ever for a server that keeps the connection and says nothing, so a timer ends the socket under it.
        """
        timer = _Timer(self.connection.pgconn.socket, self._answer_seconds) if whole else None
        try:
            with timer or _NOTHING:
                yield
        except _errors() as error:
            late = timer is not None and timer.rang
            if late:
                self.connection.close()
            raise problem_of(error, late=late) from None

    def close(self) -> None:
        """End the connection; never fails."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()


class _Nothing:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_failure: object) -> None:
        return None


_NOTHING = _Nothing()


class _Timer:
    """Shuts the socket down when its time is over, which libpq takes for the end of the connection."""

    def __init__(self, descriptor: int, seconds: float) -> None:
        self.rang = False
        self._socket = socket.socket(fileno=os.dup(descriptor))
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True

    def _ring(self) -> None:
        self.rang = True
        self._socket.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._timer.cancel()
        self._timer.join()
        self._socket.close()


def connect(database: Database, application: str) -> Link:
    """A connection that has proved both sides. Raises `FleetProblem`."""
    try:
        import psycopg  # noqa: PLC0415 - the extra is installed only where it is needed
    except ImportError:
        raise FleetProblem("no_driver") from None
    forget_the_environment()
    parameters = database.parameters(application)
    ours = [parameters[name] for name in ("sslrootcert", "sslcert", "sslkey") if name in parameters]
    if not all(os.access(path, os.R_OK) for path in ours):  # libpq goes on without a certificate that it does not find
        raise FleetProblem("own_files")
    try:
        connection = psycopg.connect(**parameters, autocommit=True)
    except psycopg.Error as error:
        raise _refused(error) from None
    return Link(connection, database.answer_seconds)


def forget_the_environment() -> None:
    """Take libpq's variables away (PGHOST, PGPASSWORD, PGSERVICE, PGOPTIONS …): only the settings count."""
    for name in [each for each in os.environ if each.startswith("PG")]:
        del os.environ[name]


def problem_of(error: Exception, *, late: bool = False) -> FleetProblem:
    """Our word for what psycopg raised."""
    state = getattr(error, "sqlstate", None) or ""
    if late or state in _TIMED_OUT:
        return FleetProblem("no_answer", state=state)
    if state in _STATES:
        return FleetProblem(_STATES[state])
    if state in _NO_RIGHT:
        return FleetProblem("no_right", state=state)
    if state in _NOT_THERE:
        return FleetProblem("no_schema", state=state)
    if not state or state in _CUT_OFF:
        return FleetProblem("broken_off", state=state)
    return FleetProblem("database", state=state)


def _refused(error: Exception) -> FleetProblem:
    """libpq has no codes for what fails before the server speaks, so its English words are looked at, and not passed on."""
    state, told = getattr(error, "sqlstate", None) or "", str(error)
    if " file " in told and any(words in told for words in _OWN_FILES):
        return FleetProblem("own_files")
    if state.startswith("28") or "no pg_hba.conf entry" in told or "authentication failed" in told or "alert" in told:
        return FleetProblem("refused", state=state)
    if "certificate verify failed" in told or "does not match host name" in told or "does not support SSL" in told:
        return FleetProblem("not_the_server", state=state)
    if "authentication method requirement" in told or "did not request" in told or "valid client certificate" in told:
        return FleetProblem("not_the_server", state=state)
    return FleetProblem("unreachable", state=state)


def _errors() -> tuple[type[Exception], ...]:
    import psycopg  # noqa: PLC0415 - see above

    return (psycopg.Error, OSError)
