"""The operator CA's files: told what is wrong, judged anew until they are right, no test CA in production (K1, H6)."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.testca.hierarchy import LATEST_GENERATION, Family, authority
from applets_spec.testca.issue import Operator, authority_certificate, issue_badge
from cardd.app.certificates import UNUSABLE, OperatorCa, badge_uuid, load, problems, revocation_problems
from cardd.config import from_bytes
from certs.errors import BadAnchor

AT = datetime(2026, 6, 1, tzinfo=UTC)


def pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


@pytest.fixture(scope="module")
def ca() -> bytes:
    return pem(authority_certificate(authority(Family.OPERATOR, LATEST_GENERATION)))


@pytest.fixture(scope="module")
def badge() -> bytes:
    return issue_badge(Operator("SATO HANAKO", "0001"), number=1).slots[0x9A].certificate


def test_a_good_badge(ca: bytes, badge: bytes, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(ca)
    assert OperatorCa((file,), test=True).badge_problem(badge, AT) is None
    assert badge_uuid(badge) is not None


@pytest.mark.proves("H7")
def test_files_are_looked_at_again_until_they_can_be_used(
    ca: bytes, badge: bytes, tmp_path: Path, log: io.StringIO
) -> None:
    file = tmp_path / "ca.pem"
    authorities = OperatorCa((file,), test=True)
    assert authorities.badge_problem(badge, AT) == UNUSABLE
    file.write_text("nothing")
    assert authorities.badge_problem(badge, AT) == UNUSABLE
    assert "problem=unreadable" in log.getvalue()
    assert "problem=not_pem" in log.getvalue()
    file.write_bytes(ca)
    assert authorities.badge_problem(badge, AT) is None
    file.unlink()
    assert authorities.badge_problem(badge, AT) is None


@pytest.mark.proves("K1")
def test_production_takes_no_test_authority(ca: bytes, badge: bytes, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(ca)
    with pytest.raises(BadAnchor, match="test_anchor"):
        load((file,), test=False)
    assert OperatorCa((file,), test=False).badge_problem(badge, AT) == UNUSABLE


@pytest.mark.proves("H6")
def test_each_bad_file_is_told_with_its_mend(ca: bytes, badge: bytes, tmp_path: Path) -> None:
    contents = {"good.pem": ca, "text.pem": b"nothing", "badge.pem": pem(badge), "empty.pem": b""}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    files = tuple(tmp_path / name for name in (*contents, "none.pem"))
    told = dict(sentence.split(": ", 1) for sentence in problems(files, test=True))
    assert set(told) == {str(tmp_path / name) for name in ("text.pem", "badge.pem", "empty.pem", "none.pem")}
    assert all(sentence.startswith("operator_ca ") for sentence in told.values())
    assert "openssl x509" in told[str(tmp_path / "text.pem")]
    assert "no CA's" in told[str(tmp_path / "badge.pem")]
    assert "cannot be read (No such file or directory)" in told[str(tmp_path / "none.pem")]


@pytest.mark.proves("K1", "H6")
def test_the_authorities_of_residents_and_lists_are_looked_at_too(ca: bytes, tmp_path: Path) -> None:
    """`cardd --check-config`: each file that cannot be used is told with its key; no test authority in production."""
    file = tmp_path / "ca.pem"
    file.write_bytes(ca)
    text = (
        'mode = "{mode}"\nterminal = "t"\noperator_ca = ["/ca.pem"]\n[[clients]]\nname = "a"\nusers = [0]\n'
        f'[revocation]\njpki_signature_ca = ["{file}"]\n'
        f'[[revocation.lists]]\nname = "badges"\nfor = "operator_ca"\nca = "{tmp_path}/none.pem"\n'
    )
    told = [list(revocation_problems(from_bytes(text.format(mode=mode).encode()))) for mode in ("test", "production")]
    assert told[0] == [f"{tmp_path}/none.pem: revocation.lists.badges.ca cannot be read (No such file or directory)"]
    assert "revocation.jpki_signature_ca holds a test CA's certificate" in told[1][0]
    assert len(told[1]) == 2


@pytest.mark.proves("H6")
def test_the_files_of_responders_and_of_servers_are_looked_at_too(ca: bytes, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(ca)
    (tmp_path / "text.pem").write_bytes(b"no certificate")
    text = (
        'mode = "test"\nterminal = "t"\noperator_ca = ["/ca.pem"]\n[[clients]]\nname = "a"\nusers = [0]\n'
        f'[[revocation.lists]]\nname = "badges"\nfor = "operator_ca"\nca = "{tmp_path}/ca.pem"\n'
        f'url = "https://a.example/"\nurl_ca = "{tmp_path}/none.pem"\n'
        f'[[revocation.responders]]\nname = "asked"\nfor = "operator_ca"\nca = "{tmp_path}/text.pem"\n'
        f'url = "https://a.example/"\nurl_ca = "{tmp_path}/text.pem"\n'
        f'[[revocation.responders]]\nname = "whole"\nfor = "operator_ca"\nca = "{tmp_path}/ca.pem"\n'
        f'url = "https://a.example/"\nurl_ca = "{tmp_path}/ca.pem"\n'
    )
    told = [each.partition(": ")[2].split()[0] for each in revocation_problems(from_bytes(text.encode()))]
    assert told == [
        "revocation.lists.badges.url_ca",
        "revocation.responders.asked.ca",
        "revocation.responders.asked.url_ca",
    ]
