"""The import contracts of pyproject.toml hold, and each of them catches what it is there for."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("cardd", "applets_spec", "terminal", "certs")

# contract -> (file that breaks it, the line that does)
VIOLATIONS = {
    "floors of the daemon": ("cardd/policy/violation.py", "import cardd.gate"),
    "applet drivers do not know each other": ("cardd/cards/jpki.py", "import cardd.cards.card_info"),
    "API methods do not know each other": ("cardd/api/methods/violation.py", "import cardd.api.methods.registry"),
    "the API asks the use cases, never a card": ("cardd/api/violation.py", "import cardd.readers.lease"),
    "clients know the wire and nothing else": ("cardd/cli/violation.py", "import cardd.model"),
    "the browser's host relays and knows nothing else": (
        "terminal/browser/violation.py",
        "import cardd.documents.model",
    ),
    "the login to the machine is the standard library and the client library": (
        "terminal/pam/violation.py",
        "import structlog",
    ),
    "documents are the clients' matter": ("cardd/documents/checking/violation.py", "import cardd.ports"),
    "no document is parsed in the daemon": ("cardd/verifying/violation.py", "import signxml"),
    "the wire knows nobody": ("cardd/wire/violation.py", "import cardd.client"),
    "the daemon is not its own client": ("cardd/process/violation.py", "import cardd.client"),
    "only the edge speaks the wire": ("cardd/reading/violation.py", "import cardd.wire.base"),
    "the product never ships its tests' cards": ("terminal/violation.py", "import applets_spec.testca"),
    "the specification is written apart": ("applets_spec/jpki/violation.py", "import cardd.iso7816.tlv"),
    "certs stands alone": ("certs/validation/violation.py", "import cardd.errors"),
    "the use cases reach a card through the gate alone": ("cardd/signing/violation.py", "import cardd.audit.journal"),
    "a decision is replayed from its facts": ("cardd/policy/violation.py", "import time"),
    "pyscard behind one wall": ("cardd/readers/violation.py", "import smartcard.scard"),
    "the daemon has no network": ("cardd/office/violation.py", "import http.client"),
    "only the app and the first set-up know the PC/SC adapter": ("cardd/api/violation.py", "import cardd.pcsc.monitor"),
    "the PC/SC adapter knows the ports and nothing above": ("cardd/pcsc/violation.py", "import cardd.config"),
    "the fleet's database is the helpers' alone": ("cardd/history/violation.py", "import psycopg"),
    "the agent needs no console": ("terminal/agent/violation.py", "import terminal.console"),
    "the agent stays small": ("terminal/agent/violation.py", "import pydantic"),
}


def lint_imports(folder: Path) -> str:
    """What import-linter says of the packages in `folder`."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--config", "pyproject.toml", "--no-cache"], cwd=folder, text=True, capture_output=True, check=False
    ).stdout


def broken(report: str) -> set[str]:
    return set(re.findall(r"(?m)^(.+) BROKEN", report))


@pytest.fixture
def copy_of_the_packages(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(REPOSITORY / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold() -> None:
    report = lint_imports(REPOSITORY)
    assert " 0 broken." in report, report


def test_every_contract_has_its_violation() -> None:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    contracts = [contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]]
    assert contracts == list(VIOLATIONS)


@pytest.mark.parametrize(("contract", "violation"), VIOLATIONS.items(), ids=list(VIOLATIONS))
def test_a_violation_is_caught(copy_of_the_packages: Path, contract: str, violation: tuple[str, str]) -> None:
    file, line = violation
    with (copy_of_the_packages / file).open("a") as culprit:
        culprit.write(f"\n{line}\n")
    report = lint_imports(copy_of_the_packages)
    assert contract in broken(report), report


def test_a_room_nobody_planned_is_caught(copy_of_the_packages: Path) -> None:
    (copy_of_the_packages / "cardd/shed.py").write_text('"""Owns what nobody else wanted."""\n')
    assert "floors of the daemon" in broken(lint_imports(copy_of_the_packages))


def test_importing_the_client_brings_nothing_but_the_wire() -> None:
    listing = "import sys, cardd.client; print(*(m for m in sys.modules if m.split('.')[0] in ('cardd', 'certs', 'smartcard')))"
    loaded = subprocess.run([sys.executable, "-c", listing], text=True, capture_output=True, check=True).stdout.split()
    assert [m for m in loaded if not re.fullmatch(r"cardd(\.(client|wire)(\..*)?)?", m)] == []
