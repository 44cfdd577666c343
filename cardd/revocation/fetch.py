"""`cardd-lists`: fetches revocation lists, asks OCSP responders (`posting`), and puts what comes into a folder. A program of its own: the
daemon has no network.

It has no say in what is true: it looks at no signature, and what it puts there counts only once the daemon has checked it. It reads
the settings and the daemon's questions, and writes `revocation.directory`, nothing else. Conditional
requests (RFC 9110, 13.1), bounded in size and time.
"""

import base64
import http.client
import json
import random
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from cardd.config import DEFAULT_FILE
from cardd.config import load as load_settings
from cardd.log import get_logger, set_up
from cardd.process.memory import forbid_dumps
from cardd.process.side_by_side import run_side_by_side
from cardd.revocation.placing import place
from cardd.revocation.posting import Poster
from cardd.revocation.web import Deadline, NotFetched, body, opener, word_of
from cardd.revocation_settings import Revocation, RevocationList
from cardd.tomlfile import BrokenFile

CONFIGURATION = 78
TIMEOUT_SECONDS = 30.0
"""For one step of a connection."""
WHOLE_SECONDS = 600.0
"""For one list: 64 MiB at 1 Mbit/s."""
SHORTEST_PAUSE_SECONDS = 60.0
"""After a failure; it doubles up to the usual pause."""
LOOK_SECONDS = 5.0
"""Between two looks whether all fetchers live."""
MIB = 1024 * 1024
LARGEST_HEADER = 200
_PEM_BEGIN, _PEM_END = b"-----BEGIN X509 CRL-----", b"-----END X509 CRL-----"
_SEQUENCE = 0x30


@dataclass(frozen=True, slots=True)
class Known:
    """What the server said with the file that lies there."""

    url: str
    etag: str | None = None
    modified: str | None = None

    def headers(self) -> dict[str, str]:
        """For the next request."""
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Fetched:
    """A list as it came, and what to ask with next time."""

    octets: bytes = field(repr=False)
    known: Known


def fetch(given: RevocationList, known: Known | None, largest: int) -> Fetched | None:
    """The list, or None where it is still the one that `known` is about. `largest`: bytes. Raises `NotFetched`, and `OSError` where
    the file of the TLS CA cannot be read. http_proxy and https_proxy of the environment are used."""
    assert given.url is not None
    headers = {"User-Agent": "cardd-lists", "Accept": "application/pkix-crl"}
    headers |= known.headers() if known is not None and known.url == given.url else {}
    request = urllib.request.Request(given.url, headers=headers)  # noqa: S310  # http or https by the settings
    with Deadline(WHOLE_SECONDS) as deadline:
        opened = opener(given.url_ca, deadline, follows=True)
        try:
            with opened.open(request, timeout=TIMEOUT_SECONDS) as answer:
                octets = body(answer, largest, deadline)
                etag, modified = (_header(answer, name) for name in ("ETag", "Last-Modified"))
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == http.client.NOT_MODIFIED:
                return None
            raise NotFetched("status") from None
        except (OSError, http.client.HTTPException) as error:
            raise NotFetched(word_of(error, deadline)) from error
    return Fetched(_der(octets), Known(given.url, etag, modified))


def _header(answer: Any, name: str) -> str | None:
    value = answer.headers.get(name)
    return value if value is not None and len(value) <= LARGEST_HEADER else None


def _der(octets: bytes) -> bytes:
    """The DER of a list that came as DER or PEM (RFC 7468, 6). Raises `NotFetched` for anything else: a page that says sorry."""
    text = octets.strip()
    if text.startswith(_PEM_BEGIN) and text.endswith(_PEM_END):
        try:
            octets = base64.b64decode(b"".join(text[len(_PEM_BEGIN) : -len(_PEM_END)].split()), validate=True)
        except ValueError:
            raise NotFetched("no_list") from None
    if not octets or octets[0] != _SEQUENCE:
        raise NotFetched("no_list")
    return octets


class Folder:
    """Where lists are put: whole, in one step, for the daemon's group to read."""

    def __init__(self, directory: Path) -> None:
        """Raises `OSError`."""
        self._directory = directory
        directory.mkdir(mode=0o750, parents=True, exist_ok=True)

    def known(self, name: str) -> Known | None:
        """What the server said last time; None where there is no list, so that one is asked for."""
        try:
            words = json.loads((self._directory / f"{name}.known").read_text("utf-8"))
            if not (self._directory / f"{name}.crl").is_file():
                return None
            return Known(str(words["url"]), words["etag"], words["modified"])
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
        ):  # never fetched, or damaged: then the whole list is asked for
            return None

    def put(self, name: str, fetched: Fetched) -> None:
        """Raises `OSError`."""
        known = fetched.known
        place(self._directory, f"{name}.crl", fetched.octets)
        words = {"url": known.url, "etag": known.etag, "modified": known.modified}
        place(self._directory, f"{name}.known", json.dumps(words).encode())


class Fetcher:
    """One list: asks, waits, asks again. `run` is the body of a thread."""

    def __init__(
        self, given: RevocationList, settings: Revocation, folder: Folder, get: Callable[..., Fetched | None] = fetch
    ) -> None:
        self._given, self._folder, self._get = given, folder, get
        self._largest = settings.largest_mib * MIB
        self._pause_s = settings.fetch_minutes * 60.0

    def once(self) -> str | None:
        """One round. Gives None, or one word of what is wrong."""
        name = self._given.name
        try:
            found = self._get(self._given, self._folder.known(name), self._largest)
            if found is not None:
                self._folder.put(name, found)
                get_logger().info("list_fetched", list=name, bytes=len(found.octets))
        except NotFetched as error:
            problem = error.problem
        except OSError:
            problem = "files"
        else:
            return None
        get_logger().error("list_not_fetched", list=name, problem=problem)
        return problem

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        failed_s = SHORTEST_PAUSE_SECONDS
        while not stop.is_set():
            if self.once() is None:
                failed_s, pause_s = SHORTEST_PAUSE_SECONDS, self._pause_s
            else:
                pause_s = min(failed_s, self._pause_s)
                failed_s *= 2
            stop.wait(pause_s * random.uniform(0.8, 1.0))  # noqa: S311 - spreads load, keeps no secret


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_FILE,
    show_default=True,
    help="The daemon's settings (TOML).",
)
@click.option("--once", is_flag=True, help="Fetch what there is, say how it went, and end.")
def main(file: Path, once: bool) -> None:
    """Fetch the revocation lists of the settings ([[revocation.lists]] with a url) for cardd, and ask the OCSP
    responders ([[revocation.responders]]) what cardd wants to know.

    Runs beside cardd under a user of its own (systemd/cardd-lists.service): the daemon has no network, and believes of what is
    fetched the authority's signature alone. With --once it asks no responder and tells how each list went; exit status 1
    when one could not be fetched.
    """
    try:
        settings = load_settings(file).revocation
        folder = Folder(settings.directory)
    except (BrokenFile, OSError) as error:
        click.echo(f"cardd-lists: {error}", err=True)
        raise SystemExit(CONFIGURATION) from error
    forbid_dumps()
    set_up("logfmt", "info")
    fetchers = {each.name: Fetcher(each, settings, folder) for each in settings.lists if each.url is not None}
    if once:
        raise SystemExit(_tell_once(fetchers))
    workers = [each.run for each in fetchers.values()]
    if settings.responders:
        workers.append(Poster(settings).run)
    run_side_by_side(workers, lambda: get_logger().error("fetcher_died"), LOOK_SECONDS)


def _tell_once(fetchers: dict[str, Fetcher]) -> int:
    if not fetchers:
        click.echo("no [[revocation.lists]] with a url in the settings: nothing to fetch")
    problems = {name: each.once() for name, each in fetchers.items()}
    for name, problem in problems.items():
        click.echo(f"{name}: {problem or 'good'}")
    return 1 if any(problems.values()) else 0


if __name__ == "__main__":
    main()
