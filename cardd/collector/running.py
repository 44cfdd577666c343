"""Runs for ever: connect, ship, wait; after a failure wait longer, up to a limit. What is wrong is said once, not each time."""

import random
import threading
from collections.abc import Callable
from pathlib import Path

from cardd.audit.continuing import ContinuesBroken, all_logs
from cardd.collector.local import Cosigned, LocalLog
from cardd.collector.settings import ShipSettings
from cardd.collector.shipping import Shipment, Shipped
from cardd.fleet import schema
from cardd.fleet.database import Link, connect
from cardd.fleet.problems import FleetProblem
from cardd.log import get_logger
from cardd.process.systemd import notify

APPLICATION = "cardd-ship"
STANDING = ("forked", "log_damaged", "log_shorter", "log_gap", "malformed")
"""What waiting does not mend: the database is told, and it is tried at the longest pause."""
Connect = Callable[[], Link]


class Runner:
    """One terminal's helper. Ends when `stop` is set."""

    def __init__(self, settings: ShipSettings, stop: threading.Event, connect_: Connect | None = None) -> None:
        """`connect_`: another way to reach the database."""
        self._settings, self._stop = settings, stop
        self._connect = connect_ or (lambda: connect(settings.database, APPLICATION))
        self._last_word = ""
        self._failures = 0

    def run(self) -> None:
        """Until `stop` is set."""
        notify("READY=1")
        while not self._stop.is_set():
            try:
                self._connected()
            except FleetProblem as problem:
                self._failed(problem)
                self._stop.wait(self._pause(problem))

    def once(self) -> Shipped:
        """One round. Raises `FleetProblem`."""
        with self._connect() as link:
            schema.check(link)
            self._closed_logs(link)
            return self._round(self._shipment(link, self._settings.log_directory))

    def _connected(self) -> None:
        with self._connect() as link:
            schema.check(link)
            self._closed_logs(link)
            shipment = self._shipment(link, self._settings.log_directory)
            while not self._stop.is_set():
                shipped = self._round(shipment)
                self._good(shipped)
                self._stop.wait(self._settings.every_seconds)

    def _closed_logs(self, link: Link) -> None:
        """The rest of logs that this one goes on from: they end with the head that closed them. One that was never enrolled stays here."""
        try:
            closed = all_logs(self._settings.log_directory)[:-1]
        except (OSError, ContinuesBroken):
            raise FleetProblem("log_damaged") from None
        for path in closed:
            try:
                self._round(self._shipment(link, path))
            except FleetProblem as problem:
                if problem.word == "retired_log":  # a keeper said that it ended
                    continue
                if problem.word != "unknown_log":
                    raise
                get_logger().warning("a closed log is not enrolled", remedy=problem.sentence("en"))

    def _shipment(self, link: Link, directory: Path) -> Shipment:
        settings = self._settings
        return Shipment(
            link,
            LocalLog(directory),
            batch_records=settings.batch_records,
            batch_bytes=settings.batch_kib * 1024,
            cosigned=Cosigned(settings.cosigned_directory),
            stopping=self._stop.is_set,
        )

    def _round(self, shipment: Shipment) -> Shipped:
        try:
            return shipment.round()
        except FleetProblem as problem:
            if problem.word in STANDING:
                shipment.tell(problem.word, size=0 if problem.word == "log_damaged" else None)
            raise

    def _good(self, shipped: Shipped) -> None:
        if self._last_word or shipped.records:
            get_logger().info("shipped", records=shipped.records, heads=shipped.heads, covered=shipped.local_size)
        self._last_word, self._failures = "", 0
        notify(f"STATUS=shipped up to record {shipped.local_size}")

    def _failed(self, problem: FleetProblem) -> None:
        self._failures += 1
        if problem.word != self._last_word:
            get_logger().error(
                "not shipped", problem=problem.word, sqlstate=problem.state, remedy=problem.sentence("en")
            )
        self._last_word = problem.word
        notify(f"STATUS=not shipped: {problem.word}")

    def _pause(self, problem: FleetProblem) -> float:
        """1, 2, 4 … seconds, give or take a quarter, so that a thousand terminals do not come back in the same moment."""
        longest = self._settings.pause_seconds
        length = longest if problem.word in STANDING else min(longest, 2 ** min(self._failures - 1, 12))
        return length * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
