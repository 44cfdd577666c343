"""Paths: generations of one name, authorities that are over, revocation along the way, limits of the search, the rules of RFC 5280."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from applets_spec.testca.der import ECDSA_WITH_SHA1, Field, reassembled
from certs.errors import BadAnchor
from certs.validation import validate as validating
from certs.validation.building import MOST_SIGNATURES, Search, link
from certs.validation.evidence import Evidence
from certs.validation.path import STRICT, Rules
from certs.validation.truststore import from_der
from certs.validation.validate import MOST_OTHERS, ROOM_FOR_OTHERS, parse, validate
from certs.validation.verdict import Result, State, Verdict
from tests.unit.certs import small_authority
from tests.unit.certs.small_pki import AT, BEGINS, CA, ENDS, Made, key, named, revocation_list, root, usage

ROOT = root("Root", 1)
SUB = Made("Sub", 2, "Root", 1, CA, serial=20)
HOLDER = Made("Holder", 9, "Root", 1, serial=90)
BELOW = Made("Holder", 9, "Sub", 2, serial=91)


def judged(
    der: bytes,
    *anchors: bytes,
    others: Sequence[bytes] = (),
    lists: Sequence[bytes] = (),
    at: datetime = AT,
    rules: Rules = STRICT,
) -> Verdict:
    return validate(der, None, from_der(anchors), at, others=others, evidence=Evidence(lists=lists), rules=rules)


def test_the_pieces_are_good() -> None:
    assert judged(HOLDER.der(), ROOT).good_but_revocation
    assert judged(BELOW.der(), ROOT, others=[SUB.der()]).good_but_revocation
    assert judged(BELOW.der(), ROOT).reason == "unknown_issuer"


# --- generations of one name ---------------------------------------------------------------------------------------


@pytest.mark.proves("K1", "fault 165")
@pytest.mark.parametrize("identifier", [1, 0], ids=["named", "not named"])
def test_the_generation_that_signed_is_found_by_its_identifier_or_by_the_signature(identifier: int) -> None:
    old, new = root("Root", 1), root("Root", 2)
    der = replace(HOLDER, identifier=identifier).der()
    for anchors in ((old, new), (new, old)):
        assert judged(der, *anchors).good_but_revocation
    alone = judged(der, new)
    if identifier:
        assert (alone.result, alone.reason, alone.detail) == (Result.REFUSED, "unknown_issuer", "other_generation")
    else:
        assert (alone.result, alone.reason, alone.detail) == (Result.REFUSED, "bad_signature", "")


@pytest.mark.proves("K1", "fault 165")
def test_a_certificate_that_names_the_wrong_generation_is_refused() -> None:
    der = replace(HOLDER, identifier=2).der()
    assert judged(der, root("Root", 1), root("Root", 2)).reason == "bad_signature"
    assert judged(der, root("Root", 1)).detail == "other_generation"


@pytest.mark.proves("K2", "fault 157", "fault 165")
def test_a_list_of_the_older_generation_says_nothing_about_the_newer_one() -> None:
    """Neither where it bears the newer one's identifier, nor where both generations came along as well."""
    old, new = root("Root", 1), root("Root", 2)
    der = replace(HOLDER, by=2).der()
    for given in (revocation_list("Root", 1), revocation_list("Root", 1, 90), revocation_list("Root", 1, identifier=2)):
        verdict = judged(der, old, new, lists=[given], others=[old, new])
        assert (verdict.result, verdict.reason) == (Result.UNKNOWN, "list_missing")
    assert judged(der, old, new, lists=[revocation_list("Root", 1), revocation_list("Root", 2)]).result is Result.GOOD


@pytest.mark.proves("fault 165")
def test_an_authority_that_was_renewed_with_its_key_is_valid_by_either_certificate() -> None:
    over = root("Root", 1, ends=datetime(2024, 6, 1, tzinfo=UTC))
    for anchors in ((over, ROOT), (ROOT, over)):
        assert judged(HOLDER.der(), *anchors).good_but_revocation
    assert judged(HOLDER.der(), over).reason == "issuer_not_valid"


# --- time ----------------------------------------------------------------------------------------------------------


@pytest.mark.proves("K1", "fault 153")
@pytest.mark.parametrize(
    ("begins", "ends"),
    [(BEGINS, datetime(2024, 6, 1, tzinfo=UTC)), (datetime(2025, 6, 1, tzinfo=UTC), ENDS)],
    ids=["over", "not begun"],
)
def test_an_authority_outside_its_time_does_not_vouch(begins: datetime, ends: datetime) -> None:
    anchored = judged(HOLDER.der(), root("Root", 1, begins=begins, ends=ends))
    between = judged(BELOW.der(), ROOT, others=[replace(SUB, begins=begins, ends=ends).der()])
    for verdict in (anchored, between):
        assert (verdict.result, verdict.reason) == (Result.REFUSED, "issuer_not_valid")
        assert verdict.time.state is State.GOOD


# --- revocation along the way --------------------------------------------------------------------------------------

OF_ROOT, OF_SUB = revocation_list("Root", 1), revocation_list("Sub", 2)


@pytest.mark.proves("K2", "fault 153", "fault 154")
@pytest.mark.parametrize(
    ("lists", "result", "reason", "detail"),
    [
        ((OF_ROOT, OF_SUB), Result.GOOD, "good", ""),
        ((OF_SUB,), Result.UNKNOWN, "list_missing", "authority"),
        ((OF_ROOT,), Result.UNKNOWN, "list_missing", ""),
        ((revocation_list("Root", 1, 20), OF_SUB), Result.REFUSED, "issuer_revoked", ""),
        ((revocation_list("Root", 1, 20),), Result.REFUSED, "issuer_revoked", ""),
        ((OF_ROOT, revocation_list("Sub", 2, 91)), Result.REVOKED, "revoked", ""),
        ((revocation_list("Sub", 2, 91),), Result.REVOKED, "revoked", ""),
        ((), Result.NOT_CHECKED, "not_checked", ""),
    ],
    ids=["both", "holder's only", "authority's only", "authority revoked", "authority revoked, nothing of the holder",
         "holder revoked", "holder revoked, nothing of the authority", "nothing"],
)  # fmt: skip
def test_each_certificate_of_the_path_is_asked_about(
    lists: Sequence[bytes], result: Result, reason: str, detail: str
) -> None:
    verdict = judged(BELOW.der(), ROOT, others=[SUB.der()], lists=lists)
    assert (verdict.result, verdict.reason, verdict.detail) == (result, reason, detail)


NEW_WITH_OLD = Made("Root", 3, "Root", 1, CA, serial=30)
"""The authority's next key, certified by the one before (RFC 4210, 4.4)."""


@pytest.mark.proves("K2", "fault 165")
@pytest.mark.parametrize(
    ("lists", "reason"),
    [
        ((revocation_list("Root", 3), OF_ROOT), "good"),
        ((revocation_list("Root", 3, 90), revocation_list("Root", 1, 5)), "good"),
        ((revocation_list("Root", 3),), "list_missing"),
        ((revocation_list("Root", 4),), "list_missing"),
    ],
    ids=[
        "both keys",
        "the issuer's own goes first",
        "nothing says that the new key is not revoked",
        "a stranger's key",
    ],
)
def test_a_list_signed_with_another_key_of_the_authority(lists: Sequence[bytes], reason: str) -> None:
    verdict = judged(HOLDER.der(), ROOT, others=[NEW_WITH_OLD.der()], lists=lists)
    assert verdict.reason == reason


@pytest.mark.proves("K2", "fault 165")
@pytest.mark.parametrize(
    ("of_root", "reason"),
    [((), "good"), ((30,), "list_missing")],
    ids=["stands", "the signing key's certificate is revoked"],
)
def test_another_key_of_the_authority_answers_as_long_as_it_stands(of_root: tuple[int, ...], reason: str) -> None:
    """`Sub` has two keys: one certifies, the other signs its lists."""
    lists_key = Made(
        "Sub", 5, "Root", 1, ((x509.BasicConstraints(ca=True, path_length=0), True), usage("crl_sign")), serial=30
    )
    lists = [revocation_list("Root", 1, *of_root), revocation_list("Sub", 5)]
    verdict = judged(BELOW.der(), ROOT, others=[SUB.der(), lists_key.der()], lists=lists)
    assert verdict.reason == reason
    elsewhere = replace(lists_key, issuer="Other", by=7).der()
    under_another = judged(BELOW.der(), ROOT, root("Other", 7), others=[SUB.der(), elsewhere], lists=lists)
    assert under_another.reason == "list_missing"


# --- limits of the search ------------------------------------------------------------------------------------------


def chain_of(length: int) -> tuple[bytes, list[bytes]]:
    """A holder's certificate `length` certificates below the root's, and what stands between."""
    between = [
        Made(f"Sub {n}", 10 + n, f"Sub {n - 1}" if n else "Root", 9 + n if n else 1, CA) for n in range(length - 2)
    ]
    last = between[-1]
    return Made("Holder", 9, last.name, last.number).der(), [each.der() for each in between]


@pytest.mark.proves("K5")
def test_a_path_is_at_most_as_long_as_the_rules_say() -> None:
    der, between = chain_of(STRICT.longest)
    assert judged(der, ROOT, others=between).good_but_revocation
    der, between = chain_of(STRICT.longest + 1)
    verdict = judged(der, ROOT, others=between)
    assert (verdict.reason, verdict.detail) == ("bad_path", "path_too_long")
    assert judged(der, ROOT, others=between, rules=Rules(longest=STRICT.longest + 1)).good_but_revocation


@pytest.mark.proves("K5")
def test_no_more_signatures_are_looked_at_than_the_limit() -> None:
    """As many authorities of the right name as are read, none of them the issuer."""
    crowd = [Made("Sub", 100 + n, "Root", 100 + n, CA, identifier=0).der() for n in range(MOST_OTHERS + 5)]
    verdict = judged(replace(BELOW, identifier=0).der(), ROOT, others=crowd)
    assert (verdict.reason, verdict.detail) == ("bad_path", "too_many_signatures")


@pytest.mark.proves("K5", "fault 160")
def test_what_came_along_is_read_up_to_a_number_of_bytes_and_authorities_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many that are large cost no more than a few; many that are no authorities take no authority's place."""
    looked_at: list[int] = []
    genuine = validating.parse
    monkeypatch.setattr(validating, "parse", lambda der: (looked_at.append(len(der)), genuine(der))[1])
    large = bytes.fromhex("30821ffc") + bytes.fromhex("0500") * 4094
    between = Made("Sub", 2, "Root", 1, CA).der()
    assert judged(BELOW.der(), ROOT, others=[large] * 64 + [between]).reason == "unknown_issuer"
    assert sum(looked_at) <= ROOM_FOR_OTHERS
    assert judged(BELOW.der(), ROOT, others=[large] * 15 + [between]).good_but_revocation
    holders = [Made(f"Holder {n}", 300 + n, "Root", 1).der() for n in range(MOST_OTHERS + 5)]
    assert judged(BELOW.der(), ROOT, others=[*holders, between]).good_but_revocation


@pytest.mark.proves("K5")
def test_authorities_that_certify_each_other_in_a_ring_lead_nowhere_and_that_soon() -> None:
    ring = [
        Made("Sub", 2 + n, "Sub", 2 + m, CA, serial=10 * n + m + 1, identifier=0).der()
        for n in range(8)
        for m in range(8)
        if n != m
    ]
    links = tuple(link(parse(each), each) for each in ring)
    holder = replace(BELOW, identifier=0).der()
    search = Search((link(parse(ROOT), ROOT, anchor=True),), links, longest=4)
    assert list(search.paths(link(parse(holder), holder))) == []
    assert len(search._checked) <= MOST_SIGNATURES
    assert judged(holder, ROOT, others=ring).reason == "bad_path"


def test_what_came_along_in_vain_does_no_harm() -> None:
    others = [b"", b"0\x00", ROOT, HOLDER.der(), SUB.der()[:-1], SUB.der(), SUB.der()]
    assert judged(BELOW.der(), ROOT, others=others).good_but_revocation


# --- rules ---------------------------------------------------------------------------------------------------------


@pytest.mark.proves("K1")
def test_an_anchors_own_constraints_bind_what_it_vouches_for() -> None:
    """RFC 5937, 3.2."""
    short = Made("Root", 1, "Root", 1, ((x509.BasicConstraints(ca=True, path_length=0), True), CA[1])).der()
    assert judged(HOLDER.der(), short).good_but_revocation
    assert judged(BELOW.der(), short, others=[SUB.der()]).reason == "bad_path"
    only = x509.NameConstraints([x509.DirectoryName(named("Somebody"))], None)
    narrow = root("Root", 1, more=((only, True),))
    assert judged(HOLDER.der(), narrow).reason == "bad_path"
    assert judged(replace(HOLDER, name="Somebody").der(), narrow).good_but_revocation


@pytest.mark.proves("K1", "fault 163")
def test_an_authority_with_a_weak_algorithm_makes_the_path_weak() -> None:
    weak = reassembled(SUB.der(), {Field.ALGORITHM: ECDSA_WITH_SHA1}, key(1), hashes.SHA1())
    verdict = judged(BELOW.der(), ROOT, others=[weak])
    assert (verdict.result, verdict.reason) == (Result.REFUSED, "weak_algorithm")


POLICY, OTHER = "1.3.6.1.4.1.55555.1", "1.3.6.1.4.1.55555.2"


@pytest.mark.proves("K1")
@pytest.mark.parametrize(
    ("rules", "good"),
    [
        (Rules(explicit_policy=True), True),
        (Rules(explicit_policy=True, policies=frozenset({POLICY, OTHER})), True),
        (Rules(explicit_policy=True, policies=frozenset({OTHER})), False),
        (Rules(policies=frozenset({OTHER})), True),
    ],
    ids=["any", "one of two", "another", "another, but not asked for"],
)
def test_the_policies_that_a_caller_asks_for_are_looked_at(rules: Rules, *, good: bool) -> None:
    """RFC 5280, 6.1.1 (c) and (e)."""
    policy = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(POLICY), None)])
    verdict = judged(replace(HOLDER, more=((policy, False),)).der(), ROOT, rules=rules)
    assert verdict.good_but_revocation == good
    assert judged(HOLDER.der(), ROOT, rules=rules).good_but_revocation == (not rules.explicit_policy)


@pytest.mark.proves("K1", "fault 162")
def test_a_key_that_certifies_without_being_an_authority_is_refused() -> None:
    der = replace(HOLDER, extensions=(usage("digital_signature", "key_cert_sign"),)).der()
    verdict = judged(der, ROOT)
    assert (verdict.reason, verdict.detail) == ("wrong_kind", "key_usage_too_wide")


BROKEN_ADDRESS = x509.UnrecognizedExtension(x509.NameConstraints.oid, bytes.fromhex("300ca00a3008870608080808ffff"))
"""A name constraint whose IP address has six bytes (RFC 5280, 4.2.1.10 wants eight or 32)."""


@pytest.mark.proves("K1", "K5", "fault 160")
def test_what_cannot_be_read_whole_is_no_anchor_and_no_authority() -> None:
    broken = root("Root", 1, more=((BROKEN_ADDRESS, True),))
    with pytest.raises(BadAnchor) as caught:
        from_der([broken])
    assert caught.value.problem == "not_readable"
    assert judged(broken, ROOT).reason == "malformed"
    assert (
        judged(BELOW.der(), ROOT, others=[replace(SUB, more=((BROKEN_ADDRESS, True),)).der()]).reason
        == "unknown_issuer"
    )


@pytest.mark.proves("K1", "fault 160")
def test_an_anchor_with_a_critical_extension_that_nobody_knows_is_refused() -> None:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.9"), b"\x05\x00")
    assert from_der([root("Root", 1, more=((unknown, False),))]).anchors
    with pytest.raises(BadAnchor) as caught:
        from_der([root("Root", 1, more=((unknown, True),))])
    assert caught.value.problem == "unknown_critical_extension"


@pytest.mark.proves("K1")
def test_an_authority_without_a_name_is_none() -> None:
    """RFC 5280, 4.1.2.6."""
    with pytest.raises(BadAnchor) as caught:
        from_der([root("", 1)])
    assert caught.value.problem == "not_an_authority"
    nameless = replace(SUB, name="").der()
    assert judged(replace(BELOW, issuer="").der(), ROOT, others=[nameless]).reason == "unknown_issuer"


@pytest.mark.proves("K1")
def test_constraints_in_a_form_that_cannot_be_compared_count_as_not_met() -> None:
    """IP addresses: nothing here is identified by one."""
    net = x509.IPAddress(IPv4Network("192.0.2.0/24"))
    inside = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("192.0.2.7"))])
    der = replace(HOLDER, more=((inside, False),)).der()
    assert judged(der, ROOT).good_but_revocation
    for constraints in (x509.NameConstraints([net], None), x509.NameConstraints(None, [net])):
        assert judged(der, root("Root", 1, more=((constraints, True),))).reason == "bad_path"


# --- names that the library has no value for -------------------------------------------------------------------------


@pytest.mark.proves("fault 160")
@pytest.mark.parametrize("tag", range(0x81, 0x9F))
@pytest.mark.parametrize("constructed", [0, 0x20], ids=["primitive", "constructed"])
def test_another_name_with_a_value_of_any_type_is_an_answer(tag: int, constructed: int) -> None:
    """X.680 knows types (7: ObjectDescriptor, 8: INSTANCE OF) of which asn1crypto has no values; the long fuzz found it."""
    value = bytes([tag | constructed, 3]) + b"\x0c\x01a"
    odd = small_authority.Authority().issue(
        extensions=[
            small_authority.usage("digital_signature"),
            (
                x509.SubjectAlternativeName([x509.OtherName(x509.ObjectIdentifier("1.2.392.200149.8.5.5.1"), value)]),
                False,
            ),
        ]
    )
    der = odd.public_bytes(serialization.Encoding.DER)
    issuer = small_authority.Authority().certificate.public_bytes(serialization.Encoding.DER)
    assert judged(der, issuer, at=small_authority.NOON).chain.reason in {"", "bad_path"}
