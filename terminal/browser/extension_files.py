"""The extension's manifest, its key and id, and the host's manifest, as the browsers want them. No I/O but reading our own script.

Sources: developer.chrome.com/docs/extensions/reference/manifest (`key`, `externally_connectable`), …/concepts/native-messaging; the id is
the first 16 bytes of the SHA-256 of the public key (SubjectPublicKeyInfo, DER), each half byte as a letter from a to p.
"""

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final

HOST_NAME: Final = "jp.cardd.browser"
VERSION: Final = "1.0"
SCRIPT: Final = "background.js"


def extension_id(public_key: bytes) -> str:
    """The id of an extension with this public key (SubjectPublicKeyInfo, DER): 32 letters from a to p."""
    return "".join(chr(ord("a") + int(digit, 16)) for digit in hashlib.sha256(public_key).hexdigest()[:32])


def manifest(public_key: bytes, origins: Sequence[str]) -> dict[str, Any]:
    """The extension's manifest, version 3. It asks for one permission, and for no page's content."""
    return {
        "manifest_version": 3,
        "name": "cardd",
        "description": "Lets counter applications of the office's own pages use the card readers of this machine.",
        "version": VERSION,
        "minimum_chrome_version": "116",
        "key": base64.b64encode(public_key).decode("ascii"),
        "permissions": ["nativeMessaging"],
        "background": {"service_worker": SCRIPT},
        "externally_connectable": {"matches": [f"{origin}/*" for origin in origins]},
        "content_security_policy": {"extension_pages": "default-src 'none'; script-src 'self'"},
    }


def script() -> str:
    """The extension's one script."""
    return (files("terminal.browser") / "extension" / SCRIPT).read_text("utf-8")


def host_manifest(program: str, extension: str) -> dict[str, Any]:
    """What tells the browser which program to start, and for which extension."""
    return {
        "name": HOST_NAME,
        "description": "cardd: the card readers of this machine, for pages of the office",
        "path": program,
        "type": "stdio",
        "allowed_origins": [f"chrome-extension://{extension}/"],
    }


def policy(extension: str) -> dict[str, Any]:
    """For the browser's managed policies: no other host program, and none that a user put into their own folder in its place."""
    return {
        "NativeMessagingBlocklist": ["*"],
        "NativeMessagingAllowlist": [HOST_NAME],
        "NativeMessagingUserLevelHosts": False,
        "ExtensionSettings": {extension: {"installation_mode": "allowed"}},
    }
