"""What stands in the files of a personalised card: hashes and signatures that agree, images that can be opened."""

from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from PIL import Image

from applets_spec.card_info import content as card_info
from applets_spec.card_surface import content as card_surface
from applets_spec.cv_certificate import FaceAuthority, new_key
from applets_spec.drawing import FontMissing, photo_jp2, text_png
from applets_spec.holder import EXAMPLES, Holder
from applets_spec.iso7816 import read_tlvs, tlv
from applets_spec.jpki.content import TokenLabel, token_info


def _inside(template: bytes) -> dict[int, bytes]:
    ((_, value),) = read_tlvs(template)
    return dict(read_tlvs(value))


@pytest.fixture(scope="module")
def images(holder: Holder) -> card_surface.FaceImages:
    return card_surface.FaceImages.draw(holder)


def test_hashes_cover_the_files_and_the_signature_covers_the_hashes(holder: Holder, authority: FaceAuthority) -> None:
    parts = _inside(card_info.hashes(holder, authority))
    number_file = card_info.my_number(holder) + b"\xff\xff"
    assert len(number_file) == 17
    four = _inside(card_info.basic_four(holder))
    stored = b"".join(tlv(tag, four[tag]) for tag in (0xDF22, 0xDF23, 0xDF24, 0xDF25))
    assert parts[0xDF31] == sha256(number_file).digest()
    assert parts[0xDF32] == sha256(stored).digest()
    authority.signer.public_key().verify(parts[0xDF33], parts[0xDF31] + parts[0xDF32], PKCS1v15(), SHA256())


@pytest.mark.parametrize("name", EXAMPLES)
def test_offset_table_points_at_the_tags(name: str) -> None:
    file = card_info.basic_four(Holder.example(name))
    table = _inside(file)[0xDF21]
    offsets = [int.from_bytes(table[at : at + 2]) for at in range(0, len(table), 2)]
    assert [file[at : at + 2].hex() for at in offsets] == ["df22", "df23", "df24", "df25"]


def test_text_is_stored_unchanged(holder: Holder) -> None:
    special = Holder.example("substitute_characters")
    assert _inside(card_info.basic_four(special))[0xDF22].decode() == special.name
    assert "\U000e0100" in special.name


def test_face_signature_covers_attributes_texts_and_photo(
    holder: Holder, authority: FaceAuthority, images: card_surface.FaceImages
) -> None:
    parts = _inside(card_surface.face(holder, images, new_key().public_key(), authority))

    def digest(*tags: int) -> bytes:
        return sha256(b"".join(tlv(tag, parts[tag]) for tag in tags)).digest()

    message = digest(0xDF22, 0xDF23, 0xDF24) + digest(0xDF25, 0xDF26) + digest(0xDF27)
    authority.signer.public_key().verify(parts[0xDF28], message, PKCS1v15(), SHA256())
    assert parts[0xDF29] == holder.card_expiry.encode()


@pytest.mark.parametrize("name", EXAMPLES)
def test_face_of_each_example_fits_into_its_file(name: str, authority: FaceAuthority) -> None:
    example = Holder.example(name)
    images = card_surface.FaceImages.draw(example)
    assert len(card_surface.face(example, images, new_key().public_key(), authority)) < 8192


def test_texts_are_one_bit_png(images: card_surface.FaceImages) -> None:
    for encoded in (images.name, images.address, images.security_code, images.my_number):
        image = Image.open(BytesIO(encoded))
        assert (image.format, image.mode) == ("PNG", "1")
        assert image.getextrema() == (0, 255), "black and white both appear"


def test_photo_is_grey_jpeg_2000(images: card_surface.FaceImages) -> None:
    image = Image.open(BytesIO(images.photo))
    image.load()
    assert (image.format, image.mode, image.size) == ("JPEG2000", "L", (240, 320))
    assert len(images.photo) < 8192


def test_photos_of_two_people_differ() -> None:
    assert photo_jp2(b"\x01\x02\x03\x04") != photo_jp2(b"\x09\x08\x07\x06")


def test_missing_font_is_named_with_its_package(tmp_path: Path) -> None:
    with pytest.raises(FontMissing, match="fonts-ipafont-gothic"):
        text_png("見本", 4, tmp_path / "none.ttf")


def test_cv_certificate_has_the_documented_sizes(authority: FaceAuthority) -> None:
    parts = _inside(authority.certificate)
    assert len(authority.certificate) == 568
    assert len(parts[0x5F4E]) == 297
    assert parts[0x5F4E][16:32] == authority.signer_id


@pytest.mark.parametrize("label", TokenLabel)
def test_token_info_has_160_bytes_and_its_label(label: TokenLabel) -> None:
    info = token_info(label, 42)
    assert len(info) == 160
    assert info[:32] == label.encode().ljust(32)
    assert info[96:100].hex() == "0000040d"
    assert info[116:124].hex() == "0000001000000006", "longest and shortest PIN"
