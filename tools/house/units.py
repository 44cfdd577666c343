"""Checks the files in `systemd/` with systemd's own tools; no running systemd is needed.

`verify` answers 0 even where it met a key it does not know, so clean means: exit 0 and nothing on stderr.
The units are checked as copies whose programs exist.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

UNITS = Path(__file__).parents[2] / "systemd"
WORST_EXPOSURE = 1.0  # of 10; what systemd-analyze counts for a unit without any sandbox is 9.6
WORST_HELPER = 2.0  # a helper has the network, which the daemon has not; systemd counts up to 1.0 for that alone
HELPERS = (
    "cardd-backup.service", "cardd-fleet-watch.service", "cardd-heads.service", "cardd-lists.service", "cardd-ship.service",
    "cardd-witness.service",
)  # fmt: skip
USER_UNITS = {"cardd-agent.service", "cardd-terminal.service"}


def copy_units(source: Path, target: Path) -> None:
    """Copies units and drop-ins to `target`, which stands for a unit folder, with programs that exist."""
    for unit in [*source.glob("*.socket"), *source.glob("*.service"), *source.glob("*.timer")]:
        text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text())
        (target / unit.name).write_text(text)
    for drop_in in source.glob("*.d/*.conf"):
        if drop_in.parent.name.endswith((".socket.d", ".service.d")):
            (target / drop_in.parent.name).mkdir(exist_ok=True)
            shutil.copy(drop_in, target / drop_in.parent.name)


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs systemd-analyze on the units in `folder`."""
    environment = os.environ | {"XDG_RUNTIME_DIR": str(folder), "SYSTEMD_UNIT_PATH": f"{folder}:", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["systemd-analyze", *arguments], env=environment, cwd=folder, text=True, capture_output=True, check=False
    )


def complaints_of_verify(folder: Path) -> list[str]:
    """What `systemd-analyze verify` says about the units in `folder`; nothing where all is well."""
    complaints = []
    found = {unit.name for kind in ("socket", "service", "timer") for unit in folder.glob(f"*.{kind}")}
    for manager, units in (("--system", sorted(found - USER_UNITS)), ("--user", sorted(USER_UNITS))):
        result = analyze(folder, manager, "verify", *(f"./{unit}" for unit in units))
        if result.returncode or result.stderr:
            complaints.append(f"verify {manager}: exit {result.returncode}\n{result.stderr}")
    return complaints


def exposure(folder: Path, unit: str = "cardd.service") -> float:
    """The unit's exposure, 0.0 (closed) to 10.0 (open), as `systemd-analyze security` counts it offline."""
    result = analyze(folder, "security", "--offline=yes", "--no-pager", f"./{unit}")
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", result.stdout)
    if not found:
        raise RuntimeError(f"systemd-analyze security gave no level: {result.stderr or result.stdout}")
    return float(found[1])


def main() -> int:
    """Prints what is wrong; returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        copy_units(UNITS, Path(folder))
        complaints = complaints_of_verify(Path(folder))
        levels = {unit: exposure(Path(folder), unit) for unit in ("cardd.service", *HELPERS)}
    for unit, level in levels.items():
        limit = WORST_HELPER if unit in HELPERS else WORST_EXPOSURE
        if level > limit:
            complaints.append(f"{unit}: exposure {level}, allowed {limit}")
    told = ", ".join(f"{unit} {level}" for unit, level in levels.items())
    print("\n".join(complaints) or f"units are clean, exposure: {told}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
