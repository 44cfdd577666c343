"""The file for /etc/pam.d as it is shipped: who passes by, who is stopped, and that nothing behind it lets a stranger in."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest

from tests.e2e.fault_house import nothing_left_by_the_module, nothing_left_running, take_out
from tests.fixtures.counter import BADGE_SLOT
from tests.terminal.pam_house import HELPER, OWNER, PIN, ROOT, WRONG, Machine, Screen, open_machine, run_pamtester

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
SHIPPED = ROOT / "systemd" / "pam.d" / "cardd-badge"
DOCUMENT = ROOT / "docs" / "login-to-the-machine.md"
INSTALLED = "/opt/cardd/bin/python -I -m terminal.pam"
WHOLE = ("authenticate", "setcred(PAM_ESTABLISH_CRED)", "acct_mgmt", "open_session", "close_session")
REST = "account required pam_permit.so\nsession required pam_permit.so\n"
PASSWORD = "auth required pam_echo.so the password\nauth required pam_permit.so\n"
"""Stands for `@include common-auth`: lets in whoever gets so far, and says that they did."""


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with open_machine() as opened:
        yield opened


def shipped(machine: Machine) -> str:
    """The file, with this test's Python and socket in the place of the installed ones, and nothing else changed."""
    text = SHIPPED.read_text()
    assert text.count(INSTALLED) == 2
    return text.replace(INSTALLED, shlex.join([*HELPER, "--socket", str(machine.counter.socket), "--lang", "en"]))


def at_the_screen(machine: Machine, behind: str, user: str = OWNER.pw_name, typed: str = PIN) -> Screen:
    """A whole login through the shipped file and what stands behind it."""
    (machine.folder / "cardd-badge").write_text(shipped(machine))
    # By its whole path: what stands for /etc/pam.d here is a folder that libpam does not know when it includes.
    (machine.folder / "desk").write_text(f"@include {machine.folder}/cardd-badge\n{behind}{REST}")
    return run_pamtester(machine.folder, "desk", user, typed, WHOLE)


def test_a_badge_opens_a_whole_session_and_the_password_is_not_asked(machine: Machine) -> None:
    machine.put_in("sato")
    screen = at_the_screen(machine, PASSWORD)
    assert screen.opened
    assert "Type the PIN of your badge." in screen.text
    assert "credential info has successfully been set" in screen.text
    assert "the password" not in screen.text


@pytest.mark.parametrize("case", ["no badge", "another's badge", "wrong PIN"])
def test_whoever_the_badge_refuses_gets_to_no_line_behind_it(machine: Machine, case: str) -> None:
    take_out(machine.counter, BADGE_SLOT)
    if case != "no badge":
        machine.put_in("kato" if case == "another's badge" else "sato")
    screen = at_the_screen(machine, PASSWORD, typed=WRONG)
    assert not screen.opened
    assert "the password" not in screen.text


def test_without_the_helper_nobody_gets_behind_it_either(machine: Machine) -> None:
    """As it is shipped, where nothing lies in /opt/cardd: a broken installation is a shut machine, not an open one."""
    text = SHIPPED.read_text().replace("/opt/cardd", str(machine.folder / "nothing-here"))
    (machine.folder / "broken").write_text(f"{text}{PASSWORD}{REST}")
    screen = run_pamtester(machine.folder, "broken", OWNER.pw_name, PIN, WHOLE)
    assert not screen.opened
    assert "the password" not in screen.text


def test_root_logs_in_as_before_without_badge_and_without_the_daemon(machine: Machine) -> None:
    take_out(machine.counter, BADGE_SLOT)
    screen = at_the_screen(machine, PASSWORD, user="root")
    assert screen.opened
    assert "the password" in screen.text
    assert "badge" not in screen.text.replace("cardd-badge", "")
    assert not at_the_screen(machine, "auth required pam_deny.so\n", user="root").opened


def test_the_two_words_of_the_obvious_line_end_every_login(machine: Machine) -> None:
    """Why the file has a line with pam_permit: pam_exec answers PAM_IGNORE to pam_setcred, and a stack without a yes is a no."""
    machine.put_in("sato")
    helper = shlex.join([*HELPER, "--socket", str(machine.counter.socket)])
    (machine.folder / "short").write_text(
        f"auth [success=done default=die] pam_exec.so quiet stdout expose_authtok {helper}\n{REST}"
    )
    screen = run_pamtester(machine.folder, "short", OWNER.pw_name, PIN, WHOLE)
    assert "successfully authenticated" in screen.text
    assert not screen.opened


def test_the_document_shows_the_file_as_it_is() -> None:
    shown = re.findall(r"```pam\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert SHIPPED.read_text() in shown


def test_every_sentence_of_the_helper_is_explained_where_it_is_not_its_own_remedy() -> None:
    """The table of the document has a row for each thing that the screen may say."""
    from terminal.pam.sentences import TEXTS

    table = DOCUMENT.read_text()
    missing = [
        key for key, texts in TEXTS.items() if first_part(texts.en) not in table or first_part(texts.ja) not in table
    ]
    assert missing == []


def first_part(sentence: str) -> str:
    """Up to the first figure or the end of the first sentence."""
    return re.split(r"\{|\. |。|\.$", sentence)[0].rstrip("（(あと")


def test_the_group_of_the_rescue_is_no_group_of_everybody() -> None:
    lines = [line for line in SHIPPED.read_text().splitlines() if "pam_succeed_if" in line]
    assert [line.split("quiet ")[1] for line in lines] == ["uid = 0", "user ingroup cardd-rescue"]
