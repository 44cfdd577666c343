"""The operator CA of the set-up: made once, opened with its passphrase when badges are to be made, closed as soon as they are."""

from pathlib import Path

from cardd.config import CaKey
from cardd.enrolment.authority import CaAccess
from cardd.errors import AuthorityUnavailable
from cardd.pin import Pin
from cardd.setup.configuring import ca_key
from cardd.setup.parts import Parts
from cardd.setup.place import OPEN_TO_CARDD
from cardd.setup.stopped import Stopped
from cardd.setup.texts import TEXTS
from certs.ca.authority import Authority, create_root
from certs.ca.building import fingerprint
from certs.ca.errors import CaKeyError
from certs.ca.file_key import FileKey, check_passphrase
from certs.ca.files import read_certificate, write_certificate
from certs.ca.issued import IssuedBook
from certs.ca.keys import Algorithm, CaSigner
from certs.ca.names import LONGEST_NAME, fits
from certs.ca.sentences import sentence
from certs.errors import CertificateError, Malformed
from certs.validation.truststore import TrustStore, from_pem, is_authority
from certs.validation.validate import parse

YEARS = 10
ANCHOR_MODE = 0o640
AGAIN = frozenset({"passphrase", "token_pin", "token_pin_shape"})
"""Mistypings: asked again. A token counts them, a file does not."""


class OperatorCa:
    """Certificate and key of the operator CA. `close` lets go of the key; harmless when done twice."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._place = ca_key(parts.settings)
        self._open: Authority | None = None

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def settle(self, office: str, *, badges_missing: bool) -> None:
        """Make the CA where there is none. `badges_missing`: open it in any case, so that a key that does not fit is found now.

        Raises `Stopped`, `OSError`.
        """
        parts, place = self._parts, self._place
        for file in (place.certificate, *([place.file] if place.file is not None else [])):
            parts.account.make_folder(file.parent)
        there = place.certificate.exists()
        if there:
            self._check_certificate()
            if badges_missing:
                self.opened()
        else:
            self._make(office)
        self._put_anchor()
        mark = fingerprint(read_certificate(place.certificate))
        if not there:
            parts.record("ca_made", content=mark)
        parts.talk.done("ca", already=there, path=place.certificate)
        parts.talk.lines(f"SHA-256 {mark}")

    def opened(self) -> Authority:
        """The CA with its key open; asks for what opens it. Raises `Stopped`."""
        if self._open is not None:
            return self._open
        access = CaAccess(self._place)
        while self._open is None:
            with self._parts.talk.secret(self._secret_key()) as secret, self._parts.account.acting():
                try:
                    self._open = access.open(secret)
                except AuthorityUnavailable as error:
                    self._say_or_stop(str(error.facts.problem))
        return self._open

    def trust(self) -> TrustStore:
        """What the badges that it makes are checked with."""
        return from_pem([self._place.certificate.read_bytes()])

    # --- inside ------------------------------------------------------------------------------------------------------

    def _check_certificate(self) -> None:
        place = self._place
        try:
            certificate = parse(read_certificate(place.certificate))
        except (CertificateError, Malformed) as error:
            raise Stopped("ca_unusable", path=place.certificate, why=sentence(error.problem)) from None
        if not is_authority(certificate):
            raise Stopped("ca_unusable", path=place.certificate, why=sentence("ca_not_an_authority"))
        if place.file is not None and not place.file.exists():
            raise Stopped("ca_key_missing", path=place.file, certificate=place.certificate)

    def _make(self, office: str) -> None:
        parts, place, talk = self._parts, self._place, self._parts.talk
        self._check_anchors()
        default = f"{office} 職員認証局" if fits(f"{office} 職員認証局", LONGEST_NAME) else None
        name = talk.ask("ask.ca_name", talk.answers.ca_name if talk.answers else None, _check_name, default)
        signer = self._signer()
        try:
            with parts.account.acting():
                der = create_root(signer, name, YEARS, parts.now())
                write_certificate(place.certificate, der)
                self._open = Authority(der, signer, IssuedBook.beside(place.certificate))
        except CertificateError as error:
            signer.close()
            raise Stopped("ca_unusable", path=place.certificate, why=sentence(error.problem)) from None

    def _signer(self) -> CaSigner:
        """A new key; one that an interrupted run has made is opened."""
        place, talk = self._place, self._parts.talk
        new_file = place.file is not None and not place.file.exists()
        while True:
            secret = (
                talk.new_secret("ask.new_passphrase", _passphrase_problem)
                if new_file
                else talk.secret(self._secret_key())
            )
            with secret, self._parts.account.acting():
                try:
                    return _key_of(place, secret)
                except CertificateError as error:
                    self._say_or_stop(error.problem)

    def _say_or_stop(self, problem: str) -> None:
        talk = self._parts.talk
        if problem not in AGAIN or talk.answers is not None:
            raise Stopped("ca_unusable", path=self._place.certificate, why=_why(talk.locale, problem))
        talk.say("ca_again", why=_why(talk.locale, problem))

    def _secret_key(self) -> str:
        return "ask.passphrase" if self._place.file is not None else "ask.token_pin"

    def _check_anchors(self) -> None:
        """No other authority may be trusted from the beginning without anybody having said so."""
        there = [path for path in self._parts.settings.operator_ca if path.exists() and path != self._place.certificate]
        if there:
            raise Stopped("other_anchor", path=there[0])

    def _put_anchor(self) -> None:
        """The CA's certificate where the settings name it as trusted: root's, so that the daemon cannot exchange it."""
        place, anchors = self._place.certificate, self._parts.settings.operator_ca
        content = place.read_bytes()
        if any(path == place or (path.exists() and path.read_bytes() == content) for path in anchors):
            return
        free = next((path for path in anchors if not path.exists()), None)
        if free is None:
            raise Stopped("other_anchor", path=anchors[0])
        self._parts.account.make_folder(free.parent, by_root=True, mode=OPEN_TO_CARDD)
        self._parts.account.write(free, content, by_root=True, mode=ANCHOR_MODE)


def _key_of(place: CaKey, secret: Pin) -> CaSigner:
    if place.file is not None:
        there = place.file.exists()
        return (
            FileKey.open(place.file, secret.octets)
            if there
            else FileKey.create(place.file, secret.octets, Algorithm.P256)
        )
    from certs.ca.token_key import TokenKey  # noqa: PLC0415  # the PKCS#11 library only where there is a token

    assert place.pkcs11_module is not None
    assert place.token is not None
    assert place.key_label is not None
    token: tuple[Path, str, str] = (place.pkcs11_module, place.token, place.key_label)
    try:
        return TokenKey.create(*token, secret.octets, Algorithm.P256)
    except CaKeyError as error:
        if error.problem != "key_exists":
            raise
    return TokenKey(*token, secret.octets)


def _passphrase_problem(secret: Pin) -> str | None:
    try:
        check_passphrase(secret.octets)
    except CaKeyError as error:
        return f"ca.{error.problem}"
    return None


def _check_name(text: str) -> str | None:
    return None if fits(text, LONGEST_NAME) else "bad.name"


def _why(locale: str, problem: str) -> str:
    """Japanese where we have it; the CA's own sentences are English."""
    known = TEXTS.get(f"ca.{problem}")
    if known is None:
        return sentence(problem)
    return known[0] if locale == "ja" else known[1]
