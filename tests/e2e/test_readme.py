"""What the READMEs and the guide tell a newcomer to type works as it stands there."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fixtures.counter import RESIDENT_SLOT, Counter, counter
from tests.fixtures.terminal import Terminal, shows

__all__ = ["counter"]
ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.ja.md")
PROMPTS = {
    "Badge PIN": "246813",
    "職員カードの暗証番号": "246813",
    "Card information PIN": "5678",
    "券面事項入力補助用": "5678",
}


def blocks(readme: str, label: str) -> list[str]:
    """The fenced blocks whose info string ends with `label`."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    return re.findall(rf"^```\w+ {label}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def at_a_terminal(
    command: list[str], environment: dict[str, str], folder: Path, seconds: float = 120.0
) -> tuple[int, str]:
    """Run a program on a terminal of its own, answer its PIN prompts as a person, and give all that stood on the screen."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execvpe(command[0], command, environment)
    screen, answered, deadline = "", 0, time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 0.1)[0]:
                continue
            try:
                part = os.read(terminal, 4096)
            except OSError:
                break
            if not part:
                break
            screen += part.decode(errors="replace")
            for prompt, pin in PROMPTS.items():
                place = screen.find(prompt, answered)
                if place >= 0 and screen.rstrip(" ").endswith(":"):
                    answered = len(screen)
                    os.write(terminal, f"{pin}\n".encode())
        else:
            raise AssertionError(f"it did not end:\n{screen}")
    finally:
        os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), screen


def test_both_readmes_show_the_same_commands() -> None:
    """Comments and the language of messages may differ, and nothing else."""
    english, japanese = map(commands_of, READMES)
    assert english == japanese


def commands_of(readme: str) -> list[str]:
    text = (ROOT / readme).read_text(encoding="utf-8")
    return [plain(block) for block in re.findall(r"^```(\w+.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def plain(block: str) -> str:
    for word in ("--locale ja ", 'locale="ja", ', '"ja"'):
        block = block.replace(word, "")
    block = re.sub(r"\s+# .*", "", block)
    return re.sub(r'print\("[^"]*"', "print(", block)


@pytest.mark.parametrize("readme", READMES)
@pytest.mark.proves("P6")
def test_the_first_counter_by_hand(readme: str, tmp_path: Path) -> None:
    script = tmp_path / "by-hand.sh"
    # One shell for all blocks, as the newcomer has; job control for `kill %1`.
    script.write_text("set -e -m\n" + "\n".join(blocks(readme, "by-hand")), encoding="utf-8")
    folder = tmp_path / "counter"
    folder.mkdir()
    bin_folder = Path(sys.executable).parent
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    environment = {
        **os.environ,
        "CARDD": str(ROOT),
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "XDG_RUNTIME_DIR": str(runtime),
        "LC_ALL": "C.UTF-8",
    }
    if not (ROOT / ".venv" / "bin" / "activate").exists():
        activate = tmp_path / "checkout" / ".venv" / "bin"
        activate.mkdir(parents=True)
        (activate / "activate").touch()
        (activate.parents[1] / "cardd").symlink_to(ROOT / "cardd")
        environment["CARDD"] = str(activate.parents[1])
    code, screen = at_a_terminal(["bash", str(script)], environment, folder)
    assert code == 0, screen
    assert "見本　太郎" in screen
    assert "whole" in screen
    for pin in PROMPTS.values():
        assert not shows(screen, pin), "a PIN was echoed"


@pytest.mark.parametrize("readme", READMES)
def test_the_python_example(readme: str, counter: Counter) -> None:
    sato, resident = counter.office.people[0], counter.office.resident()
    counter.insert(sato.badge, 0, kind="badge")
    counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")
    (example,) = blocks(readme, "example")
    assert len([line for line in example.splitlines() if line.strip() and "import" not in line]) <= 10
    code, screen = at_a_terminal([sys.executable, "-c", example], counter.environment, counter.folder)
    assert code == 0, screen
    assert resident.holder.name in screen
    assert resident.holder.address in screen


@pytest.mark.parametrize("readme", READMES)
def test_the_raw_socket_example(readme: str, counter: Counter) -> None:
    handle = counter.insert(counter.office.people[0].badge, 0, kind="badge")
    (example,) = blocks(readme, "raw-socket")
    done = subprocess.run(["bash", "-c", example], env=counter.environment, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert '"server.greeting"' in lines[0]
    assert handle in lines[-1]


def test_the_first_program_of_the_guide(counter: Counter) -> None:
    sato = counter.office.people[0]
    counter.insert(sato.badge, 0, kind="badge")
    (example,) = blocks("docs/api.md", "login")
    with Terminal([sys.executable, "-c", example], counter.environment, counter.folder) as terminal:
        terminal.wait_for("badge: ")
        terminal.type(f"{sato.pin}\n")
        assert terminal.ends() == 0, terminal.screen
        assert "佐藤 花子" in terminal.screen


@pytest.mark.timeout(120)
def test_the_counter_in_a_vendors_ci(tmp_path: Path) -> None:
    start, drive, sick, end = re.findall(r"^```sh ci\n(.*?)^```$", guide("vendor-ci.md"), re.MULTILINE | re.DOTALL)
    (tests,) = re.findall(r"^```python ci\n(.*?)^```$", guide("vendor-ci.md"), re.MULTILINE | re.DOTALL)
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "test_counter.py").write_text(tests, encoding="utf-8")
    (folder / "pytest.ini").touch()
    run = f'"{sys.executable}" -m pytest -q -p no:cacheprovider test_counter.py\n'
    script = "set -e\n" + start + drive + sick + run + end
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment["TMPDIR"] = "/tmp"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout
    assert "whole" in done.stdout
    assert "見本　太郎" in (folder / "read.json").read_text(encoding="utf-8")
    trace = (folder / "apdus.txt").read_text(encoding="utf-8")
    verified = [line for line in trace.splitlines() if "=> 0020" in line]
    assert verified
    # A PIN goes to a card with VERIFY alone; in challenges and signatures any eight digits may stand.
    assert [line for line in verified if b"5678".hex() in line] == []


def test_a_document_and_a_list_in_a_vendors_ci(tmp_path: Path) -> None:
    (script,) = re.findall(r"^```sh documents\n(.*?)^```$", guide("vendor-ci.md"), re.MULTILINE | re.DOTALL)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = {name: json.loads((tmp_path / f"{name}.json").read_bytes()) for name in ("good", "revoked")}
    assert told["good"]["indication"] == "TOTAL-PASSED"
    assert [each["problem"] for each in told["revoked"]["signatures"]] == ["revoked"]


def guide(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")
