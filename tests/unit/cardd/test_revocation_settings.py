"""`[revocation]`: what is refused before the daemon starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardd.config import from_bytes
from cardd.revocation_settings import Revocation
from cardd.tomlfile import BrokenFile

BEGIN = 'terminal = "t"\noperator_ca = ["/ca.pem"]\n[[clients]]\nname = "a"\nusers = [0]\n'
LIST = '[[revocation.lists]]\nname = "{name}"\nfor = "{about}"\nca = "/ca.pem"\n'
RESPONDER = (
    '[[revocation.responders]]\nname = "{name}"\nfor = "{about}"\nca = "/ca.pem"\nurl = "http://ocsp.example.jp/"\n'
)


def test_nothing_need_be_said() -> None:
    found = from_bytes(BEGIN.encode()).revocation
    assert found == Revocation()
    assert (found.lists, found.anchors("jpki_signature"), found.anchors("operator_ca")) == ((), (), ())
    assert (found.responders, found.ocsp_wait_s, found.asked_directory) == ((), 5, Path("/run/cardd-asked"))


def test_lists_and_anchors() -> None:
    text = BEGIN + '[revocation]\njpki_signature_ca = ["/a.pem"]\n'
    text += LIST.format(name="residents", about="jpki_signature") + 'url = "https://crl.example.jp/a.crl"\n'
    found = from_bytes(text.encode()).revocation
    assert found.anchors("jpki_signature") == (Path("/a.pem"),)
    assert [(each.name, each.about, each.url) for each in found.lists] == [
        ("residents", "jpki_signature", "https://crl.example.jp/a.crl")
    ]


def test_responders() -> None:
    text = BEGIN + "[revocation]\nocsp_wait_s = 0\n" + RESPONDER.format(name="badges", about="operator_ca")
    found = from_bytes((text + 'hash = "sha256"\nurl_ca = "/tls.pem"\n').encode()).revocation
    assert found.ocsp_wait_s == 0
    assert [(each.name, each.about, each.url, each.url_ca, each.id_hash) for each in found.responders] == [
        ("badges", "operator_ca", "http://ocsp.example.jp/", Path("/tls.pem"), "sha256")
    ]


def test_a_short_operation_is_no_matter_where_nobody_is_asked() -> None:
    assert from_bytes((BEGIN + "[limits]\noperation_seconds = 9\n").encode()).limits.operation_seconds == 9


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
        (RESPONDER.format(name="a", about="operator_ca") * 2, "two of `responders` have one name"),
        (
            RESPONDER.format(name="a", about="jpki_signature"),
            "a responder for jpki_signature without `jpki_signature_ca`",
        ),
        (RESPONDER.format(name="a-b", about="operator_ca"), "should match pattern"),
        (RESPONDER.format(name="a", about="operator_ca").replace("http:", "ldap:"), "should match pattern"),
        (RESPONDER.format(name="a", about="operator_ca") + 'hash = "md5"\n', "'sha1' or 'sha256'"),
        (RESPONDER.format(name="a", about="operator_ca").replace("url =", "ur ="), "url"),
        ("[revocation]\nocsp_wait_s = 11\n", "less than or equal to 10"),
        ("[revocation]\nocsp_wait_s = -1\n", "greater than or equal to 0"),
        ('[revocation]\nasked_directory = "asked"\n', "absolute path"),
        (
            '[revocation]\nasked_directory = "/var/lib/cardd-lists"\n'
            + RESPONDER.format(name="a", about="operator_ca"),
            "they must be two folders",
        ),
        (
            "[limits]\noperation_seconds = 9\n" + RESPONDER.format(name="a", about="operator_ca"),
            "at most half of `operation_seconds`",
        ),
    ],
    ids=[
        "name twice",
        "no anchor",
        "order",
        "rule",
        "warning",
        "path",
        "ldap",
        "relative",
        "responder twice",
        "responder without anchor",
        "name in file names",
        "ldap responder",
        "hash",
        "no url",
        "wait too long",
        "wait below nothing",
        "relative asked",
        "one folder for both",
        "card waits too",
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, what: str) -> None:
    with pytest.raises(BrokenFile) as told:
        from_bytes((BEGIN + text).encode())
    assert what in str(told.value)
