"""Lists of the test authorities, a clock that is turned, and the taking-over with everything real but the daemon around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.testca.crl import issue_crl
from applets_spec.testca.hierarchy import LATEST_GENERATION, Authority, Family, authority
from applets_spec.testca.issue import authority_certificate
from cardd.audit.records import StateRecord
from cardd.revocation.child import Taken, take_in
from cardd.revocation.held import HeldLists
from cardd.revocation.kept import Kept
from cardd.revocation.taking import ListTaking
from cardd.revocation_settings import Revocation

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OPERATOR = authority(Family.OPERATOR, LATEST_GENERATION)
OLDER = authority(Family.OPERATOR, 1)


class TurnedClock:
    """Stands still until it is turned."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at
        self.boot_s = 1000.0

    def utc_us(self) -> int:
        return int(self.at.timestamp() * 1_000_000)

    def boottime(self) -> float:
        return self.boot_s

    def monotonic(self) -> float:
        return self.boot_s


def pem(*rows: Authority) -> bytes:
    found = (x509.load_der_x509_certificate(authority_certificate(row)) for row in rows)
    return b"".join(each.public_bytes(Encoding.PEM) for each in found)


def made(
    number: int, at: datetime = NOW - HOUR, *serials: int, row: Authority = OPERATOR, ends: timedelta = 7 * DAY
) -> bytes:
    return issue_crl(row, [(serial, at - DAY, None) for serial in serials], at, at + ends, number)


class House:
    """One list, `badges`."""

    def __init__(self, folder: Path, take: Callable[..., Taken] = take_in, ca: bytes | None = None) -> None:
        self.folder, self.incoming, self.state = folder, folder / "incoming", folder / "state"
        self.incoming.mkdir()
        (folder / "ca.pem").write_bytes(ca or pem(OPERATOR))
        self.clock = TurnedClock()
        self.told: list[tuple[str, Mapping[str, object]]] = []
        self.records: list[StateRecord] = []
        self._take = take
        self.begin()

    def begin(self) -> None:
        """As after a restart."""
        self.held = HeldLists(self.clock)
        settings = Revocation.model_validate(
            {
                "directory": self.incoming,
                "lists": [{"name": "badges", "for": "operator_ca", "ca": self.folder / "ca.pem"}],
            }
        )
        self.taking = ListTaking(settings, Kept(self.state), self.held, self._record, self._tell, self._take)

    async def _record(self, record: StateRecord) -> None:
        self.records.append(record)

    def _tell(self, topic: str, change: str, facts: Mapping[str, object]) -> None:
        assert topic == "alarm"
        self.told.append((change, facts))

    def put(self, octets: bytes) -> None:
        beside = self.incoming / ".new"
        beside.write_bytes(octets)
        beside.rename(self.incoming / "badges.crl")

    async def take(self, octets: bytes) -> None:
        """Put it there and look twice: what is new must lie still first."""
        self.put(octets)
        assert await self.taking.look()
        await self.taking.look()

    def revoked(self, serial: int) -> bool | None:
        """What the newest list says; None where there is none."""
        lists = self.held.about(["operator_ca"])
        if not lists:
            return None
        return max(lists, key=lambda each: each.this_update).revoked_at(serial) is not None

    @property
    def health(self) -> tuple[str, str | None]:
        ((name, state, problem),) = self.taking.checks()
        assert name == "revocation"
        return state, problem

    @property
    def problems(self) -> list[str | None]:
        return [record.problem for record in self.records if record.event == "revocation.refused"]
