"""The set-up from its first step to its last. What is there and good is skipped, so that it can be repeated at any point."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version

from cardd.audit.chain import Damaged
from cardd.audit.journal import Journal, JournalSettings
from cardd.audit.pseudonym import PseudonymKey
from cardd.clock import SystemClock, boot_id, time_quality
from cardd.config import Settings
from cardd.enrolment.secrets import BadgeMasterKey
from cardd.errors import AuditUnavailable
from cardd.japan_time import JAPAN
from cardd.office.at_start import load
from cardd.office.contents import Kind
from cardd.office.files import Folders
from cardd.policy.rules import Policy
from cardd.readers.names import clean_name
from cardd.setup import configuring, keys, last
from cardd.setup.answers import Person
from cardd.setup.authority import OperatorCa
from cardd.setup.badges import Maker, name_problem
from cardd.setup.cards import Readers
from cardd.setup.configuring import Given
from cardd.setup.drafts import Drafts, role_of_administrators
from cardd.setup.parts import Parts
from cardd.setup.place import Account
from cardd.setup.signing import Signing
from cardd.setup.stopped import Stopped
from cardd.setup.talk import Talk
from cardd.state.badges import BadgeBook, LocalBadge
from cardd.state.store import NAME as STATE
from cardd.state.store import StateBroken, StateStore
from cardd.state.versions import Versions

EARLIEST, LATEST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""A clock outside of these was never set: certificates and signatures would carry its date for ever."""
LONG_S = 10 * 365 * 24 * 3600.0
"""A badge that was begun is gone on with, however long the set-up rests: nobody's approval grows old here."""
PEOPLE = 2
OPERATOR_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
"""As the register has it."""
MIB = 1024 * 1024


async def run(talk: Talk, given: Given, account: Account) -> bool:
    """The whole set-up; False: all of it was there before. Raises `Stopped` and what the disk raises."""
    talk.say("welcome")
    clock = SystemClock()
    talk.step(1, "checks")
    _check_time(talk, datetime.fromtimestamp(clock.utc_us() / 1e6, tz=UTC))
    settings = configuring.settle(talk, given, account)
    if _is_done(settings, account):
        last.check(talk, given.config, settings, account)
        talk.say("nothing_to_do")
        talk.event("nothing_to_do")
        return False
    with _opened(talk, given, account, settings, clock) as parts:
        async with _readers(talk, settings) as readers:
            await _steps(parts, readers)
    talk.step(6, "last")
    last.check(talk, given.config, settings, account)
    last.tell_next(talk, given.config, settings)
    talk.event("finished")
    return True


# --- before anything is made -----------------------------------------------------------------------------------------


def _check_time(talk: Talk, now: datetime) -> None:
    if not EARLIEST <= now <= LATEST:
        raise Stopped("time", now=f"{now:%Y-%m-%d}")
    if time_quality() != "synchronised":
        told = f"{now.astimezone(JAPAN):%Y-%m-%d %H:%M} JST"
        if not talk.agrees("ask.time", unattended=True, now=told):
            raise Stopped("time", now=told)


def _is_done(settings: Settings, account: Account) -> bool:
    """Whether a register is there already, signed and good. Raises `Stopped` for one that is not."""
    kept = Folders(settings.state_directory).office / Kind.REGISTER.file_name
    if not settings.register_file.exists() and not kept.exists():
        return False
    with account.acting():
        start = load(settings, datetime.now(UTC))
    if start.problems:
        raise Stopped("register_there", problems="\n".join(start.problems))
    if any(not start.files[kind].pair.signatures for kind in (Kind.POLICY, Kind.REGISTER)):
        raise Stopped("register_unsigned", path=settings.register_file)
    return True


@contextmanager
def _opened(talk: Talk, given: Given, account: Account, settings: Settings, clock: SystemClock) -> Iterator[Parts]:
    """Folders, durable state and record. Raises `Stopped`: also while a daemon has them."""
    made = [account.make_folder(folder) for folder in (settings.state_directory, settings.audit.directory)]
    talk.done("folders", already=not any(made), state=settings.state_directory, record=settings.audit.directory)
    with account.acting():
        try:
            store = StateStore(settings.state_directory / STATE, clock, boot_id())
        except StateBroken as error:
            raise Stopped("daemon_runs" if error.problem == "locked" else "state_broken", path=error.file) from None
    named = settings.log_key_path().exists()
    try:
        with _journal(account, settings, clock) as journal:
            book, versions = BadgeBook(store, progress_s=LONG_S), Versions(store)
            if versions.highest(Kind.REGISTER) is not None:
                raise Stopped("was_set_up", path=settings.register_file)
            parts = Parts(talk, given, account, settings, store, book, versions, journal, clock)
            parts.record("begun")
            talk.done("log_key", already=named, path=settings.log_key_path(), key=last.first_key(settings))
            yield parts
    finally:
        store.close()


@contextmanager
def _journal(account: Account, settings: Settings, clock: SystemClock) -> Iterator[Journal]:
    facts = JournalSettings(
        boot_id=boot_id(),
        mode=settings.mode,
        version=version("cardd"),
        terminal=settings.terminal,
        segment_bytes=settings.audit.segment_mib * MIB,
        reserve_bytes=settings.audit.reserve_mib * MIB,
        time_quality=time_quality,
        key_file=settings.log_key_path(),
        head_records=settings.audit.head_records,
        head_seconds=float(settings.audit.head_seconds),
        clock_days=settings.audit.clock_days,
        clock_confirmed=settings.audit.clock_confirmed,
    )
    with account.acting():
        try:
            journal = Journal(settings.audit.directory, clock, facts)
        except AuditUnavailable as error:
            raise Stopped(
                "daemon_runs" if error.facts.problem == "locked" else "no_record", path=settings.audit.directory
            ) from None
        except Damaged:
            raise Stopped("no_record", path=settings.audit.directory) from None
    try:
        yield journal
        with account.acting():
            journal.head("stop")
    finally:
        journal.close()


@asynccontextmanager
async def _readers(talk: Talk, settings: Settings) -> AsyncIterator[Readers]:
    async with Readers(virtual=settings.mode == "test") as readers:
        await readers.wait_for_service()
        if not readers.names:
            talk.say("no_reader")
            talk.event("wait", what="reader")
            await readers.wait_for_reader()
        talk.say("readers", n=len(readers.names), names="、".join(map(clean_name, readers.names)))
        if len(readers.names) == 1:
            talk.say("one_reader")
        yield readers


# --- the steps -------------------------------------------------------------------------------------------------------


async def _steps(parts: Parts, readers: Readers) -> None:
    talk, drafts = parts.talk, Drafts(parts)
    policy = drafts.policy()
    ca = OperatorCa(parts)
    try:
        talk.step(2, "ca")
        ca.settle(policy.table.office, badges_missing=len(parts.book.operators()) < PEOPLE)
        talk.step(3, "keys")
        pseudonyms, master = keys.make(parts)
        talk.step(4, "administrators")
        badges = await _administrators(parts, readers, ca, policy, pseudonyms, master)
    finally:
        ca.close()
    talk.step(5, "signing")
    drafts.register([badge.operator for badge in badges])
    if not await Signing(parts, readers, ca, drafts, master, pseudonyms).run(badges):
        talk.done("signatures", already=True)
    start = drafts.check()
    first, second = (badge.operator.id for badge in badges)
    parts.record(
        "signed",
        content=start.files[Kind.REGISTER].pair.hash,
        policy=start.policy.hash,
        operator=first,
        approver=second,
    )
    drafts.put_in_place()
    talk.done("in_place", policy=parts.settings.policy, register=parts.settings.register_file)


async def _administrators(
    parts: Parts,
    readers: Readers,
    ca: OperatorCa,
    policy: Policy,
    pseudonyms: PseudonymKey,
    master: BadgeMasterKey,
) -> tuple[LocalBadge, LocalBadge]:
    """Two different persons with a badge each; those that are made already stay."""
    maker = Maker(parts, readers, ca, master, pseudonyms, policy.table.office, role_of_administrators(policy))
    badges = sorted(parts.book.operators(), key=lambda badge: badge.enrolled_us)[:PEOPLE]
    for badge in badges:
        parts.talk.done("badge", already=True, name=badge.operator.name, fingerprint=badge.operator.certificates[0])
    while len(badges) < PEOPLE:
        who = _next_person(parts, badges)
        badges.append(await maker.make(who))
    first, second = badges
    return first, second


def _next_person(parts: Parts, badges: list[LocalBadge]) -> Person:
    """Whoever was begun, else somebody new, who must be another person. Raises `Stopped`."""
    talk, taken = parts.talk, {badge.operator.id for badge in badges}
    begun = [each for each in parts.book.all_progress() if each.operator_id not in taken]
    if begun:
        talk.say("badge.begun", name=begun[0].facts["name"])
        return Person(id=begun[0].operator_id, name=begun[0].facts["name"])
    given = None
    if talk.answers is not None:
        given = next((each for each in talk.answers.administrators if each.id not in taken), None)
    number = len(badges) + 1

    def id_problem(text: str) -> str | None:
        if text in taken:
            return "bad.same_person"
        return None if OPERATOR_ID.fullmatch(text) else "bad.id"

    names = {badge.operator.name for badge in badges}
    identifier = talk.ask("ask.id", given.id if given else None, id_problem, n=number)
    name = talk.ask(
        "ask.name",
        given.name if given else None,
        lambda text: "bad.same_person" if text in names else name_problem(text),
        n=number,
    )
    return Person(id=identifier, name=name)
