"""For which accounts of the machine a login program may open a session."""

import os
import pwd

import pytest

from cardd.app.clients import MachineAccounts
from cardd.config import from_bytes
from cardd.errors import WrongAccount
from cardd.model import Peer, SeatName
from cardd.ports import Caller

LOGIN_UID, OTHER_UID = 4242, 4243
OWN = next(entry for entry in pwd.getpwall() if entry.pw_uid not in (0, 65534))
"""Some ordinary account of this machine."""
CONFIG = f"""
mode = "test"
terminal = "t"
operator_ca = ["/ca.pem"]
[[clients]]
name = "login"
users = [{LOGIN_UID}]
may_prompt = true
may_log_in_others = true
[[clients]]
name = "desk"
users = [{OWN.pw_uid}]
[[clients]]
name = "other"
users = [{OTHER_UID}]
may_prompt = true
[[seats]]
name = "left"
[[seats]]
name = "right"
users = [{LOGIN_UID}]
"""


async def owner(uid: int, name: str, seat: str = "left") -> int:
    caller = Caller(Peer(uid, uid, os.getpid()), "login", SeatName(seat), "en")
    return await MachineAccounts(from_bytes(CONFIG.encode())).owner(caller, name)


@pytest.mark.proves("S2")
async def test_an_ordinary_account_that_is_a_client_at_this_seat_can_own_a_session() -> None:
    assert await owner(LOGIN_UID, OWN.pw_name) == OWN.pw_uid


@pytest.mark.proves("S2", "I1")
@pytest.mark.parametrize(
    ("uid", "name", "seat", "problem"),
    [
        (OTHER_UID, OWN.pw_name, "left", "not_for_others"),
        (OWN.pw_uid, OWN.pw_name, "left", "not_for_others"),
        (LOGIN_UID, "no-such-user-here", "left", "account_unknown"),
        (LOGIN_UID, "root", "left", "account_root"),
        (LOGIN_UID, "nobody", "left", "account_no_client"),
        (LOGIN_UID, OWN.pw_name, "right", "account_no_client"),
    ],
)
async def test_whoever_else_asks_and_every_other_account_is_refused(
    uid: int, name: str, seat: str, problem: str
) -> None:
    with pytest.raises(WrongAccount) as refused:
        await owner(uid, name, seat)
    assert refused.value.facts.problem == problem
