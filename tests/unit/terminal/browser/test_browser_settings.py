"""browser.toml is read strictly, and the methods that a page may ever call are named one by one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cardd.wire.catalogue import METHODS
from cardd.wire.methods.hello import Params as Hello
from terminal.browser.relayed import EVENTS, RELAYED
from terminal.browser.settings import EXTENSION_ID, LARGEST_FILE, ORIGIN, Settings, SettingsProblem, load

EXTENSION = "abcdefghijklmnopabcdefghijklmnop"
GOOD = f"""
socket = "/run/cardd/cardd.sock"
[[origins]]
origin = "https://counter.example.lg.jp"
extension_ids = ["{EXTENSION}"]
methods = ["cards.list", "card.read"]
seat = "left"
"""


def read(folder: Path, text: str | bytes) -> Settings:
    file = folder / "browser.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    file.chmod(0o644)
    return load(file)


def test_good_settings_are_read(tmp_path: Path) -> None:
    settings = read(tmp_path, GOOD)
    row = settings.origins["https://counter.example.lg.jp"]
    assert (row.extension_ids, row.methods, row.seat) == ({EXTENSION}, {"cards.list", "card.read"}, "left")
    assert (settings.socket, row.test_only, settings.knows(EXTENSION), settings.knows("p" * 32)) == (
        "/run/cardd/cardd.sock", False, True, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("seat =", "seet =", "origins[0]: does not know seet"),
        ("socket =", "sockt =", "the file: does not know sockt"),
        ('"/run', '"run', "socket: must be an absolute path"),
        ("lg.jp", "lg.jp/", "origins[0].origin: must be like https://"),
        ("https://counter", "http://counter", "origins[0].origin: must be like https://"),
        ("https://counter", "https://*", "origins[0].origin: must be like https://"),
        ("https://counter", "https://Counter", "origins[0].origin: must be like https://"),
        ("https://counter", "https://a@counter", "origins[0].origin: must be like https://"),
        (EXTENSION, EXTENSION[1:], "origins[0].extension_ids: an id is 32 letters"),
        (EXTENSION, "q" * 32, "origins[0].extension_ids: an id is 32 letters"),
        (f'["{EXTENSION}"]', "[]", "origins[0].extension_ids: must be a list of words, and not empty"),
        ('"card.read"', '"agent.register"', "origins[0].methods: no page may call agent.register"),
        ('"card.read"', '"badge.enrol", "audit.query"', "no page may call audit.query, badge.enrol"),
        ('"card.read"', "1", "origins[0].methods: must be a list of words"),
        ('"left"', '"LEFT"', "origins[0].seat"),
        ("[[origins]]", "[origins]", "there is no [[origins]]"),
        ('"left"', '"left', "browser.toml: "),
    ],
    ids=range(17),
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, old: str, new: str, problem: str) -> None:
    with pytest.raises(SettingsProblem) as caught:
        read(tmp_path, GOOD.replace(old, new))
    assert problem in caught.value.problem


def test_the_same_origin_twice_no_file_too_long_a_file_and_no_text_are_refused(tmp_path: Path) -> None:
    twice = GOOD + GOOD[GOOD.index("[[") :]
    for content in (twice, "#" * (LARGEST_FILE + 1), b"\xff\xfe"):
        with pytest.raises(SettingsProblem):
            read(tmp_path, content)
    with pytest.raises(SettingsProblem, match="No such file"):
        load(tmp_path / "nothing.toml")


def test_settings_that_others_may_write_are_not_trusted(tmp_path: Path) -> None:
    settings = read(tmp_path, GOOD)
    assert settings.trusted is (os.getuid() == 0)
    for mode in (0o664, 0o646):
        (tmp_path / "browser.toml").chmod(mode)
        assert load(tmp_path / "browser.toml").trusted is False


def test_an_origin_of_the_settings_is_one_of_the_wire() -> None:
    fields = Hello.model_json_schema()["properties"]
    for name, pattern in (("origin", ORIGIN), ("extension", EXTENSION_ID)):
        assert fields[name]["anyOf"][0]["pattern"] == f"^{pattern.pattern}$"


def test_origins_without_tls_are_marked(tmp_path: Path) -> None:
    for origin in ("http://localhost:8000", "http://127.0.0.1:8000"):
        settings = read(tmp_path, GOOD.replace("https://counter.example.lg.jp", origin))
        assert settings.origins[origin].test_only


def test_pages_are_given_methods_that_there_are_and_none_that_rule_the_house() -> None:
    served = {row.name for row in METHODS}
    assert served >= RELAYED
    assert EVENTS in RELAYED
    families = {"agent", "office", "badge", "audit", "lockdown", "emergency", "hello", "rpc", "request"}
    assert {name for name in RELAYED if name.split(".")[0] in families} == set()


def test_a_host_starts_without_models_of_messages_and_without_a_web_server() -> None:
    code = "import sys, terminal.browser.host; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"pydantic", "structlog", "starlette", "cryptography", "pyhanko", "click"} & set(loaded) == set()
