"""What docs/policy.md shows is what the program prints, and what it explains exists."""

import re
import shlex
from pathlib import Path

import pytest

from cardd.policy.__main__ import main
from cardd.policy.load import MOST_CELLS, from_bytes
from cardd.policy.rules import RULES
from cardd.policy.table import RIGHTS, ROW_OPERATIONS, Purpose, Role, Row

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs/policy.md").read_text("utf-8")
EXAMPLE = (ROOT / "cardd/policy/example.toml").read_text("utf-8")
SHOWN = re.findall(r"```\n\$ cardctl (.*?)\n(.*?)\n```", PAGE, re.DOTALL)
STAFF = [("sato", "supervisor"), ("suzuki", "administrator"), ("tanaka", "administrator"), ("ito", "card_issuing")]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("policy.toml").write_text(EXAMPLE, "utf-8")
    Path("bad.toml").write_text(EXAMPLE.replace('"card_issuing", "supervisor"]', '"card_issuing", "boss"]', 1), "utf-8")
    new = EXAMPLE
    for old, now in (
        ("version = 1", "version = 2"),
        ('"lockdown", "override"]', '"override"]'),
        ('"card_expiry", "age_over"]', '"card_expiry"]'),
        ('purposes = ["move_in", "pension_status"]', 'purposes = ["pension_status"]\nsecond_person = true'),
    ):
        assert old in new
        new = new.replace(old, now)
    Path("new.toml").write_text(new, "utf-8")
    entries = [
        f'[[operators]]\nid = "{name}"\nname = "x"\nrole = "{role}"\ncertificates = ["{str(number) * 64}"]\n'
        for number, (name, role) in enumerate(STAFF)
    ]
    Path("register.toml").write_text("version = 1\n" + "".join(entries), "utf-8")
    return tmp_path


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=[command for command, _ in SHOWN])
def test_what_the_page_shows_is_what_is_printed(
    command: str, shown: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(command)
    locale = words[1] if words[0] == "--locale" else "en"
    name, *rest = words[words.index("policy") + 1 :]
    if "--file" in rest:
        place = rest.index("--file")
        rest = [rest[place + 1], *rest[:place], *rest[place + 2 :]]
    main([name, "--locale", locale, *rest])
    printed = capsys.readouterr()
    assert shown in printed.out + printed.err


def test_the_file_of_the_page_is_a_good_one() -> None:
    assert len(SHOWN) == 6
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert from_bytes(text.encode()).table.version == 2


def test_the_page_names_every_key_right_operation_and_rule() -> None:
    words = {*RIGHTS, *ROW_OPERATIONS, *Role.model_fields, *Purpose.model_fields, *Row.model_fields}
    words |= {rule.__name__ for rule in RULES} - {"rows"}
    written = set(re.findall(r"\w+", PAGE))
    assert words <= written, words - written
    assert f"{MOST_CELLS:,}" in PAGE
