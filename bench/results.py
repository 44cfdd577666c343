"""The findings as JSON, with the machine they were taken on."""

import json
import os
import platform
import subprocess
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.findings import Findings
from bench.others import versions
from bench.rows import ROWS

FORMAT = 1


def machine() -> dict[str, Any]:
    """What a reader of the figures must know of the machine."""
    model = [line.partition(":")[2].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    return {
        "cpu": model[0] if model else platform.machine(),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "system": _system(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "disk": _file_system(Path(__file__).parent),
        "programs": versions(),
    }


def as_json(findings: Findings, facts: dict[str, Any], quick: bool) -> dict[str, Any]:
    """Everything; seconds are seconds, counts are counts."""
    rows = [
        {
            **asdict(row),
            "clients": [
                {"client": client.value, "model": model, **asdict(cost)}
                for (client, job, model), cost in findings.costs.items()
                if job is row.job
            ],
        }
        for row in ROWS
    ]
    figures = [{**asdict(figure), "kept": figure.kept, "ratio": figure.ratio} for figure in findings.figures]
    taken = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {
        "format": FORMAT,
        "taken": taken,
        "quick": quick,
        "machine": facts,
        "rows": rows,
        "figures": figures,
        "not_kept": findings.missed(),
    }


def write(content: dict[str, Any], path: Path) -> None:
    """Write the JSON; the folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _system() -> str:
    named = [line for line in _lines(Path("/etc/os-release")) if line.startswith("PRETTY_NAME=")]
    return named[0].partition("=")[2].strip('"') if named else platform.system()


def _file_system(path: Path) -> str:
    done = subprocess.run(
        ("stat", "--file-system", "--format=%T", str(path)), capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "?"


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
