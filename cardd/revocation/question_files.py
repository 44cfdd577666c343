"""The files by which daemon and helper ask an OCSP responder: what they are called, and how large and how old they may be.

```
asked_directory/NAME-FINGERPRINT.ask      the question, DER OCSPRequest (RFC 6960, 4.1.1): written and taken away by the daemon
directory/NAME-FINGERPRINT.ocsp           what the responder sent, DER OCSPResponse (4.2.1): written by the helper
directory/NAME-FINGERPRINT.silent         empty: it sent nothing that could be one
```

`NAME` is the responder's in the settings, `FINGERPRINT` the SHA-256 of the certificate's DER in lower-case hex. Nothing else is told
to the helper: no purpose, no seat, no person.
"""

import os
import re
import stat

ASKED, ANSWERED, SILENT = ".ask", ".ocsp", ".silent"
LARGEST_QUESTION = 1024
"""Bytes. One certificate's id with SHA-256 and the longest serial number has 120."""
LARGEST_ANSWER = 64 * 1024
"""Bytes."""
DROPPED_SECONDS = 60.0
"""Whoever asked so long ago waits no more."""
_STEM = r"([a-z][a-z0-9_]{0,31})-[0-9a-f]{64}"
QUESTION = re.compile(_STEM + re.escape(ASKED))
ANSWER = re.compile(rf"{_STEM}(?:{re.escape(ANSWERED)}|{re.escape(SILENT)})")

Mark = tuple[int, int, int]


def mark_of(path: str) -> Mark | None:
    """Changes when another file lies there; None: there is none, or something that is no plain file."""
    try:
        found = os.lstat(path)
    except OSError:  # no folder, no file, no right: nobody has answered
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def read_plain(path: str, largest: int, folder: int | None = None) -> bytes | None:
    """The content of a plain file of at most `largest` bytes; None for a link, a pipe, anything larger, and what is gone.

    `folder`: descriptor of the folder that `path` is in, or None.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:  # gone meanwhile, or a link
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        content = os.read(descriptor, largest + 1)
        return content if len(content) <= largest else None
    except OSError:  # a disk that cannot be read says as much as no file
        return None
    finally:
        os.close(descriptor)
