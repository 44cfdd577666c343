"""OpenSSL judges our CAdES, and makes signatures and time stamps that we must take or refuse as it does."""

from __future__ import annotations

import io
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import x509 as asn1_x509
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext

from cardd.documents.cades import prepare
from cardd.documents.cades_cms import read_signed_data
from cardd.documents.checking import cades as checking
from cardd.documents.checking import stamps
from cardd.documents.errors import DocumentError
from cardd.documents.found import Found, Integrity
from cardd.documents.model import Stamper, ValidationMaterial
from cardd.documents.stamps import make_request, token_of
from tests.fixtures.evidence import list_of, material_of
from tests.fixtures.software_signer import WHEN, SoftwareSigner, operator, p384, resident
from tests.fixtures.tsa import Tsa, make_tsa

DOCUMENT = "申請書\r\n\nEnde\0".encode()
PATIENCE_S = 120.0
SIGNERS = {"jpki": resident(), "p256": operator(), "p384": p384()}
EVERYBODY = pytest.mark.parametrize("name", list(SIGNERS))
BOTH_FORMS = pytest.mark.parametrize("enveloping", [False, True], ids=["detached", "enveloping"])
CADES_OR_CMS = pytest.mark.parametrize("cades", [True, False], ids=["cades", "cms"])


class Place:
    """A folder with the document, keys, certificates and anchors, and OpenSSL working in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "document").write_bytes(DOCUMENT)
        (folder / "anchors.pem").write_bytes(resident().ca_pem + operator().ca_pem)
        for name, signer in SIGNERS.items():
            (folder / f"{name}.pem").write_bytes(signer.certificate_pem + signer.key_pem)

    def run(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        command = ("openssl", *words)
        return subprocess.run(command, cwd=self.folder, capture_output=True, timeout=PATIENCE_S, check=False)

    def sign(self, *words: str, signer: str = "jpki", source: str = "document") -> bytes:
        """What `openssl cms -sign` makes, detached unless told otherwise."""
        done = self.run(
            "cms",
            "-sign",
            "-binary",
            "-in",
            source,
            "-signer",
            f"{signer}.pem",
            "-outform",
            "DER",
            "-out",
            "made",
            *words,
        )
        assert done.returncode == 0, done.stderr.decode()
        return (self.folder / "made").read_bytes()

    def believes(
        self, made: bytes, *words: str, cades: bool = True, detached: bool = True, document: bytes = DOCUMENT
    ) -> bool:
        """Whether `openssl cms -verify` accepts it, as at the moment of signing. `words`: more of its options."""
        (self.folder / "judged").write_bytes(made)
        (self.folder / "given").write_bytes(document)
        done = self.run(
            *("cms", "-verify", "-binary", "-inform", "DER", "-in", "judged", "-CAfile", "anchors.pem"),
            *("-purpose", "any", "-attime", str(int(WHEN.timestamp())), "-out", "came-out"),
            *(("-content", "given") if detached else ()),
            *(("-cades",) if cades else ()),
            *words,
        )
        if done.returncode == 0:
            assert (self.folder / "came-out").read_bytes() == document
        return done.returncode == 0


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def tsa(tmp_path: Path) -> Tsa:
    return make_tsa(tmp_path / "tsa")


def ours(
    *signers: SoftwareSigner,
    enveloping: bool = False,
    stamper: Stamper | None = None,
    material: ValidationMaterial | None = None,
) -> bytes:
    made = None
    for signer in signers:
        prepared = prepare(DOCUMENT, enveloping=enveloping, existing=made)
        made = prepared.finish(signer(prepared.order), stamper=stamper, material=material)
    assert made is not None
    return made


def flipped(octets: bytes, within: bytes, place: int = -1) -> bytes:
    """One bit of a part changed."""
    changed = bytearray(within)
    changed[place] ^= 1
    assert octets.count(within) == 1
    return octets.replace(within, bytes(changed))


def intact(found: tuple[Found, ...]) -> bool:
    return all(each.integrity is Integrity.INTACT for each in found)


# --- ours, judged by OpenSSL -------------------------------------------------------------------------------------------


@EVERYBODY
@BOTH_FORMS
@CADES_OR_CMS
def test_openssl_believes_our_signature(place: Place, name: str, enveloping: bool, cades: bool) -> None:
    made = ours(SIGNERS[name], enveloping=enveloping)
    assert place.believes(made, cades=cades, detached=not enveloping)
    assert not place.believes(flipped(made, _value(made)), cades=cades, detached=not enveloping)


@BOTH_FORMS
@CADES_OR_CMS
def test_openssl_believes_three_signers(place: Place, enveloping: bool, cades: bool) -> None:
    made = ours(*SIGNERS.values(), enveloping=enveloping)
    assert place.believes(made, cades=cades, detached=not enveloping)
    for found in checking.check(made, content=DOCUMENT):
        assert found.stamped is not None
        assert not place.believes(flipped(made, found.stamped), cades=cades, detached=not enveloping)


@BOTH_FORMS
@CADES_OR_CMS
@pytest.mark.parametrize("level", ["t", "lt-lists", "lt-responses", "lt"])
def test_openssl_believes_our_higher_levels(place: Place, tsa: Tsa, enveloping: bool, cades: bool, level: str) -> None:
    lists, responses = level in ("lt", "lt-lists"), level in ("lt", "lt-responses")
    material = None if level == "t" else material_of(resident(), lists=lists, responses=responses)
    made = ours(resident(), operator(), enveloping=enveloping, stamper=tsa, material=material)
    assert place.believes(made, cades=cades, detached=not enveloping)
    assert {found.level for found in checking.check(made, content=DOCUMENT)} == {level.partition("-")[0]}


@pytest.mark.proves("fault 153")
def test_openssl_finds_our_revocation_lists_where_they_belong(place: Place, tsa: Tsa) -> None:
    """With -crl_check it needs a list, and finds it in SignedData.crls alone."""
    assert not place.believes(ours(resident(), stamper=tsa), "-crl_check")
    assert place.believes(ours(resident(), stamper=tsa, material=material_of(resident())), "-crl_check")
    revoked = ValidationMaterial(lists=(list_of(resident(), revoked=True),))
    assert not place.believes(ours(resident(), stamper=tsa, material=revoked), "-crl_check")


async def test_pyhanko_believes_our_time_stamp_where_it_stands(tsa: Tsa) -> None:
    """OpenSSL does not look into unsigned attributes; pyHanko does, and judges value and time stamp."""
    made = ours(resident(), stamper=tsa, material=material_of(resident()))
    status = await async_validate_detached_cms(
        io.BytesIO(DOCUMENT),
        asn1_cms.ContentInfo.load(made)["content"],
        signer_validation_context=_context(resident().ca, WHEN),
        ts_validation_context=_context(tsa.ca, None),
    )
    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    stamp = status.timestamp_validity
    assert stamp is not None
    assert (stamp.intact, stamp.valid, stamp.trusted) == (True, True, True)
    (found,) = checking.check(made, content=DOCUMENT)
    assert found.stamp is not None
    assert found.stamped is not None
    assert stamp.timestamp == stamps.check(found.stamp, found.stamped).at


def _context(anchor: bytes, moment: datetime | None) -> ValidationContext:
    return ValidationContext(trust_roots=[asn1_x509.Certificate.load(anchor)], allow_fetching=False, moment=moment)


@pytest.mark.proves("fault 166")
def test_openssl_refuses_our_signature_over_another_document(place: Place) -> None:
    made = ours(resident())
    assert not place.believes(made, document=DOCUMENT + b" ")
    inside = ours(resident(), enveloping=True)
    assert not place.believes(flipped(inside, DOCUMENT), detached=False)


def test_openssl_believes_our_time_stamp(place: Place, tsa: Tsa) -> None:
    (found,) = checking.check(ours(resident(), stamper=tsa), content=DOCUMENT)
    assert found.stamp is not None
    assert found.stamped is not None
    (place.folder / "token").write_bytes(found.stamp)
    (place.folder / "value").write_bytes(found.stamped)
    (place.folder / "tsa.pem").write_bytes(tsa.ca_pem)
    verify = ("ts", "-verify", "-token_in", "-in", "token", "-CAfile", "tsa.pem", "-data")
    assert place.run(*verify, "value").returncode == 0
    assert place.run(*verify, "document").returncode != 0


def test_openssl_reads_our_request_as_it_is_meant(place: Place) -> None:
    (place.folder / "request").write_bytes(make_request(DOCUMENT, 0x1234, hash_name="sha512"))
    told = place.run("ts", "-query", "-in", "request", "-text").stdout.decode()
    assert "Hash Algorithm: sha512" in told
    assert "Nonce: 0x1234" in told
    assert "Certificate required: yes" in told


# --- OpenSSL's, judged by us -------------------------------------------------------------------------------------------

PSS = ("-keyopt", "rsa_padding_mode:pss")


def _value(made: bytes) -> bytes:
    value = checking.check(made, content=DOCUMENT)[0].stamped
    assert value is not None
    return value


def _agree(place: Place, made: bytes, *, detached: bool = True, document: bytes = DOCUMENT) -> tuple[Found, ...]:
    """What we find, after OpenSSL came to the same answer."""
    found = checking.check(made, content=document if detached else None)
    assert intact(found) is place.believes(made, detached=detached, document=document)
    return found


@EVERYBODY
@pytest.mark.parametrize(
    "words",
    [
        (),
        ("-md", "sha512"),
        ("-nodetach",),
        ("-nodetach", "-stream"),
        ("-keyid",),
        ("-nosmimecap",),
    ],
    ids=lambda words: "_".join(words) or "plain",
)
def test_we_believe_what_openssl_makes(place: Place, name: str, words: tuple[str, ...]) -> None:
    if "-keyid" in words and name == "p384":
        words = ("-md", "sha384")  # the made certificate of this key has no key identifier
    made = place.sign("-cades", *words, signer=name)
    (found,) = _agree(place, made, detached="-nodetach" not in words)
    assert (found.integrity, found.certificate) == (Integrity.INTACT, SIGNERS[name].certificate)


@pytest.mark.parametrize("salt", ["32", "0", "max", "digest"])
def test_we_believe_rsassa_pss(place: Place, salt: str) -> None:
    made = place.sign("-cades", "-md", "sha256", *PSS, "-keyopt", f"rsa_pss_saltlen:{salt}")
    (found,) = _agree(place, made)
    assert found.integrity is Integrity.INTACT
    (found,) = _agree(place, flipped(made, _value(made)))
    assert found.integrity is Integrity.WRONG_VALUE


def test_a_signer_that_openssl_adds_and_one_that_we_add(place: Place) -> None:
    first = place.sign("-cades", "-nodetach")
    (place.folder / "first").write_bytes(first)
    done = place.run(
        *("cms", "-resign", "-cades", "-binary", "-inform", "DER", "-in", "first", "-signer", "p256.pem"),
        *("-outform", "DER", "-out", "second"),
    )
    assert done.returncode == 0, done.stderr.decode()
    second = (place.folder / "second").read_bytes()
    assert len(_agree(place, second, detached=False)) == 2
    prepared = prepare(None, existing=second)
    third = prepared.finish(p384()(prepared.order))
    found = _agree(place, third, detached=False)
    assert [each.integrity for each in found] == [Integrity.INTACT] * 3


@pytest.mark.proves("fault 166")
@EVERYBODY
def test_we_refuse_what_openssl_refuses(place: Place, name: str) -> None:
    made = place.sign("-cades", signer=name)
    value, certificate = _value(made), SIGNERS[name].certificate
    assert _agree(place, made, document=DOCUMENT + b"\n")[0].integrity is Integrity.CHANGED
    assert _agree(place, flipped(made, value))[0].integrity is Integrity.WRONG_VALUE
    # The last byte is of the authority's signature: the certificate is another one, though its key is the same.
    assert _agree(place, flipped(made, certificate))[0].integrity is Integrity.WRONG_CERTIFICATE
    inside = place.sign("-cades", "-nodetach", signer=name)
    assert _agree(place, flipped(inside, DOCUMENT), detached=False)[0].integrity is Integrity.CHANGED


@pytest.mark.parametrize(
    ("words", "problem"),
    [((), "reference_missing"), (("-cades", "-nocerts"), "certificate_missing")],
)
def test_what_is_cms_but_no_cades_is_refused_by_both(place: Place, words: tuple[str, ...], problem: str) -> None:
    (found,) = _agree(place, place.sign(*words))
    assert found.problem == problem


def test_without_signed_attributes_it_is_no_cades_for_us_though_openssl_looks_no_further(place: Place) -> None:
    """ETSI EN 319 122-1, 5.1 asks for them; OpenSSL 3.0 skips its CAdES check where there are none."""
    (found,) = checking.check(place.sign("-noattr"), content=DOCUMENT)
    assert (found.integrity, found.problem) == (Integrity.UNREADABLE, "no_signed_attributes")


@pytest.mark.proves("fault 163")
def test_sha1_is_weak_for_us_whatever_openssl_says(place: Place) -> None:
    made = place.sign("-cades", "-md", "sha1")
    (found,) = checking.check(made, content=DOCUMENT)
    assert (found.integrity, found.hash_name) == (Integrity.WEAK, "sha1")


def test_the_textual_form_of_openssl_is_read(place: Place) -> None:
    done = place.run("cms", "-sign", "-cades", "-binary", "-in", "document", "-signer", "jpki.pem", "-outform", "PEM")
    assert intact(checking.check(done.stdout, content=DOCUMENT))


# --- time stamps -------------------------------------------------------------------------------------------------------


def _answer(place: Place, tsa: Tsa, *words: str) -> bytes:
    """An answer to a request that OpenSSL made too."""
    done = place.run("ts", "-query", "-data", "document", "-sha256", *words, "-out", "asked")
    assert done.returncode == 0, done.stderr.decode()
    return tsa((place.folder / "asked").read_bytes())


def test_a_time_stamp_of_openssl_over_its_own_request(place: Place, tsa: Tsa) -> None:
    token = token_of(tsa(make_request(DOCUMENT, 99)), DOCUMENT, 99)
    assert stamps.check(token, DOCUMENT).integrity is Integrity.INTACT
    (place.folder / "response").write_bytes(_answer(place, tsa, "-cert"))
    assert place.run("ts", "-reply", "-in", "response", "-token_out", "-out", "token").returncode == 0
    token = (place.folder / "token").read_bytes()
    assert stamps.check(token, DOCUMENT).integrity is Integrity.INTACT
    assert stamps.check(token, DOCUMENT + b" ").integrity is Integrity.CHANGED


def test_a_time_stamp_without_its_certificate(place: Place, tsa: Tsa) -> None:
    (place.folder / "response").write_bytes(_answer(place, tsa))
    assert place.run("ts", "-reply", "-in", "response", "-token_out", "-out", "token").returncode == 0
    token = (place.folder / "token").read_bytes()
    assert stamps.check(token, DOCUMENT).problem == "certificate_missing"
    assert stamps.check(token, DOCUMENT, certificates=(tsa.certificate,)).integrity is Integrity.INTACT


@pytest.mark.parametrize("place_in_value", [-1, 0])
def test_a_changed_time_stamp_is_refused_by_both(place: Place, tsa: Tsa, place_in_value: int) -> None:
    token = token_of(tsa(make_request(DOCUMENT, 99)), DOCUMENT, 99)
    (place.folder / "tsa.pem").write_bytes(tsa.ca_pem)
    verify = ("ts", "-verify", "-token_in", "-in", "token", "-CAfile", "tsa.pem", "-data", "document")
    signer = read_signed_data(token).signers[0]
    assert signer is not None
    for octets, good in ((token, True), (flipped(token, signer.signature, place_in_value), False)):
        (place.folder / "token").write_bytes(octets)
        assert (place.run(*verify).returncode == 0) is good
        assert (stamps.check(octets, DOCUMENT).integrity is Integrity.INTACT) is good


def test_a_refusal_of_the_authority_is_a_refusal(tsa: Tsa) -> None:
    with pytest.raises(DocumentError, match=r"\Astamp_refused\Z"):
        token_of(tsa(b"\x30\x00"), DOCUMENT, 1)
