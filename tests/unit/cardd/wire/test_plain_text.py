"""Text that a second person must judge holds nothing that the eye does not see."""

import unicodedata

import pytest
from pydantic import TypeAdapter, ValidationError

from cardd.wire.base import CaseNumber
from cardd.wire.methods import badge_enrol

CASE = TypeAdapter[str](CaseNumber)
# Those that stand in no plain text; the rest of Cf are marks of other scripts, which have a shape.
INVISIBLE = [
    chr(code)
    for code in range(0x110000)
    if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zl", "Zp") and "ARABIC" not in unicodedata.name(chr(code), "")
    if not 0x600 <= code < 0x1000 and not 0x11000 <= code < 0x1E000
]
BADGE = {"card": "c-0000-1", "purpose": "badge_care", "case": "R8-1", "operator": "op-1", "role": "counter"}


@pytest.mark.proves("S9", "fault 66")
def test_no_character_that_steers_or_hides_passes() -> None:
    assert len(INVISIBLE) > 100
    passed = []
    for char in INVISIBLE:
        try:
            CASE.validate_python(f"R8-{char}0042")
        except ValidationError:
            continue
        passed.append(hex(ord(char)))
    assert passed == []


@pytest.mark.parametrize("case", ["R8-0042", "令和八年第四十二号", "葛\U000e0100城 二四", "辻\ufe00", "№ 7・ヴ"])
def test_what_offices_write_passes(case: str) -> None:
    assert CASE.validate_python(case) == case


@pytest.mark.proves("S9")
def test_the_name_of_a_new_operator_is_plain_as_well() -> None:
    badge_enrol.Params.model_validate({**BADGE, "name": "佐藤　花子"})
    with pytest.raises(ValidationError):
        badge_enrol.Params.model_validate({**BADGE, "name": "佐藤\u202e子花"})
