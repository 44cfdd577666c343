"""A counter with revocation lists: the test authorities' lists, put into the daemon's folder as a helper puts them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.testca.crl import issue_crl
from applets_spec.testca.hierarchy import LATEST_GENERATION, Authority, Family, authority
from applets_spec.testca.issue import authority_certificate
from demo.office import Office, Resident
from tests.fixtures.counter import READY_SECONDS, ROOMY, SIGN_CONTEXT, Counter, open_counter, until
from tests.fixtures.pcscd import StandInBox

DAY = timedelta(days=1)
FAMILIES = {
    "jpki_signature": Family.SIGNATURE,
    "jpki_authentication": Family.AUTHENTICATION,
    "operator_ca": Family.OPERATOR,
}
"""The lists of this counter; each is about what it is called."""
TAKING_SECONDS = 2 * READY_SECONDS


def row_of(name: str) -> Authority:
    return authority(FAMILIES[name], LATEST_GENERATION)


def ca_pem(name: str, generation: int = LATEST_GENERATION) -> bytes:
    der = authority_certificate(authority(FAMILIES[name], generation))
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def serial_of(der: bytes) -> int:
    return x509.load_der_x509_certificate(der).serial_number


class Lists:
    """The folder of the helper, and what the daemon made of it."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.folder = counter.folder / "lists"

    def put(
        self,
        name: str,
        number: int,
        *revoked: bytes,
        made: timedelta = timedelta(hours=-1),
        ends: timedelta = 10 * DAY,
        by: Authority | None = None,
    ) -> None:
        """A list as its authority makes it: `made` and `ends` from now; `revoked`: certificates (DER)."""
        now = datetime.now(UTC).replace(microsecond=0)
        entries = [(serial_of(each), now - 2 * DAY, None) for each in revoked]
        self.write(name, issue_crl(by or row_of(name), entries, now + made, now + made + ends, number))

    def write(self, name: str, octets: bytes) -> None:
        beside = self.folder / f".{name}.new"
        beside.write_bytes(octets)
        beside.rename(self.folder / f"{name}.crl")

    def take(self, name: str, number: int, *revoked: bytes, **more: Any) -> None:
        """Put it there and wait until it counts."""
        before = self.taken(name)
        self.put(name, number, *revoked, **more)
        until(lambda: self.taken(name) > before, TAKING_SECONDS)

    def taken(self, name: str) -> int:
        return self.counter.log.count(f"event=revocation_list_taken list={name} ")

    def refused(self, problem: str) -> bool:
        return f"problem={problem}" in "\n".join(
            line for line in self.counter.log.splitlines() if "event=revocation_list_refused" in line
        )

    def health(self) -> Mapping[str, Any]:
        """The row of `health`."""
        return next(row for row in self.counter.call("health")["checks"] if row["name"] == "revocation")

    def records(self, event: str) -> list[dict[str, Any]]:
        return [record for record in self.counter.records() if record.get("event") == event]


def config(folder: Path, *, more: str = "") -> str:
    lists = folder / "lists"
    lists.mkdir(exist_ok=True)
    text = ROOMY + f'\n[revocation]\ndirectory = "{lists}"\n{more}'
    for name in FAMILIES:
        file = folder / f"{name}-ca.pem"
        file.write_bytes(ca_pem(name))
        if name != "operator_ca":
            text += f'{name}_ca = ["{file}"]\n'
    for name in FAMILIES:
        file = folder / f"{name}-ca.pem"
        text += f'\n[[revocation.lists]]\nname = "{name}"\nfor = "{name}"\nca = "{file}"\n'
    return text + "\n"


@contextmanager
def open_house(*, strict: bool = True, more: str = "", policy: Callable[[str], str] | None = None) -> Iterator[Lists]:
    """A counter whose policy wants revocation checked (`strict`), with an empty folder for lists. `policy`: changes its text."""

    def prepare(office: Office) -> None:
        office.strict = strict
        write: Callable[..., None] = office.write

        def with_lists(socket: Path, *, extra_config: str = "", **other: Any) -> None:
            write(socket, extra_config=config(office.folder, more=more), **other)
            if policy is not None:
                rules = office.folder / "policy.toml"
                rules.write_text(policy(rules.read_text("utf-8")), "utf-8")

        office.write = with_lists  # type: ignore[method-assign]

    with open_counter(StandInBox, prepare=prepare) as counter:
        yield Lists(counter)


def sign(counter: Counter, resident: Resident, card: str) -> dict[str, Any]:
    """A signature with the resident's authentication key under a purpose that wants revocation checked."""
    return counter.call("sign.digest", resident.holder.pins.authentication, **signing(card))


def signing(card: str) -> dict[str, Any]:
    digest = base64.b64encode(hashlib.sha256(b"an application").digest()).decode()
    words = {"key": "authentication", "hash": "sha256", "signature_format": "pkcs1v15"}
    return {"card": card, "digests_base64": [digest], **words, **SIGN_CONTEXT}


def checked(counter: Counter, der: bytes, **more: Any) -> dict[str, Any]:
    """`certificate.check`, by whoever is logged in."""
    return counter.call(
        "certificate.check", certificate_base64=base64.b64encode(der).decode(), **(dict(SIGN_CONTEXT) | more)
    )


def last_sign_outcome(counter: Counter) -> dict[str, Any]:
    records = counter.records()
    intents = {record["seq"] for record in records if record.get("event") == "sign.digest"}
    return [record for record in records if record.get("intent") in intents][-1]
