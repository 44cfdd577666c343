"""cardd installed from its wheel into an environment without the packages that only development needs."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.place import OUT

ROOT = Path(__file__).parents[1]
OWN_UV = ROOT / ".dev" / "uv" / "bin" / "uv"


class NotInstalled(Exception):
    """The wheel could not be built or installed; the text is uv's."""


@contextmanager
def installed() -> Iterator[Path]:
    """Build, install with compiled bytecode; gives the path of `cardd`, for as long as the block runs. Raises `NotInstalled`."""
    uv = os.environ.get("UV") or shutil.which("uv") or (str(OWN_UV) if OWN_UV.exists() else None)
    if uv is None:
        raise NotInstalled("uv is not on the PATH")
    with tempfile.TemporaryDirectory(prefix="installed-", dir=OUT) as folder:
        place = Path(folder)
        versions, environment = str(place / "versions.txt"), place / "venv"
        _run(uv, "build", "--package", "cardd", "--wheel", "--quiet", "--out-dir", folder)
        what = ("--package", "cardd", "--no-dev", "--no-emit-workspace", "--no-hashes")
        _run(uv, "export", "--frozen", "--quiet", *what, "-o", versions)
        _run(uv, "venv", "--quiet", "--python", sys.executable, str(environment))
        how = ("--compile-bytecode", "--python", str(environment / "bin" / "python"), "--constraints", versions)
        _run(uv, "pip", "install", "--quiet", *how, str(next(place.glob("*.whl"))))
        yield environment / "bin" / "cardd"


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalled(f"{' '.join(command[:3])}: {done.stderr.strip()}")
