"""`cardd-heads`: brings the signed heads of this record to its witnesses. A program of its own: the daemon has no network.

It reads the log directory and writes `audit.cosigned_directory`, nothing else. A witness that is away for days is caught up with
day by day; one that fails holds up no other.
"""

import fcntl
import os
import random
import sqlite3
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import click

from cardd.audit.chain import Damaged
from cardd.audit.checkpoint import BadNote, SignedHead, VerifierKey
from cardd.audit.head_files import newest_head
from cardd.config import DEFAULT_FILE, Audit, Witness
from cardd.config import load as load_settings
from cardd.log import get_logger, set_up
from cardd.process.side_by_side import run_side_by_side
from cardd.tomlfile import BrokenFile
from cardd.witness.cosigned import GRAVE, Cosigned, Standing, plain_name
from cardd.witness.handing import Handing, HandingFailed
from cardd.witness.leaves import Leaves, Unfit
from cardd.witness.post import HttpsPost, NoAnswer, Post

LOOK_SECONDS = 2.0
"""How often the heads are looked at; a look is one listing and one stat."""
SHORTEST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 300.0
"""After failures the pause doubles up to here, a random part of it left out so that a town's machines do not come all at once."""
CONFIGURATION = 78
HASHES = "hashes.sqlite"
LOCK = "lock"


class Source:
    """The log on disk and its hashes, for all witnesses together."""

    def __init__(self, directory: Path, folder: Path) -> None:
        """`folder`: `audit.cosigned_directory`. Raises `OSError`; `BlockingIOError` when another sender is at work there."""
        self.directory, self._folder = directory, folder
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._lock_file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock_file)
            raise
        self.lock = threading.Lock()
        self.leaves = Leaves(folder / HASHES)

    def mark(self) -> tuple[str, int] | None:
        """Changes when there is a newer head: name and size of the newest file of heads."""
        files = sorted((self.directory / "heads").glob("*.heads"))
        return (files[-1].name, files[-1].stat().st_size) if files else None

    def newest(self) -> SignedHead | None:
        """The newest head, once the log's own hashes agree with it. Raises `HandingFailed`, `OSError`."""
        with self.lock:
            try:
                found = newest_head(self.directory)
                if found is not None and not self._agrees(found):
                    # A cache that went bad, or another log in its place: once more from the records themselves.
                    self.leaves.throw_away()
                    if not self._agrees(found):
                        raise HandingFailed("log_differs")
            except Damaged:
                raise HandingFailed("log_damaged") from None
            except Unfit as error:
                raise HandingFailed(str(error)) from None
            return found

    def _agrees(self, signed: SignedHead) -> bool:
        try:
            self.leaves.follow(self.directory)
            head = signed.head
            return self.leaves.log_id == head.log_id and self.leaves.root(head.size) == head.root
        except Unfit as error:
            if str(error) == "tree_unknown":
                raise
            return False
        except sqlite3.DatabaseError:
            return False

    def close(self) -> None:
        self.leaves.close()
        os.close(self._lock_file)


class Sender:
    """One witness: looks, sends, waits. `run` is the body of a thread."""

    def __init__(self, source: Source, folder: Path, key: VerifierKey, post: Post) -> None:
        self._source, self._folder, self._key, self._post = source, folder, key, post
        self._handing: tuple[str, Handing, Cosigned] | None = None
        self._sent: object = None
        self._told: str | None = None

    def once(self) -> str | None:
        """One round: bring the witness to the newest head. Gives None, or one word of what is wrong; both stand in its folder."""
        mark, problem = None, None
        try:
            mark = self._source.mark()
            if mark is None or mark == self._sent:
                return None
            newest = self._source.newest()
            if newest is None:
                return None
            self._to(newest.head.log_id).hand_over(newest)
            self._sent = mark
        except (HandingFailed, NoAnswer) as error:
            problem = error.problem
        except Unfit as error:
            problem = str(error)
        except Damaged:
            problem = "log_damaged"
        self._stand(problem)
        return problem

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        pause_s = SHORTEST_PAUSE_SECONDS
        while not stop.is_set():
            try:
                problem = self.once()
            except (OSError, sqlite3.Error) as error:
                problem = "files"
                get_logger().error("heads_not_sent", witness=plain_name(self._key), problem=type(error).__name__)
            if problem is None:
                pause_s = SHORTEST_PAUSE_SECONDS
                stop.wait(LOOK_SECONDS)
            else:
                stop.wait(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load, keeps no secret
                pause_s = min(2 * pause_s, LONGEST_PAUSE_SECONDS)

    def _to(self, log_id: str) -> Handing:
        if self._handing is None or self._handing[0] != log_id:
            source, cosigned = self._source, Cosigned(self._folder, log_id, self._key)
            handing = Handing(source.directory, self._key, self._post, source.leaves, source.lock, cosigned)
            self._handing = (log_id, handing, cosigned)
        return self._handing[1]

    def _stand(self, problem: str | None) -> None:
        if self._handing is not None:
            _, handing, cosigned = self._handing
            cosigned.write_standing(Standing(problem, handing.size, int(time.time())))
        if problem != self._told:
            self._told = problem
            say = (
                get_logger().info
                if problem is None
                else get_logger().error
                if problem in GRAVE
                else get_logger().warning
            )
            say("heads_sent" if problem is None else "heads_not_sent", witness=plain_name(self._key), problem=problem)


def senders(audit: Audit, source: Source, post: Callable[[Witness], Post] = HttpsPost) -> list[Sender]:
    """One for each witness of the configuration. Raises `OSError`, `ssl.SSLError`, `BadNote`."""
    return [
        Sender(source, audit.cosigned_directory, VerifierKey.parse(each.key), post(each)) for each in audit.witnesses
    ]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_FILE,
    show_default=True,
    help="The daemon's settings (TOML).",
)
@click.option("--once", is_flag=True, help="Send what there is, say how it went, and end.")
def main(file: Path, once: bool) -> None:
    """Bring the signed heads of this machine's record to its witnesses ([[audit.witnesses]] in the settings).

    Runs beside cardd under a user of its own (systemd/cardd-heads.service): the daemon has no network. With --once it tells
    for each witness whether the newest head is there now; exit status 1 when one of them does not have it.
    """
    try:
        audit = load_settings(file).audit
        source = Source(audit.directory, audit.cosigned_directory)
        all_senders = senders(audit, source)
    except BlockingIOError:
        click.echo("cardd-heads: runs already", err=True)
        raise SystemExit(1) from None
    except (BrokenFile, OSError, ssl.SSLError, BadNote) as error:
        click.echo(f"cardd-heads: {error}", err=True)
        raise SystemExit(CONFIGURATION) from error
    set_up("logfmt", "info")
    if once:
        raise SystemExit(_tell_once(all_senders, audit))
    run_side_by_side([each.run for each in all_senders], lambda: get_logger().error("sender_died"), LOOK_SECONDS)


def _tell_once(all_senders: list[Sender], audit: Audit) -> int:
    if not all_senders:
        click.echo("no [[audit.witnesses]] in the settings: nothing to send")
    found = [each.once() for each in all_senders]
    for witness, problem in zip(audit.witnesses, found, strict=True):
        click.echo(f"{witness.url}: {problem or 'good'}")
    return 1 if any(found) else 0


if __name__ == "__main__":
    main()
