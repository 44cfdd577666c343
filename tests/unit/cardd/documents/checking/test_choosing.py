"""Eight certificates, lists and responses go to the daemon: those that the signer's certificate needs, wherever they stand."""

from datetime import timedelta

from applets_spec.testca import resident_cases
from applets_spec.testca.crl import issue_crl
from applets_spec.testca.hierarchy import Family, authority
from applets_spec.testca.issue import Operator, issue_badge
from applets_spec.testca.keys import KeyAlgorithm
from cardd.documents.checking.choosing import choose

NOON = resident_cases.NOON
CASE = resident_cases.signature_good()
STRANGER = issue_badge(Operator("試験 花子", "T0001"), KeyAlgorithm.P256)


def listing(family: Family, number: int = 7) -> bytes:
    return issue_crl(authority(family, 2), [], NOON - timedelta(hours=1), NOON + timedelta(hours=23), number)


def test_the_issuer_and_its_list_come_first_wherever_they_stood() -> None:
    issuers = CASE.anchors
    assert len(issuers) == 2, "two generations of one name"
    noise = [slot.certificate for slot in STRANGER.slots.values()] + [STRANGER.ca] + [bytes([n]) for n in range(20)]
    lists = [*(listing(Family.OPERATOR, number) for number in range(1, 12)), b"no list", listing(Family.SIGNATURE)]
    chosen = choose(CASE.certificate, [*noise, *issuers], lists, [b"no answer"] * 9, 8)
    assert chosen.others[:2] == issuers
    assert chosen.others[2:] == tuple(noise[:6])
    assert chosen.lists[0] == lists[-1]
    assert (len(chosen.others), len(chosen.lists), chosen.responses) == (8, 8, (b"no answer",))


def test_what_came_twice_goes_once_and_nothing_is_lost_while_there_is_room() -> None:
    lists = [listing(Family.OPERATOR), listing(Family.SIGNATURE)]
    chosen = choose(CASE.certificate, [], [*lists, *lists], [b"b", b"a", b"b"], 8)
    assert chosen.lists == (lists[1], lists[0])
    assert chosen.responses == (b"b", b"a")


def test_a_certificate_that_nobody_can_read_has_no_way_up() -> None:
    assert choose(b"nothing", [b"b", b"a"], [b"l"], [], 1).others == (b"b",)
