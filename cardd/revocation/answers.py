"""OCSP responses that somebody who is entitled to ask has put into the folder: `NAME-FINGERPRINT.ocsp`. Nothing of them is believed here.

`FINGERPRINT` is the SHA-256 of the certificate's DER in lower-case hex; `NAME` is free. What a response is worth is judged by `certs`
like one that a caller brings along: signature, responder, certificate, times.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

LARGEST_ANSWER = 64 * 1024
"""Bytes."""
MOST_ANSWERS = 8
"""About one certificate; the newest files count."""
MOST_FILES = 100_000
"""A folder with more files is not searched to its end."""
SUFFIX = ".ocsp"


class AnswerFolder:
    """Looked into with each question: one listing, and the files about this certificate."""

    def __init__(self, directory: Path) -> None:
        self._directory = os.fspath(directory)

    def about(self, fingerprint: str) -> tuple[bytes, ...]:
        """Responses about one certificate, newest file first; none where there is no folder or nothing in it."""
        wanted = f"-{fingerprint}{SUFFIX}"
        try:
            with os.scandir(self._directory) as entries:
                found = [
                    (entry.stat(follow_symlinks=False).st_mtime_ns, entry.path)
                    for _, entry in zip(range(MOST_FILES), entries, strict=False)
                    if entry.name.endswith(wanted)
                ]
        except OSError:  # no folder, or none that we may read: no response, and the lists answer or nobody does
            return ()
        newest = sorted(found, reverse=True)[:MOST_ANSWERS]
        return tuple(content for _, path in newest for content in _content(path))


def _content(path: str) -> Iterator[bytes]:
    """Of a plain file that is small enough."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # gone meanwhile, or a link
        return
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            content = os.read(descriptor, LARGEST_ANSWER + 1)
            if len(content) <= LARGEST_ANSWER:
                yield content
    finally:
        os.close(descriptor)
