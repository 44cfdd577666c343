"""The life of an operator's badge, over a real pcscd with vpcd: from the factory to the loss report, with OpenSC as the judge."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from applets_spec.fault_script import Fault, Kind
from applets_spec.faults import FaultyCard
from cardd.client import RemoteError
from demo.office import PASSPHRASE
from tests.e2e.badge_makers import (
    CARE,
    HOLDER_PIN,
    NEW_SLOT,
    ORDER,
    Makers,
    blank,
    makers_at_work,
    real_readers,
    refused,
    stand_in_readers,
)
from tests.e2e.fault_house import failing
from tests.fixtures.terminal import shows
from tests.judges.tools import DOCUMENT, Bench

NEW_PIN = "271904"
ECDSA = ("--sign", "-m", "ECDSA-SHA256", "--signature-format", "openssl")


@pytest.fixture
def makers() -> Iterator[Makers]:
    """Two administrators at a counter over the stand-in."""
    with makers_at_work(stand_in_readers) as opened:
        yield opened


# --- the whole life, by the commands that people type ----------------------------------------------------------------


@pytest.mark.proves("S9", "S12")
def test_from_the_factory_to_the_loss_report(tmp_path: Path) -> None:
    with makers_at_work(real_readers) as makers:
        counter, card = makers.counter, blank(own_key=True)
        makers.put_in(card)

        made = enrol_at_the_terminal(makers)
        assert made["management_key"] == "own"
        listed = json.loads(counter.cardctl("badge", "list", "--json").stdout)["badges"]
        assert {row["operator"]: row["status"] for row in listed}["tanaka"] == "active"

        assert makers.login_with(card)["operator"]["name"] == "田中 一郎"
        counter.call("session.logout")
        opensc_uses(makers, card, Bench(tmp_path, counter.box.socket_path), made["certificates"])

        makers.back()
        blocked = counter.cardctl("badge", "block", "tanaka", "--reason", "lost")
        assert (blocked.returncode, "let in no more" in blocked.stdout) == (0, True), blocked
        error = failing("auth.failed", lambda: makers.login_with(card))
        assert error.data["problem"] == "badge_blocked"
        assert card.references()["piv.pin"].tries == 3, "nobody was asked for a PIN"


def enrol_at_the_terminal(makers: Makers) -> dict[str, Any]:
    """One command; it says that a second person is needed, and the same command once more does it."""
    order = [
        *("badge", "enrol", "tanaka", "--name", "田中 一郎", "--role", "counter"),
        *("--purpose", "badge_care", "--case", "R8-0100", "--card", makers.handle),
    ]
    told = makers.counter.cardctl(*order)
    assert told.returncode == 34, told
    approval = re.search(r"a-[0-9a-f]{16}", told.stderr)
    assert approval is not None, told.stderr
    assert f"cardctl approvals give {approval[0]}" in told.stderr
    makers.approve(approval[0])
    again = [*order, "--approval", approval[0]]
    assert f"--approval {approval[0]}" in told.stderr.splitlines()[-1]
    done = makers.counter.cardctl("--json", *again, pins=(PASSPHRASE, HOLDER_PIN, HOLDER_PIN))
    assert done.returncode == 0, done
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def opensc_uses(makers: Makers, card: Any, bench: Bench, certificates: dict[str, str]) -> None:
    """OpenSC knows the badge, reads the certificates that were issued, and signs with both keys under the holder's PIN."""
    makers.put_in(card)
    reader = makers.counter.box.readers[NEW_SLOT]
    assert "Personal Identity Verification Card" in bench.ok("opensc-tool", "-r", reader, "-n")
    bench.write("document", DOCUMENT)
    bench.write("ca.pem", (makers.counter.office.folder / "own-ca.pem").read_bytes())
    slot = ("--slot-index", slot_of(bench, reader))
    for number, key in (("01", "authentication"), ("02", "signature")):
        bench.ok("pkcs15-tool", "--reader", reader, "--read-certificate", number, "-o", key)
        found = bench.certificate(key).fingerprint(SHA256()).hex()
        assert found == certificates[key]
        bench.ok("openssl", "verify", "-no-CApath", "-trusted", "ca.pem", key)
        sign = (*ECDSA, "-i", "document", "-o", f"{key}.sig", "--id", number)
        bench.ok("pkcs11-tool", *slot, "--login", "--pin", HOLDER_PIN, *sign)
        assert bench.verifies(key, f"{key}.sig")


def slot_of(bench: Bench, reader: str) -> str:
    """The index of the PKCS#11 slot whose token is in this reader."""
    slots = re.findall(r"Slot \d+ \(0x[0-9a-f]+\): (.*)", bench.ok("pkcs11-tool", "--list-token-slots"))
    return str(next(index for index, name in enumerate(slots) if name.startswith(reader)))


# --- one step at a time, over the stand-in ---------------------------------------------------------------------------


@pytest.mark.proves("S9", "fault 96")
def test_nobody_agrees_to_their_own_order(makers: Makers) -> None:
    makers.put_in(blank())
    approval = str(refused(makers, "approval.required").data["approval"])
    row = next(row for row in makers.counter.call("approval.list")["approvals"] if row["approval"] == approval)
    agree = {"approval": approval, "content_hash": row["content_hash"], "badge": makers.own_handle}
    error = failing("approval.invalid", lambda: makers.counter.call("approval.give", makers.first.pin, **agree))
    assert error.data["problem"] == "same_person"
    assert refused(makers, "approval.invalid", approval=approval).data["problem"] == "not_given"


@pytest.mark.proves("S9")
def test_an_approval_is_for_this_order_alone(makers: Makers) -> None:
    makers.put_in(blank())
    approval = makers.approved()
    error = refused(makers, "approval.invalid", approval=approval, role="supervisor")
    assert error.data["problem"] == "other_content"


@pytest.mark.proves("S9", "S12")
@pytest.mark.parametrize(
    ("match", "kind"),
    [("0024", Kind.DROP_MID_COMMAND), ("10DB", Kind.DROP)],
    ids=["while its PUK is changed", "before its certificate is written"],
)
def test_a_badge_that_is_pulled_is_finished_by_the_same_command(makers: Makers, match: str, kind: Kind) -> None:
    card = blank()
    faulty = FaultyCard(card, ())
    makers.put_in(faulty)
    approval = makers.approved()
    faulty.follow((Fault(kind, at=1, match=bytes.fromhex(match)),))
    with pytest.raises(RemoteError, match=r"card\.removed|pin\.unknown"):
        makers.order(approval=approval)
    assert makers.row("tanaka")["status"] == "incomplete"
    assert health(makers) == ("warning", "incomplete")
    faulty.follow(())
    makers.put_in(faulty)
    issued_already = match == "10DB"
    typed = (HOLDER_PIN, HOLDER_PIN) if issued_already else (PASSPHRASE, HOLDER_PIN, HOLDER_PIN)
    made = makers.order(*typed, approval=approval)
    assert made["resumed"] is True
    assert makers.row("tanaka")["status"] == "active"
    assert health(makers) == ("good", None)
    assert makers.login_with(card)["operator"]["id"] == "tanaka"


@pytest.mark.proves("S9")
def test_the_daemon_may_be_killed_in_between(makers: Makers) -> None:
    card = blank()
    faulty = FaultyCard(card, (Fault(Kind.DROP_MID_COMMAND, at=1, match=bytes.fromhex("0024")),))
    makers.put_in(faulty)
    approval = makers.approved()
    with pytest.raises(RemoteError, match=r"card\.removed|pin\.unknown"):
        makers.order(approval=approval)
    makers.restart()
    faulty.follow(())
    makers.put_in(faulty)
    assert makers.order()["resumed"] is True, "no second approval, also after a restart"
    assert card.references()["piv.puk"].tries == 3
    assert makers.login_with(card)["operator"]["id"] == "tanaka"


def test_renewed_it_is_let_in_with_the_new_certificate(makers: Makers) -> None:
    card = blank()
    first = makers.enrol(card)
    makers.put_in(card)
    renewed = makers.order(PASSPHRASE, HOLDER_PIN, method="badge.renew", approval=makers.approved("badge.renew"))
    assert renewed["guid"] == first["guid"]
    assert set(renewed["certificates"].values()).isdisjoint(first["certificates"].values())
    assert makers.login_with(card)["operator"]["id"] == "tanaka"


@pytest.mark.proves("S9")
def test_a_blocked_pin_is_helped_with_a_puk_that_nobody_types(makers: Makers) -> None:
    card = blank()
    makers.enrol(card)
    card.references()["piv.pin"].tries = 0
    makers.put_in(card)
    command = ("badge", "unblock-pin", "tanaka", "--purpose", CARE["purpose"], "--case", CARE["case"])
    approval = makers.approved("badge.unblock_pin")
    done = makers.counter.cardctl(*command, "--card", makers.handle, "--approval", approval, pins=(NEW_PIN, NEW_PIN))
    assert (done.returncode, "has a new PIN" in done.stdout) == (0, True), done
    assert makers.login_with(card, NEW_PIN)["operator"]["id"] == "tanaka"


@pytest.mark.proves("S12")
def test_whoever_is_logged_in_with_a_reported_badge_is_out_at_once(makers: Makers) -> None:
    makers.counter.call("session.logout")
    makers.counter.call("session.login", makers.second.pin, badge=makers.second_handle)
    result = makers.counter.call("badge.block", operator="ito", reason="lost")
    assert result["sessions_ended"] == 1
    assert not makers.counter.call("session.status")["logged_in"]


@pytest.mark.proves("S12")
def test_a_loss_report_is_an_alarm_and_the_badge_is_let_in_no_more(makers: Makers) -> None:
    card = blank()
    makers.enrol(card)
    with makers.counter.client() as watching:
        _, changes = watching.events(topics=["alarm"])
        result = makers.counter.call("badge.block", operator="tanaka", reason="stolen")
        assert result["sessions_ended"] == 0
        event = next(change for change in changes if change["facts"].get("watch") is None)  # rules may have theirs
    assert (event["topic"], event["change"]) == ("alarm", "badge_blocked")
    failing("auth.failed", lambda: makers.login_with(card))


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "name", "problem"),
    [
        (("not the passphrase",), "badge.authority", "passphrase"),
        ((PASSPHRASE, None), "pin.cancelled", None),
    ],
)
def test_who_stumbles_tries_again_without_a_second_approval(
    makers: Makers, typed: tuple[str | None, ...], name: str, problem: str | None
) -> None:
    card = blank()
    makers.put_in(card)
    error = refused(makers, name, *typed, approval=makers.approved())
    assert error.data.get("problem") == problem
    assert (card.references()["piv.pin"].tries, card.references()["piv.puk"].tries) == (3, 3)
    assert makers.order()["operator"] == "tanaka"


@pytest.mark.proves("S12")
def test_the_badge_of_somebody_else_is_not_made_over(makers: Makers) -> None:
    makers.handle = makers.second_handle
    assert refused(makers, "badge.taken", approval=makers.approved()).name == "badge.taken"
    makers.handle = makers.own_handle
    assert refused(makers, "policy.denied").data["problem"] == "own_badge"


def test_a_badge_with_another_management_key_is_left_alone(makers: Makers) -> None:
    card = blank(own_key=True)
    makers.enrol(card)
    stolen = type(card).from_state(card.to_state())
    state = stolen.to_state()
    state["applets"]["piv"]["management"]["key"] = bytes(range(24)).hex()
    makers.put_in(type(card).from_state(state))
    approval = makers.approved("badge.unblock_pin")
    failing(
        "badge.management_key",
        lambda: makers.order(NEW_PIN, NEW_PIN, method="badge.unblock_pin", approval=approval),
    )


def test_a_blocked_puk_is_said_as_it_is(makers: Makers) -> None:
    card = blank()
    makers.enrol(card)
    card.references()["piv.pin"].tries = card.references()["piv.puk"].tries = 0
    makers.put_in(card)
    approval = makers.approved("badge.unblock_pin")
    error = failing(
        "badge.puk_blocked",
        lambda: makers.order(NEW_PIN, NEW_PIN, method="badge.unblock_pin", approval=approval),
    )
    assert error.data["exit_code"] == 21


def test_a_machine_without_the_cas_key_says_so() -> None:
    with makers_at_work(more=lambda office: (office.folder / "own-ca.key").unlink()) as makers:
        makers.put_in(blank())
        assert refused(makers, "badge.authority", approval=makers.approved()).data["problem"] == "absent"


def test_neither_pins_nor_names_nor_keys_get_into_the_log_and_the_record(makers: Makers) -> None:
    makers.enrol(blank(own_key=True))
    makers.counter.stop()
    written = makers.counter.log.encode() + b"".join(
        path.read_bytes() for path in makers.counter.office.audit.rglob("*") if path.is_file()
    )
    assert not any(shows(written, secret) for secret in (HOLDER_PIN, "12345678"))
    assert not any(secret.encode() in written for secret in (PASSPHRASE, ORDER["name"]))


def health(makers: Makers) -> tuple[str, str | None]:
    check = next(check for check in makers.counter.call("health")["checks"] if check["name"] == "badges")
    return check["state"], check["problem"]
