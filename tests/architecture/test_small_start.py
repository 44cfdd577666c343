"""What an idle daemon does not carry: code that is needed from the first login on, or by one question now and then, is loaded then."""

import subprocess
import sys

LATE = (
    "cryptography.x509", "cryptography.hazmat.primitives.serialization", "asn1crypto", "certs", "pyhanko_certvalidator",
    "jinja2", "segno", "pkcs11", "pyrage", "cardd.setup", "cardd.keeping", "cardd.report", "cardd.watching.live",
)  # fmt: skip
"""Certificates (16 MiB in all, of them 1.3 MiB for `cryptography.x509` alone), printed pages, programs beside the daemon, and the rules
over the record, which are loaded on a thread of their own while the daemon serves already."""
PROGRAM = "import sys, cardd.__main__; {more}; print(*sorted(sys.modules))"


def loaded(more: str = "") -> set[str]:
    """What stands in the interpreter once the daemon's program and all that it is built of are imported."""
    command = [sys.executable, "-c", PROGRAM.format(more=more or "pass")]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def late(modules: set[str]) -> set[str]:
    return {each for each in modules if any(each == name or each.startswith(f"{name}.") for name in LATE)}


def test_the_daemon_starts_without_what_comes_late() -> None:
    found = loaded()
    assert {"cardd.app.build", "cardd.api.methods.registry", "cardd.history.follower"} <= found
    assert late(found) == set()


def test_what_came_too_early_would_be_seen() -> None:
    assert {"cryptography.x509", "cardd.watching.live"} <= late(loaded("import cardd.watching.live, cryptography.x509"))
