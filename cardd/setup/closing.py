"""`python -m cardd.setup.closing`: two administrators close a damaged record, and a new one begins. `cardctl record close` starts it."""

import asyncio
import fcntl
import hashlib
import os
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

import click

from cardd.audit.chain import Damaged
from cardd.audit.continuing import NAME, Continues, ContinuesBroken
from cardd.audit.disk import Disk
from cardd.audit.journal import Journal, JournalSettings
from cardd.audit.log_key import KeyFile
from cardd.audit.store import LOCK_NAME
from cardd.cards import operator_card, piv_admin
from cardd.cards.card_type import Application
from cardd.clock import SystemClock, boot_id, time_quality
from cardd.config import DEFAULT_FILE
from cardd.errors import AuditUnavailable, CarddError, CardItemAbsent, PinNowBlocked, PinRejected, PinWasBlocked
from cardd.gate.step import Step, Unlocked
from cardd.in_force import InForce
from cardd.iso7816.connection import SmartCardConnection
from cardd.japan_time import day_of
from cardd.model import KeyRole, PinKind
from cardd.office.at_start import load
from cardd.office.persons import NEEDED, Refused, two_administrators
from cardd.office.record_order import ORDER, SIGNED, Office
from cardd.office.signature_check import Job, SignedBy, check
from cardd.policy.rules import Policy
from cardd.process.language import language_of_environment
from cardd.process.memory import forbid_dumps
from cardd.register import Operator, Register
from cardd.setup import configuring, order
from cardd.setup.badges import GONE, pin_problem, word_of
from cardd.setup.cards import BadgeDoor, Insertion, Readers
from cardd.setup.joined import joined
from cardd.setup.place import Account, account_of
from cardd.setup.signing import HASH, LAST_TRY
from cardd.setup.stopped import Stopped
from cardd.setup.talk import Talk
from cardd.signatures import check_signature, key_kind, public_key
from cardd.signing import cms
from cardd.state.badges import BadgeBook
from cardd.state.store import NAME as STATE
from cardd.state.store import StateBroken, StateStore
from cardd.wire.fault import Locale
from cardd.wire.fault_table import EXIT_USAGE, fault

MIB = 1024 * 1024
STOPPED, INTERRUPTED = 1, 130
_PATH = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class Rules:
    """Who may sign, as this machine knows it."""

    policy: Policy
    register: Register


class Closing:
    """One run. `run` raises `Stopped`, and what card and disk raise."""

    def __init__(self, talk: Talk, config: Path, account: Account) -> None:
        """`config`: the settings' file. Raises `Stopped`."""
        self._talk, self._config, self._account = talk, config, account
        self._settings = configuring.read(config)
        self._clock = SystemClock()

    @property
    def _directory(self) -> Path:
        return self._settings.audit.directory

    @property
    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.utc_us() / 1e6, tz=UTC)

    async def run(self) -> None:
        """From the look at the record to the new one."""
        rules = self._rules()
        begun = order.half_done(self._directory) is not None
        if not begun and (closed := order.waiting(self._directory)) is not None:
            self._begin_anew(closed, rules)
            return
        if not begun:
            found = self._found(rules)
            with self._locked():
                damage = self._damage(found)
                text = self._order(damage)
                p7s = await self._signatures(text, rules)
                self._signers(text, p7s, rules)
                order.put_aside(self._directory, text, p7s, self._account)
        self._begin_anew(self._finish(rules), rules)

    def _finish(self, rules: Rules) -> Path:
        """The directory is aside: the rest of the move. Where the closed record lies. Raises `Stopped`."""
        half = order.half_done(self._directory)
        assert half is not None
        text, p7s = (half / ORDER).read_bytes(), (half / SIGNED).read_bytes()
        first, second = self._signers(text, p7s, rules)
        told = tomllib.loads(text.decode())
        digest = hashlib.sha256(text).hexdigest()
        continues = Continues(
            told["log"], told["last_sequence"], told["last_hash"], "damaged", digest, first.id, second.id
        )
        # Also a key that is none, or another log's: what was ordered to be closed must not be in the way of the new record.
        KeyFile(self._settings.log_key_path(), Disk()).give_up(continues.previous_log)
        return order.finish(self._directory, continues, self._account)

    def _begin_anew(self, closed: Path, rules: Rules) -> None:
        """The new record, as any start begins it: whether its order holds is asked once more. Raises `Stopped`."""
        try:
            self._journal(rules).close()
        except Damaged as error:
            raise Stopped("close.not_ordered", path=self._directory / NAME, why=error.problem) from None
        for name in (ORDER, SIGNED):
            (self._settings.state_directory / name).unlink(missing_ok=True)
        self._talk.say("close.done", closed=closed, first_key=self._directory / "first.key")
        self._talk.event("closed", path=str(closed))

    # --- what is there -----------------------------------------------------------------------------------------------

    def _rules(self) -> Rules:
        with self._account.acting():
            start = load(self._settings, self._now)
            if start.problems:
                raise Stopped("close.files", problems="\n".join(start.problems))
            try:
                store = StateStore(self._settings.state_directory / STATE, self._clock, boot_id())
            except StateBroken as error:
                raise Stopped("daemon_runs" if error.problem == "locked" else "state_broken", path=error.file) from None
            try:
                in_force = InForce(start.policy, start.register, BadgeBook(store))
                if start.blocks is not None:
                    in_force.put_block_list(start.blocks.marks)
                return Rules(in_force.policy, in_force.register)
            finally:
                store.close()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """No daemon writes this log meanwhile, and none begins to."""
        path = self._directory / LOCK_NAME
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except FileNotFoundError:
            raise Stopped("close.no_log", path=self._directory) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise Stopped("daemon_runs", path=self._directory) from None
        try:
            yield
        finally:
            os.close(descriptor)

    def _found(self, rules: Rules) -> Damaged | None:
        """What a start meets beyond the records: heads or a key that do not belong to them. None: the records themselves say.

        A log that starts is whole and cannot be closed. Raises `Stopped`.
        """
        if not self._directory.is_dir():
            raise Stopped("close.no_log", path=self._directory)
        if order.damage_of(self._directory) is not None:
            return None
        try:
            self._journal(rules).close()
        except Damaged as found:
            return found
        except AuditUnavailable as error:
            raise Stopped(
                "daemon_runs" if error.facts.problem == "locked" else "no_record", path=self._directory
            ) from None
        raise Stopped("close.whole", path=self._directory)

    def _damage(self, found: Damaged | None) -> order.Damage:
        damage = order.damage_of(self._directory, found)
        assert damage is not None
        talk = self._talk
        talk.say(
            "close.damage",
            path=self._directory,
            sequence=damage.sequence,
            problem=damage.problem,
            file=damage.file,
            last=damage.last_sequence,
        )
        return damage

    def _order(self, damage: order.Damage) -> bytes:
        path = self._settings.state_directory / ORDER
        text = path.read_bytes() if path.exists() else b""
        if not order.fits(text, self._directory, damage, self._settings.terminal):
            path.with_name(SIGNED).unlink(missing_ok=True)
            text = order.order_of(self._directory, damage, self._settings.terminal, self._now)
            self._account.write(path, text, mode=0o600)
        self._talk.say("close.what")
        self._talk.lines(str(path), *text.decode().splitlines(), f"SHA-256 {hashlib.sha256(text).hexdigest()}")
        return text

    # --- signatures --------------------------------------------------------------------------------------------------

    async def _signatures(self, text: bytes, rules: Rules) -> bytes:
        """Both signatures: those that lie beside the order already, and those of badges that are put in now."""
        path = self._settings.state_directory / SIGNED
        p7s = path.read_bytes() if path.exists() else None
        if p7s is not None and len(self._checked(text, p7s)) >= NEEDED:
            return p7s
        signed = {each.card_uuid for each in self._checked(text, p7s)} if p7s is not None else set()
        async with Readers(virtual=self._settings.mode == "test") as readers:
            await readers.wait_for_service()
            aside = set[Insertion]()
            while len(signed) < NEEDED:
                readers.ask_for_room(self._talk, aside)
                self._talk.say("close.put_in", n=NEEDED - len(signed))
                self._talk.event("wait", what="administrator", missing=NEEDED - len(signed))
                insertion = await readers.wait_for_card(aside)
                aside.add(insertion)
                try:
                    made = await self._one(readers.door(insertion), insertion, text, rules, signed)
                except GONE:
                    self._talk.say("badge.gone")
                    continue
                if made is not None:
                    guid, octets = made
                    p7s = joined(p7s, octets) if p7s is not None else octets
                    self._account.write(path, p7s, mode=0o600)
                    signed.add(guid)
        assert p7s is not None
        return p7s

    async def _one(
        self, door: BadgeDoor, insertion: Insertion, text: bytes, rules: Rules, signed: set[str | None]
    ) -> tuple[str, bytes] | None:
        """The signature of this badge's holder; None where it is nobody's who may sign, or who has."""
        try:
            guid = await door.run(Step(Application.PIV, _guid, changes_identity=True))
            certificate = await door.run(
                Step(Application.PIV, lambda card, _: operator_card.read_certificate(card, KeyRole.SIGNATURE))
            )
        except GONE:
            raise
        except CarddError as error:
            self._stranger(insertion, word_of(error))
            return None
        holder = next((each for each in rules.register.operators if guid is not None and each.guid == guid), None)
        if guid is None or holder is None or guid in signed:
            self._stranger(insertion, "not_in_register" if holder is None else "signed_already")
            return None
        octets = await self._sign(door, holder, certificate, text)
        return None if octets is None else (guid, octets)

    def _stranger(self, insertion: Insertion, why: str) -> None:
        self._talk.say("close.stranger", reader=insertion.shown, why=why)
        self._talk.event("not_this_badge", why=why, reader=insertion.reader)

    async def _sign(self, door: BadgeDoor, holder: Operator, certificate: bytes, text: bytes) -> bytes | None:
        """One PIN, one signature; each PIN that goes to the card was typed for that. The last try is never spent."""
        talk, key = self._talk, public_key(certificate)
        form = cms.prepare(certificate, key_kind(key), hashlib.sha256(text).digest(), HASH, self._now)
        while True:
            tries = await door.run(Step(Application.PIV, lambda card, _: operator_card.tries_left(card, PinKind.BADGE)))
            if tries.count is not None and tries.count <= LAST_TRY:
                talk.say("close.last_try", name=holder.name, n=tries.count)
                return None
            with talk.secret(
                "ask.pin_to_sign", name=holder.name, n=tries.count if tries.count is not None else "?"
            ) as pin:
                if pin_problem(pin) == "bad.pin_shape":
                    talk.say("bad.pin_shape")
                    continue

                def work(card: SmartCardConnection, _: Unlocked) -> bytes:
                    operator_card.verify(card, PinKind.BADGE, pin)  # runs before the loop goes on
                    return operator_card.sign(card, KeyRole.SIGNATURE, HASH, form.digest, form.key)

                try:
                    signature = await door.run(Step(Application.PIV, work))
                except (PinRejected, PinNowBlocked, PinWasBlocked) as error:
                    talk.say("sign.wrong_pin", n=error.facts.tries_left if error.facts.tries_left is not None else "?")
                    continue
                except CardItemAbsent as error:
                    talk.say("badge.unfit", why=word_of(error))
                    return None
            check_signature(key, signature, form.digest, HASH)
            talk.done("signature", name=holder.name)
            return cms.finish(form, signature)

    def _checked(self, text: bytes, p7s: bytes) -> tuple[SignedBy, ...]:
        (checked,) = check([Job(text, p7s, self._now)], self._settings.operator_ca, test=self._settings.mode == "test")
        if checked.problem is not None:
            raise Stopped("close.refused", why=checked.problem)
        return checked.signers

    def _signers(self, text: bytes, p7s: bytes, rules: Rules) -> tuple[Operator, Operator]:
        """Two persons with the right to the office's files. Raises `Stopped`."""
        try:
            return two_administrators(self._checked(text, p7s), rules.register, rules.policy, day_of(self._now))
        except Refused as error:
            (self._settings.state_directory / SIGNED).unlink(missing_ok=True)
            raise Stopped("close.refused", why=error.problem) from None

    # --- the new record ----------------------------------------------------------------------------------------------

    def _journal(self, rules: Rules) -> Journal:
        """Raises `Damaged`, `AuditUnavailable`."""
        settings = self._settings
        office = Office(settings, self._config, rules.policy, rules.register)
        facts = JournalSettings(
            boot_id=boot_id(), mode=settings.mode, version=version("cardd"), terminal=settings.terminal,
            segment_bytes=settings.audit.segment_mib * MIB, reserve_bytes=settings.audit.reserve_mib * MIB,
            time_quality=time_quality, key_file=settings.log_key_path(),
            continues=office.judge, clock_days=settings.audit.clock_days, clock_confirmed=settings.audit.clock_confirmed,
        )  # fmt: skip
        with self._account.acting():
            return Journal(self._directory, self._clock, facts)


def _guid(card: SmartCardConnection, _: Unlocked) -> str | None:
    guid = piv_admin.condition(card).guid
    return guid.hex() if guid is not None else None


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=_PATH, default=DEFAULT_FILE, show_default=True, help="The settings.")
@click.option("--user", default="cardd", show_default=True, help="Whom the daemon runs as.")
@click.option("--pin-fd", type=int, help="PINs, one a line, in the order asked for.")
@click.option("--locale", type=click.Choice(["ja", "en"]), help="Language; default from LANG.")
@click.option("--json", "as_json", is_flag=True, help="Events as JSON lines; sentences go to standard error.")
def main(config: Path, user: str, pin_fd: int | None, locale: Locale | None, as_json: bool) -> None:
    """Two administrators close a damaged record, and a new one begins. Exit status: 0 done, 1 stopped with the reason, 130 interrupted."""
    talk = Talk(locale or language_of_environment(), as_json=as_json, secrets=pin_fd)
    os.umask(0o077)
    forbid_dumps()
    try:
        account = account_of(user, os.geteuid())
        asyncio.run(Closing(talk, config.absolute(), account).run())
    except Stopped as error:
        _end(talk, error.key, talk.text(error.key, **error.facts))
    except ContinuesBroken as error:
        _end(talk, "close.not_ordered", talk.text("close.not_ordered", path=error.file, why=error.problem))
    except CarddError as error:
        row = fault(error.code)
        _end(talk, error.code, f"{row.message.of(talk.locale)} {row.remedy.of(talk.locale)} ({error})")
    except OSError as error:
        _end(talk, "disk", f"{error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        talk.say("interrupted")
        sys.exit(INTERRUPTED)


def _end(talk: Talk, word: str, sentence: str) -> NoReturn:
    talk.event("stopped", why=word, message=sentence)
    click.echo(sentence, err=True)
    sys.exit(STOPPED)


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run it and exit; wrong usage has its own exit status."""
    try:
        main.main(arguments, prog_name="cardctl record close", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USAGE)
    except click.Abort:
        sys.exit(INTERRUPTED)
    sys.exit(0)


if __name__ == "__main__":
    run()
