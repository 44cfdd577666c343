"""OCSP responses in the folder, `NAME-FINGERPRINT.ocsp`: of the helper, or of anybody who may ask. Nothing of them is believed here.

`FINGERPRINT` is the SHA-256 of the certificate's DER in lower-case hex; `NAME` is free. What a response is worth is judged by `certs`
like one that a caller brings along: signature, responder, certificate, times.
"""

import os
from pathlib import Path

from cardd.revocation.question_files import ANSWERED, LARGEST_ANSWER, read_plain

MOST_ANSWERS = 8
"""About one certificate; the newest files count."""
MOST_FILES = 100_000
"""A folder with more files is not searched to its end."""


class AnswerFolder:
    """Looked into with each question: one listing, and the files about this certificate."""

    def __init__(self, directory: Path) -> None:
        self._directory = os.fspath(directory)

    def about(self, fingerprint: str) -> tuple[bytes, ...]:
        """Responses about one certificate, newest file first; none where there is no folder or nothing in it."""
        wanted = f"-{fingerprint}{ANSWERED}"
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
        contents = (read_plain(path, LARGEST_ANSWER) for _, path in newest)
        return tuple(each for each in contents if each is not None)
