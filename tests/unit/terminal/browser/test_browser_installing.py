"""`cardd-browser-host install` and `check`: what they write, what they find wrong, and the frames of native messaging."""

import asyncio
import hashlib
import json
import os
import stat
import struct
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from terminal.browser import extension_files, frames, words
from terminal.browser.extension_files import extension_id
from terminal.browser.installing import BROWSERS, command

ORIGIN = "https://counter.example.lg.jp"


def install(root: Path, *more: str, browser: str = "chromium") -> int:
    program = root / "cardd-browser-host"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return command(
        ["install", "--root", str(root), "--browser", browser, "--origin", ORIGIN, "--program", str(program), *more]
    )


@pytest.mark.parametrize("browser", BROWSERS)
def test_what_is_written_fits_together(tmp_path: Path, browser: str) -> None:
    assert install(tmp_path, "--origin", "https://second.example.lg.jp", browser=browser) == 0
    key = tmp_path / "etc/cardd/browser-extension.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    public = serialization.load_pem_private_key(key.read_bytes(), None).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    extension = extension_id(der)
    host = json.loads((tmp_path / BROWSERS[browser].hosts / "jp.cardd.browser.json").read_text("utf-8"))
    assert host["allowed_origins"] == [f"chrome-extension://{extension}/"]
    assert host["path"] == str((tmp_path / "cardd-browser-host").resolve())
    told = json.loads((tmp_path / "usr/local/share/cardd/browser-extension/manifest.json").read_text("utf-8"))
    assert told["externally_connectable"]["matches"] == [f"{ORIGIN}/*", "https://second.example.lg.jp/*"]
    assert (told["permissions"], "host_permissions" in told, "content_scripts" in told) == (
        ["nativeMessaging"],
        False,
        False,
    )
    policy = json.loads((tmp_path / BROWSERS[browser].policies / "cardd-browser.json").read_text("utf-8"))
    assert (policy["NativeMessagingBlocklist"], policy["NativeMessagingUserLevelHosts"]) == (["*"], False)
    if os.getuid() == 0:
        assert command(["check", "--root", str(tmp_path), "--browser", browser]) == 0


def test_the_id_of_an_extension_is_that_of_chromium() -> None:
    """The rule, written out once more; that a real Chromium gives the same id shows in tests/vendors/test_browser_chromium.py."""
    digest = hashlib.sha256(b"key").digest()[:16]
    assert extension_id(b"key") == "".join(
        "abcdefghijklmnop"[byte >> 4] + "abcdefghijklmnop"[byte & 15] for byte in digest
    )


def test_a_second_run_keeps_key_and_settings(tmp_path: Path) -> None:
    install(tmp_path)
    kept = [tmp_path / "etc/cardd/browser-extension.pem", tmp_path / "etc/cardd/browser.toml"]
    kept[1].write_text(kept[1].read_text("utf-8") + "# by hand\n", "utf-8")
    before = [file.read_bytes() for file in kept]
    install(tmp_path, "--origin", "https://second.example.lg.jp")
    assert [file.read_bytes() for file in kept] == before


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("etc/cardd/browser-extension.pem", "run `cardd-browser-host install`"),
        ("etc/chromium/native-messaging-hosts/jp.cardd.browser.json", "is missing, or of another extension"),
        ("etc/chromium/policies/managed/cardd-browser.json", "is missing or changed"),
        ("usr/local/share/cardd/browser-extension/manifest.json", "is missing or changed"),
        ("usr/local/share/cardd/browser-extension/background.js", "is missing or changed"),
        ("etc/cardd/browser.toml", "No such file"),
        ("cardd-browser-host", "cannot be run"),
    ],
)
def test_check_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, said: str) -> None:
    install(tmp_path)
    (tmp_path / file).unlink()
    capsys.readouterr()
    assert command(["check", "--root", str(tmp_path)]) == 1
    assert said in capsys.readouterr().out


def test_check_says_what_is_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(tmp_path)
    script = tmp_path / "usr/local/share/cardd/browser-extension/background.js"
    script.write_text(script.read_text("utf-8") + "// more\n", "utf-8")
    settings = tmp_path / "etc/cardd/browser.toml"
    settings.write_text(settings.read_text("utf-8").replace(ORIGIN, "https://third.example.lg.jp"), "utf-8")
    settings.chmod(0o666)
    capsys.readouterr()
    assert command(["check", "--root", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "background.js is missing or changed" in said
    assert "must be root's, and nobody else may write it" in said
    assert "the extension does not let https://third.example.lg.jp in" in said


def test_firefox_is_refused_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert install(tmp_path, browser="firefox") == 1
    assert "externally_connectable" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["cardd-browser-host"]


@pytest.mark.parametrize(
    "origin", ["https://counter.example.lg.jp/", "http://counter.example.lg.jp", "*", "https://*.example.lg.jp"]
)
def test_only_an_origin_is_an_origin(tmp_path: Path, origin: str) -> None:
    with pytest.raises(SystemExit) as caught:
        install(tmp_path, "--origin", origin)
    assert caught.value.code == 2


def test_what_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "usr").write_text("a file where a folder should be")
    assert install(tmp_path) == 1
    assert "Not a directory" in capsys.readouterr().err


def test_every_refusal_has_its_words_and_a_name_and_number_of_its_own() -> None:
    assert len({row.name for row in words.REFUSALS}) == len({row.code for row in words.REFUSALS}) == len(words.REFUSALS)
    for row in words.REFUSALS:
        for locale in ("ja", "en"):
            told = row.told(locale)  # type: ignore[arg-type]
            assert told["message"]
            assert told["data"]["remedy"]  # type: ignore[index]


async def test_a_message_in_many_pieces_is_one_message() -> None:
    source = asyncio.StreamReader()
    reading = asyncio.ensure_future(frames.read(source))
    for octet in frames.encode({"page": "窓口"}):
        source.feed_data(bytes([octet]))
        await asyncio.sleep(0)
    assert await reading == {"page": "窓口"}
    source.feed_eof()
    assert await frames.read(source) is None


async def test_the_longest_message_is_read_and_one_octet_more_is_not() -> None:
    for size, taken in ((frames.LONGEST_IN, True), (frames.LONGEST_IN + 1, False)):
        source = asyncio.StreamReader()
        body = b'{"page":"' + b"x" * (size - 11) + b'"}'
        source.feed_data(struct.pack("=I", len(body)) + body)
        if taken:
            assert await frames.read(source) is not None
        else:
            with pytest.raises(frames.FrameProblem, match="too_long"):
                await frames.read(source)


def test_an_answer_longer_than_the_browser_takes_is_no_frame() -> None:
    body = {"result": "x" * (frames.LONGEST_OUT - len('{"result":""}'))}
    assert len(frames.encode(body)) == frames.LONGEST_OUT + 4
    with pytest.raises(frames.TooLong):
        frames.encode({"result": body["result"] + "x"})


def test_the_script_takes_the_origin_from_the_browser_and_from_nowhere_else() -> None:
    script = extension_files.script()
    assert "page.sender" in script
    assert script.count("open:") == 1
    assert "host.postMessage({ page: message })" in script
