"""The checks that `./dev` runs, tried on what they must find."""

from __future__ import annotations

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from tools.house import readme_commands, wheels

REPOSITORY = Path(__file__).parents[2]

PAGE = """
Run `./dev demo`, or:

```sh
$ ./dev test -k tlv      # a comment
sudo cardctl --json cards | jq .
CARDD_SOCKET=/tmp/s .venv/bin/cardctl read --purpose x \\
    --case 1 name
uv run cardd-vcard insert card.toml && echo done
```

The daemon `cardd` isn't a command here, `cardd.toml` is a file.
"""


def test_commands_are_found_in_blocks_and_inline() -> None:
    assert readme_commands.commands_shown(PAGE) == [
        ["./dev", "test", "-k", "tlv"],
        ["cardctl", "--json", "cards"],
        ["cardctl", "read", "--purpose", "x", "--case", "1", "name"],
        ["cardd-vcard", "insert", "card.toml"],
        ["./dev", "demo"],
        ["cardd"],
    ]


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (["./dev", "dance"], "no word 'dance'"),
        (["cardctl", "dance"], "no command 'dance'"),
        (["cardctl", "--dance", "cards"], "no option --dance"),
        (["cardctl", "read", "--dance"], "no option --dance"),
        (["cardd", "--dance"], "no option --dance"),
    ],
)
def test_what_does_not_exist_is_named(command: list[str], complaint: str) -> None:
    assert complaint in (readme_commands.complaint_about(command) or "")


@pytest.mark.parametrize(
    "command",
    [
        ["./dev", "demo"],
        ["./dev"],
        ["cardctl", "--json", "cards"],
        ["cardd", "--check-config"],
        ["cardctl", "read", "name"],
    ],
    ids=" ".join,
)
def test_what_exists_passes(command: list[str]) -> None:
    assert readme_commands.complaint_about(command) is None


def test_dev_has_a_function_for_each_word_of_its_help() -> None:
    script = (REPOSITORY / "dev").read_text()
    page = subprocess.run([REPOSITORY / "dev", "help"], text=True, capture_output=True, check=True).stdout
    words = set(re.findall(r"(?m)^  (\w+) {2,}", page)) - {"help"}
    assert words == set(re.findall(r"(?m)^word_(\w+)\(\)", script))


def test_dev_refuses_a_word_it_does_not_have() -> None:
    result = subprocess.run([REPOSITORY / "dev", "dance"], text=True, capture_output=True, check=False)
    assert result.returncode == 1
    assert "no word 'dance'" in result.stderr


@pytest.mark.parametrize(
    ("extra", "complaint"),
    [
        ("applets_spec/card.py", "holds"),
        ("certs/ca/operator.pem", "must not hold"),
        ("cardd/testca/issue.py", "must not hold"),
        ("cardd/./gate.py", "must not hold"),
        (None, "lacks"),
    ],
)
def test_a_wheel_with_the_wrong_files_is_refused(tmp_path: Path, extra: str | None, complaint: str) -> None:
    wheel = tmp_path / "cardd-0.0.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ["cardd/__init__.py", "certs/__init__.py", "terminal/__init__.py", extra]:
            if name is not None:
                archive.writestr(name, "")
    with pytest.raises(wheels.Broken, match=complaint):
        wheels.check_contents(wheel)
