"""A card before an issuing terminal of the test JPKI: what each visit to the counter does to the card and to the office's books."""

from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from applets_spec import card_file
from applets_spec.card import Card
from applets_spec.card_file import CardFileError
from applets_spec.holder import Holder
from applets_spec.jpki.applet import ISSUING
from applets_spec.jpki.issuing import Issuing
from applets_spec.jpki.issuing_spec import PIN_FORMS, TEST_SECRET, Kind
from applets_spec.jpki.issuing_terminal import IssuingRefused, IssuingTerminal
from applets_spec.jpki.spec import TABLE
from applets_spec.testca.hierarchy import LATEST_GENERATION, authority
from applets_spec.testca.office import KINDS, JpkiOffice, OfficeError

KIND_OF = {"signature": Kind.SIGNATURE, "authentication": Kind.AUTHENTICATION}


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visit came to. Certificates as DER."""

    certificate: bytes
    revoked: bytes | None
    """The one before, if it was still good."""


def switch(path: Path, *, on: bool) -> None:
    """Let the card in this file take part in the test profile, or be as real ones are. Raises `CardFileError`."""
    state = card_file.read(path)
    applet = state.get("applets", {}).get(TABLE.name)
    if not isinstance(applet, dict):
        raise CardFileError(f"{path}: a card without JPKI-AP")
    applet.pop(ISSUING, None)
    if on:
        applet[ISSUING] = Issuing(TEST_SECRET).to_state()
    Card.from_state(state, path).save()


def certificate_on(path: Path, kind: str) -> bytes | None:
    """The certificate of that kind on the card of this file, DER; None where there is none. Raises `CardFileError`."""
    try:
        parts = card_file.read(path)["applets"][TABLE.name]["files"].get(f"{kind}_certificate", [])
        found = b"".join(b64decode(part) for part in parts)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CardFileError(f"{path}: a card without JPKI-AP") from error
    return found or None


def issue(
    path: Path,
    office: JpkiOffice,
    kind: str,
    holder: Holder,
    pin: str,
    now: datetime,
    generation: int = LATEST_GENERATION,
) -> Visit:
    """電子証明書の発行: a new key on the card and its certificate in force; the one before is revoked, if it was still good.

    The reason is `affiliationChanged` where name, address, birth date or sex differ from the old signature certificate's, else
    `superseded`. The old one is revoked only when the card has the new one: a card that is pulled keeps what it had, and good.
    Raises `CardFileError`, `IssuingRefused`, `OfficeError`.
    """
    if not PIN_FORMS[KIND_OF[kind]].fullmatch(pin.encode("ascii", "replace")):
        raise OfficeError("the PIN has not the form of its kind: 6 to 16 of A-Z and 0-9, both; or 4 digits")
    before = certificate_on(path, kind)
    card = Card.load(path)
    card.power_on()
    try:
        terminal = IssuingTerminal(card.transmit)
        terminal.open()
        public_key = terminal.generate(KIND_OF[kind])
        certificate = office.issue(kind, holder, public_key, now, generation)
        authority_der = office.certificate_of(authority(KINDS[kind], generation))
        try:
            terminal.finish(KIND_OF[kind], certificate, authority_der, pin.encode("ascii"))
        except IssuingRefused:
            office.revoke(certificate, x509.ReasonFlags.cessation_of_operation, now)  # no card has it
            raise
    finally:
        card.power_off()
    return Visit(certificate, _revoke_before(office, before, certificate, now))


def revoke(path: Path, office: JpkiOffice, kind: str, reason: x509.ReasonFlags, now: datetime) -> bytes:
    """電子証明書の失効: the certificate on the card is good no more; the card itself keeps it and knows nothing. DER.

    Raises `CardFileError`, `OfficeError`.
    """
    certificate = certificate_on(path, kind)
    if certificate is None:
        raise OfficeError(f"there is no {kind} certificate on this card")
    office.revoke(certificate, reason, now)
    return certificate


def _revoke_before(office: JpkiOffice, before: bytes | None, after: bytes, now: datetime) -> bytes | None:
    if before is None or _attributes(before) is None:
        return None
    old = x509.load_der_x509_certificate(before)
    if old.not_valid_after_utc < now:
        return None
    try:
        if office.is_revoked(before):
            return None
    except OfficeError:  # of another test JPKI: not this office's to revoke
        return None
    changed = _attributes(before) != _attributes(after)
    reason = x509.ReasonFlags.affiliation_changed if changed else x509.ReasonFlags.superseded
    office.revoke(before, reason, now)
    return before


def _attributes(certificate: bytes) -> tuple[bytes, ...] | None:
    """The four attributes of a signature certificate; an authentication certificate has none."""
    try:
        names = x509.load_der_x509_certificate(certificate).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except x509.ExtensionNotFound:
        return ()
    except ValueError:
        return None
    return tuple(name.value for name in names.value if isinstance(name, x509.OtherName))
