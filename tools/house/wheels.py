"""Builds both distributions, installs them into an empty environment outside the checkout, and starts their programs.

Usage: python -m tools.house.wheels [UV]. Versions of what they depend on come from uv.lock.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMS = {"cardd": ("cardd", "cardctl"), "cardd-vcard": ("cardd-vcard",)}
ROOMS = {"cardd": {"cardd", "certs", "terminal"}, "cardd_vcard": {"applets_spec"}}


class Broken(Exception):
    """What a distribution lacks or holds too much of; the text says which."""


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Runs a command and returns its output; raises Broken with what it said."""
    result = subprocess.run(list(map(str, command)), cwd=cwd, text=True, capture_output=True, check=False)
    if result.returncode:
        raise Broken(f"{' '.join(map(str, command))}\n{result.stderr or result.stdout}")
    return result.stdout


def check_contents(wheel: Path) -> None:
    """Each wheel holds its own packages and nothing beside them; no test key goes into the product."""
    distribution = wheel.name.partition("-")[0]
    names = zipfile.ZipFile(wheel).namelist()
    # What a wheel brings for the system (the manual page) lies in NAME.data/data (binary distribution format, PEP 427).
    rooms = {
        name.partition("/")[0] for name in names if ".dist-info/" not in name and ".data/data/share/man/" not in name
    }
    if rooms != ROOMS[distribution]:
        raise Broken(f"{wheel.name} holds {sorted(rooms)}, should hold {sorted(ROOMS[distribution])}")
    unclean = [
        name for name in names if "/./" in name or "__pycache__" in name or name.endswith((".gitignore", ".pyc"))
    ]
    if distribution == "cardd":
        unclean += [name for name in names if name.endswith((".pem", ".key", ".p12")) or "testca" in name]
    if unclean:
        raise Broken(f"{wheel.name} must not hold {unclean}")
    shipped = set(names)
    for room in ROOMS[distribution]:
        tracked = run("git", "ls-files", "--", room).splitlines()
        data = {
            name
            for name in tracked
            if name.endswith((".py", ".yaml", ".toml", ".json", ".js", ".pem", ".mo", ".typed"))
        }
        lacking = data - shipped - {"applets_spec/pyproject.toml"}
        if lacking:
            raise Broken(f"{wheel.name} lacks {sorted(lacking)}")


def main(uv: str = "uv") -> int:
    """Builds, installs, starts; returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="cardd-wheels-") as folder:
        place = Path(folder)
        os.environ["TMPDIR"] = folder  # uv leaves lock files there
        try:
            run(uv, "build", "--all-packages", "--quiet", "--out-dir", place / "dist")
            wheels = sorted((place / "dist").glob("*.whl"))
            for wheel in wheels:
                check_contents(wheel)
            install_and_start(uv, place, wheels)
        except Broken as problem:
            print(problem)
            return 1
    print(f"built, installed and started: {', '.join(wheel.name for wheel in wheels)}")
    return 0


def install_and_start(uv: str, place: Path, wheels: list[Path]) -> None:
    """Each distribution in an environment of its own, so that neither can lean on the other."""
    versions = place / "versions.txt"
    run(uv, "export", "--frozen", "--quiet", "--all-packages", "--no-emit-workspace", "--no-hashes", "-o", versions)
    for wheel in wheels:
        environment = place / wheel.name.partition("-")[0]
        run(uv, "venv", "--quiet", "--python", sys.executable, environment)
        run(
            uv,
            "pip",
            "install",
            "--quiet",
            "--python",
            environment / "bin/python",
            "--constraints",
            versions,
            wheel,
            cwd=place,
        )
        for program in PROGRAMS[wheel.name.partition("-")[0].replace("_", "-")]:
            if "Usage" not in run(environment / "bin" / program, "--help", cwd=place):
                raise Broken(f"{program} --help shows no usage")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
