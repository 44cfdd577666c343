"""What a certificate from a resident's card says: until when it holds, and of whom. A child process reads it, within bounds.

What a card holds is anybody's, and the console stays small: neither the parser nor a fault of its gets into it.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from typing import Any, Final

LIMIT_SECONDS: Final = 10.0
MOST_MEMORY: Final = 512 * 1024 * 1024
"""Bytes of address space of the child."""
LARGEST: Final = 16 * 1024
"""Octets of a certificate, and of what is said of it."""
_HANDED_ON: Final = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")


async def look_at(der: bytes) -> dict[str, Any] | None:
    """`not_before`, `not_after` (RFC 3339); `name`, `address`, `birth` (ISO), `sex`, each None where it does not say.

    None for what is no certificate.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "terminal.console.flows.certificate_look",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in _HANDED_ON if name in os.environ},
    )
    try:
        told, _ = await asyncio.wait_for(child.communicate(der), LIMIT_SECONDS)
    except TimeoutError:
        told = b""
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0 or len(told) > LARGEST:
        return None
    found: dict[str, Any] = json.loads(told)
    return found


def main() -> int:
    """The child: DER on standard input, JSON on standard output; status 1 for what is no certificate."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(LIMIT_SECONDS), int(LIMIT_SECONDS)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from cryptography import x509  # noqa: PLC0415  # after the limits

    from certs.errors import Malformed  # noqa: PLC0415
    from certs.names import resident_names  # noqa: PLC0415

    given = sys.stdin.buffer.read(LARGEST + 1)
    try:
        certificate = x509.load_der_x509_certificate(given)
        names = resident_names(certificate)
    except (ValueError, Malformed):
        return 1
    birth, sex = names.birth, names.sex
    told = {
        "not_before": certificate.not_valid_before_utc.isoformat().replace("+00:00", "Z"),
        "not_after": certificate.not_valid_after_utc.isoformat().replace("+00:00", "Z"),
        "name": names.name,
        "name_substitutes": names.name_substitutes,
        "address": names.address,
        "address_substitutes": names.address_substitutes,
        "birth": None if birth is None else birth.text[1:],
        "sex": None if sex is None else sex.value,
    }
    sys.stdout.write(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
