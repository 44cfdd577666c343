"""From a made-up holder and certificates of the test CA to a card that is ready for a test."""

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from applets_spec.applet import State
from applets_spec.card import Card
from applets_spec.card_info import content as card_info_content
from applets_spec.card_info.spec import TABLE as CARD_INFO
from applets_spec.card_surface import content as card_surface_content
from applets_spec.card_surface.spec import TABLE as CARD_SURFACE
from applets_spec.common_card.spec import TABLE as COMMON_CARD
from applets_spec.cv_certificate import FaceAuthority, new_key, public_key
from applets_spec.filesystem import AppletTable, PinRow
from applets_spec.holder import Holder
from applets_spec.issuer_domain.content import data_objects
from applets_spec.issuer_domain.spec import NAME as ISSUER_DOMAIN
from applets_spec.jicsap import write_key
from applets_spec.jpki import content as jpki_content
from applets_spec.jpki.content import TokenLabel
from applets_spec.jpki.spec import TABLE as JPKI
from applets_spec.reference_data import ReferenceData
from applets_spec.resident_register.spec import TABLE as RESIDENT_REGISTER
from applets_spec.testca.issue import JpkiCertificates
from applets_spec.variants import Variants

MY_NUMBER_CARD = "my_number"
JUKI_CARD = "juki"

Files = Mapping[str, bytes | list[bytes]]


def make_my_number_card(
    holder: Holder,
    certificates: JpkiCertificates,
    variants: Variants | None = None,
    path: Path | None = None,
    *,
    number: int = 1,
    authority: FaceAuthority | None = None,
) -> Card:
    """個人番号カード of `holder`, saved in `path` (None: in memory only).

    `number` makes the card's serial numbers. `authority` vouches for the face; None = a new one.
    Raises `FontMissing`; `CardFileError` when `path` cannot be written.
    """
    return _make(MY_NUMBER_CARD, TokenLabel.MY_NUMBER_CARD, holder, certificates, variants, path, number, authority)


def make_juki_card(
    holder: Holder,
    certificates: JpkiCertificates,
    variants: Variants | None = None,
    path: Path | None = None,
    *,
    number: int = 1,
    authority: FaceAuthority | None = None,
) -> Card:
    """住基カード: the layout of the My Number card with label JPKIAPICCTOKEN (clause jpki.juki-card, assumed). Else as above."""
    return _make(JUKI_CARD, TokenLabel.JUKI_CARD, holder, certificates, variants, path, number, authority)


def _make(
    card_type: str,
    label: TokenLabel,
    holder: Holder,
    certificates: JpkiCertificates,
    variants: Variants | None,
    path: Path | None,
    number: int,
    authority: FaceAuthority | None,
) -> Card:
    voucher = authority or FaceAuthority.new()
    applets = {
        JPKI.name: _jpki(holder, certificates, label, number),
        CARD_INFO.name: _card_info(holder, voucher),
        CARD_SURFACE.name: _card_surface(holder, voucher),
        RESIDENT_REGISTER.name: _state(RESIDENT_REGISTER, {}, {"pin": holder.pins.resident_register}, {}),
        COMMON_CARD.name: _common_card(holder, number),
        ISSUER_DOMAIN: data_objects(holder, voucher, number),
    }
    switches = variants or Variants()
    state = {"card_type": card_type, "variants": switches.to_state(), "root": ISSUER_DOMAIN, "applets": applets}
    card = Card.from_state(state, path)
    card.save()
    return card


def _jpki(holder: Holder, certificates: JpkiCertificates, label: TokenLabel, number: int) -> State:
    files: dict[str, bytes | list[bytes]] = {
        "signature_ca": certificates.signature_ca,
        "token_info": jpki_content.token_info(label, number),
        "availability": jpki_content.availability(signature=holder.signature_certificate, authentication=True),
        "authentication_certificate": certificates.authentication_certificate,
        "authentication_ca": certificates.authentication_ca,
    }
    keys = {"authentication_key": certificates.authentication_key}
    if holder.signature_certificate:
        files["signature_certificate"] = certificates.signature_certificate
        keys["signature_key"] = certificates.signature_key
    pins = {"authentication": holder.pins.authentication, "signature": holder.pins.signature}
    blocked = () if holder.signature_certificate else ("signature",)
    return _state(JPKI, files, pins, keys, blocked)


def _card_info(holder: Holder, authority: FaceAuthority) -> State:
    internal = new_key()
    files = {
        "my_number": card_info_content.my_number(holder),
        "basic_four": card_info_content.basic_four(holder),
        "hashes": card_info_content.hashes(holder, authority),
        "cv_certificate": authority.certificate,
        "application_info": card_info_content.application_info(),
        "session_public_key": public_key(new_key().public_key()),
        "internal_certificate": card_info_content.internal_certificate(internal.public_key(), authority),
    }
    pins = {
        "pin": holder.pins.card_info,
        "blocked_0012": "0000",
        "verification_a": holder.verification_a,
        "verification_b": holder.verification_b,
    }
    return _state(CARD_INFO, files, pins, {"internal_key": internal}, blocked=("blocked_0012",))


def _card_surface(holder: Holder, authority: FaceAuthority) -> State:
    internal = new_key()
    key = internal.public_key()
    images = card_surface_content.FaceImages.draw(holder)
    files = {
        "age": card_surface_content.age(holder, key, authority),
        "face": card_surface_content.face(holder, images, key, authority),
        "application_info": card_surface_content.application_info(holder, authority),
        "cv_certificate": authority.certificate,
        "my_number_image": card_surface_content.my_number_image(images, key, authority),
    }
    pins = {
        "birth_date": holder.era_birth_date,
        "verification_b": holder.verification_b,
        "verification_a": holder.verification_a,
    }
    return _state(CARD_SURFACE, files, pins, {"internal_key": internal})


def _common_card(holder: Holder, number: int) -> State:
    record = f"{number:015d}{holder.municipality}{holder.card_expiry}".encode("ascii")
    files = {"card_record": [bytes([0x01, len(record)]) + record]}
    return _state(COMMON_CARD, files, {"pin": holder.pins.common_card}, {"internal_key": new_key()})


def _state(
    table: AppletTable,
    files: Files,
    pins: Mapping[str, str],
    keys: Mapping[str, RSAPrivateKey],
    blocked: tuple[str, ...] = (),
) -> State:
    tries = {row.name: row.tries for row in table.efs if isinstance(row, PinRow)}
    return {
        "files": {
            name: [b64encode(part).decode() for part in (content if isinstance(content, list) else [content])]
            for name, content in files.items()
        },
        "pins": {
            name: ReferenceData(pin.encode("ascii"), tries[name], 0 if name in blocked else tries[name]).to_state()
            for name, pin in pins.items()
        },
        "keys": {name: write_key(key) for name, key in keys.items()},
    }
