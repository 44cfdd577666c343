"""HTTPS to one witness: its certificate is checked, ours is shown, one connection is kept."""

import http.client
import ssl
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from cardd.config import Witness

TIMEOUT_SECONDS = 15.0
LARGEST_ANSWER = 64 * 1024


class NoAnswer(Exception):
    """Nothing came back. `problem`: `unreachable` or `tls`."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: bytes = field(repr=False)


class Post(Protocol):
    """How a request goes to a witness and its answer comes back."""

    def post(self, path: str, body: bytes) -> Reply: ...

    def get(self, path: str) -> Reply: ...


class HttpsPost:
    """The real one. Belongs to one thread."""

    def __init__(self, witness: Witness, timeout_s: float = TIMEOUT_SECONDS) -> None:
        """Raises `OSError`, `ssl.SSLError` when the files of the configuration cannot be used."""
        parts = urlsplit(witness.url)
        self._host, self._port, self._prefix = parts.hostname or "", parts.port or 443, parts.path.rstrip("/")
        self._timeout_s = timeout_s
        self._tls = ssl.create_default_context(cafile=str(witness.ca) if witness.ca else None)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        if witness.certificate is not None:
            self._tls.load_cert_chain(witness.certificate, witness.certificate_key)
        self._kept: http.client.HTTPSConnection | None = None

    def post(self, path: str, body: bytes) -> Reply:
        """Raises `NoAnswer`."""
        return self._ask("POST", path, body)

    def get(self, path: str) -> Reply:
        """Raises `NoAnswer`."""
        return self._ask("GET", path, None)

    def _ask(self, method: str, path: str, body: bytes | None) -> Reply:
        """A kept connection may have been closed by the other side: then once more on a new one."""
        kept = self._kept is not None
        try:
            return self._once(method, path, body)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            if not kept:
                raise NoAnswer(_word_of(error)) from error
        try:
            return self._once(method, path, body)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise NoAnswer(_word_of(error)) from error

    def _once(self, method: str, path: str, body: bytes | None) -> Reply:
        if self._kept is None:
            self._kept = http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout_s, context=self._tls)
        self._kept.request(method, self._prefix + path, body, {"Content-Type": "text/plain; charset=utf-8"})
        answer = self._kept.getresponse()
        octets = answer.read(LARGEST_ANSWER + 1)
        if len(octets) > LARGEST_ANSWER:
            raise http.client.HTTPException("too long")
        return Reply(answer.status, octets)

    def close(self) -> None:
        """Harmless when done twice."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None


def _word_of(error: Exception) -> str:
    return "tls" if isinstance(error, ssl.SSLError) else "unreachable"
