"""`[revocation]`: what is refused before the daemon starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardd.config import from_bytes
from cardd.revocation_settings import Revocation
from cardd.tomlfile import BrokenFile

BEGIN = 'terminal = "t"\noperator_ca = ["/ca.pem"]\n[[clients]]\nname = "a"\nusers = [0]\n'
LIST = '[[revocation.lists]]\nname = "{name}"\nfor = "{about}"\nca = "/ca.pem"\n'


def test_nothing_need_be_said() -> None:
    found = from_bytes(BEGIN.encode()).revocation
    assert found == Revocation()
    assert (found.lists, found.anchors("jpki_signature"), found.anchors("operator_ca")) == ((), (), ())


def test_lists_and_anchors() -> None:
    text = BEGIN + '[revocation]\njpki_signature_ca = ["/a.pem"]\n'
    text += LIST.format(name="residents", about="jpki_signature") + 'url = "https://crl.example.jp/a.crl"\n'
    found = from_bytes(text.encode()).revocation
    assert found.anchors("jpki_signature") == (Path("/a.pem"),)
    assert [(each.name, each.about, each.url) for each in found.lists] == [
        ("residents", "jpki_signature", "https://crl.example.jp/a.crl")
    ]


@pytest.mark.proves("K4")
@pytest.mark.parametrize(
    ("text", "what"),
    [
        (LIST.format(name="a", about="operator_ca") * 2, "two of `lists` have one name"),
        (LIST.format(name="a", about="jpki_signature"), "without `jpki_signature_ca`"),
        ("[revocation]\nwarn_hours = 12\nrule_hours = 6\n", "`rule_hours` is shorter"),
        ("[revocation]\nrule_hours = 73\n", "less than or equal to 72"),
        ("[revocation]\nwarn_hours = 25\n", "less than or equal to 24"),
        (LIST.format(name="../a", about="operator_ca"), "should match pattern"),
        (LIST.format(name="a", about="operator_ca") + 'url = "ldap://a.example/"\n', "should match pattern"),
        ('[revocation]\ndirectory = "lists"\n', "absolute path"),
    ],
    ids=["name twice", "no anchor", "order", "rule", "warning", "path", "ldap", "relative"],
)
def test_what_cannot_be_meant_is_refused(text: str, what: str) -> None:
    with pytest.raises(BrokenFile) as told:
        from_bytes((BEGIN + text).encode())
    assert what in str(told.value)
