"""The register of operators: found by certificate, one badge for one person."""

import pytest

from cardd.register import Register, from_bytes
from cardd.tomlfile import BrokenFile

FIRST, SECOND = "1" * 64, "2" * 64
TWO = f"""version = 3
[[operators]]
id = "op-1"
name = "試験 花子"
role = "counter"
certificates = ["{FIRST}"]
guid = "{"a" * 32}"
unix_user = "hanako"
[[operators]]
id = "op-2"
name = "試験 次郎"
role = "auditor"
certificates = ["{SECOND}"]
status = "blocked"
"""


def register(text: str = TWO) -> Register:
    return from_bytes(text.encode(), "r.toml")


def test_operators_are_found_by_certificate_also_blocked_ones() -> None:
    found = register()
    first, second = found.by_certificate(FIRST), found.by_certificate(SECOND)
    assert first is not None
    assert second is not None
    assert (first.id, first.status, second.id, second.status) == ("op-1", "active", "op-2", "blocked")
    assert found.by_certificate("3" * 64) is None
    assert found.by_id("op-2") is second
    assert found.version == 3


@pytest.mark.proves("S12")
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('id = "op-2"', 'id = "op-1"', "r.toml:10:6: operators[1].id: stands with operator `op-1` already"),
        (SECOND, FIRST, "r.toml:13:16: operators[1].certificates: stands with operator `op-1` already"),
        ('status = "blocked"', f'guid = "{"a" * 32}"', "r.toml:14:8: operators[1].guid: stands with"),
        ('status = "blocked"', 'unix_user = "hanako"', "r.toml:14:13: operators[1].unix_user: stands with"),
        ('status = "blocked"', 'status = "gone"', "r.toml:14:10: operators[1].status: Input should be"),
        (SECOND, SECOND.replace("2", "F"), "r.toml:13:17: operators[1].certificates[0]: String should match"),
        ('role = "auditor"', 'rolle = "auditor"', "operators[1].rolle: is not a key that is known here"),
        ("試験 次郎", "a\\u001bb", "r.toml:11:8: operators[1].name: String should match"),
    ],
    ids=["id", "certificate", "guid", "unix user", "status", "upper case", "key", "control character"],
)
def test_a_register_that_is_wrong_is_refused_with_the_place(old: str, new: str, expected: str) -> None:
    assert old in TWO
    with pytest.raises(BrokenFile) as caught:
        register(TWO.replace(old, new, 1))
    assert expected in str(caught.value)


def test_one_operator_may_have_two_certificates_but_not_one_twice() -> None:
    found = register(TWO.replace(f'["{SECOND}"]', f'["{SECOND}", "{"4" * 64}"]'))
    assert found.by_certificate("4" * 64) is found.by_certificate(SECOND)
    with pytest.raises(BrokenFile):
        register(TWO.replace(f'["{SECOND}"]', f'["{SECOND}", "{SECOND}"]'))


def test_a_day_badge_opens_the_account_of_its_person_and_nobody_else_s() -> None:
    shared = TWO.replace('status = "blocked"', 'unix_user = "hanako"\nperson = "op-1"', 1)
    assert [each.unix_user for each in register(shared).operators] == ["hanako", "hanako"]
    with pytest.raises(BrokenFile):
        register(shared.replace('person = "op-1"', 'person = "op-9"'))
