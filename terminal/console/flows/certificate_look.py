"""What a certificate from a resident's card says: until when it holds, and of whom. A child process reads it, within bounds.

What a card holds is anybody's, and the console stays small: neither the parser nor a fault of its gets into it.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from terminal.console.children import ask_child, bound

LIMIT_SECONDS: Final = 10.0
MOST_MEMORY: Final = 512 * 1024 * 1024
"""Bytes of address space of the child."""
LARGEST: Final = 16 * 1024
"""Octets of a certificate, and of what is said of it."""


async def look_at(der: bytes) -> dict[str, Any] | None:
    """`not_before`, `not_after` (RFC 3339); `name`, `address`, `birth` (ISO), `sex`, each None where it does not say.

    None for what is no certificate.
    """
    told = await ask_child("terminal.console.flows.certificate_look", der, LIMIT_SECONDS)
    if told is None or len(told) > LARGEST:
        return None
    found: dict[str, Any] = json.loads(told)
    return found


def main() -> int:
    """The child: DER on standard input, JSON on standard output; status 1 for what is no certificate."""
    bound(MOST_MEMORY, LIMIT_SECONDS)
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
