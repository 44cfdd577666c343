"""How far one badge has come: each word is on the disk before the next command goes to the card, so that a pulled badge goes on.

A PUK cannot be asked for: only trying tells which one a badge has, and three wrong tries lock it for ever. Where the answer to
a change was lost it has the old one or the new one. Each try is therefore written down before it is sent, with what came of it,
and what might cost a last try is never sent.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from cardd.errors import BadgeUnfit, PukRejected
from cardd.model import KeyRole
from cardd.state.badges import BadgeBook, Progress

MADE_ROLES = (KeyRole.AUTHENTICATION, KeyRole.SIGNATURE)
"""9A and 9C: what a badge of this office needs."""
APPROVAL, PUK_TRIES, PUK_LEFT, PIN_WRONG, MANAGEMENT_KEY = (
    "approval", "puk_tries", "puk_left", "pin_wrong", "management_key",
)  # fmt: skip
CERTIFICATE = "certificate_"
_LOST, _WRONG = "?", "-"
MOST_WASTED = 1
"""Tries that may be gone at worst when the next is sent: of three, one then stays in any case."""


class Done(StrEnum):
    """The steps that need not be done again."""

    CHUID = "chuid"
    """The badge has its number."""
    PUK = "puk"
    PIN_SENT = "pin_sent"
    """The factory's PIN was sent along with the holder's; whether that took effect is open until `PIN`."""
    PIN = "pin"
    """The badge has a PIN that a holder typed; on a later run the PUK sets it anew."""
    ISSUED = "issued"
    WRITTEN = "written"
    """The certificates are on the badge."""
    MANAGEMENT_SENT = "management_sent"
    """The derived management key was sent: the badge has it, or still the factory's."""
    MANAGEMENT = "management"


class Puk(StrEnum):
    """Which PUK a badge may have."""

    FACTORY = "factory"
    OWN = "own"
    """Derived from the office's master key."""


class Course:
    """The open progress of one badge."""

    def __init__(self, book: BadgeBook, progress: Progress) -> None:
        self._book = book
        self._progress = progress

    @property
    def guid(self) -> str:
        return self._progress.guid

    @property
    def approver(self) -> str:
        return self._progress.approver

    def has(self, word: Done) -> bool:
        return word in self._progress.done

    def fact(self, name: str) -> str | None:
        return self._progress.facts.get(name)

    def note(self, word: str, **facts: str) -> None:
        """A step is done, or begun; on the disk when this returns. Raises `AuditUnavailable`, `BadgeUnfit` (`given_up`)."""
        try:
            self._progress = self._book.step(self._progress.guid, word, facts)
        except KeyError:
            raise BadgeUnfit(problem="given_up") from None  # somebody has blocked the operator meanwhile

    def adopt(self, guid: str) -> None:
        """The badge is one of ours already, under this number: with the derived PUK and management key, and some PIN."""
        ours = frozenset({Done.CHUID, Done.PUK, Done.PIN_SENT, Done.MANAGEMENT_SENT, Done.MANAGEMENT})
        facts = {**self._progress.facts, MANAGEMENT_KEY: "own"}
        self._begin(replace(self._progress, guid=guid, done=ours, facts=facts))

    def _begin(self, progress: Progress) -> None:
        self._book.begin(progress)
        self._progress = progress

    # --- certificates ------------------------------------------------------------------------------------------------

    def issued(self) -> Mapping[KeyRole, bytes] | None:
        """The certificates (DER) that the CA made for this badge and that are not in the book yet."""
        return issued_of(self._progress) if self.has(Done.ISSUED) else None

    def keep_issued(self, certificates: Mapping[KeyRole, bytes]) -> None:
        """They are issued once; a run that is broken off goes on with them."""
        self.note(Done.ISSUED, **{f"{CERTIFICATE}{role.value}": der.hex() for role, der in certificates.items()})

    def forget_issued(self) -> None:
        """They will not do: the next run makes new keys."""
        facts = {name: value for name, value in self._progress.facts.items() if not name.startswith(CERTIFICATE)}
        self._begin(replace(self._progress, done=self._progress.done - {Done.ISSUED, Done.WRITTEN}, facts=facts))

    # --- the PUK -----------------------------------------------------------------------------------------------------

    def next_puk(self) -> Puk:
        """The one to try now. Raises `BadgeUnfit`: `puk_not_factory`, or `puk_uncertain` when a last try might be lost."""
        if self.fact(PUK_LEFT) is not None:
            raise BadgeUnfit(problem="puk_uncertain")
        return choose_puk(self._tries())

    def puk_goes(self, which: Puk) -> None:
        """A try of this one goes to the card."""
        self.note("puk_sent", **{PUK_TRIES: " ".join((*self._tries(), which + _LOST))})

    def puk_was_wrong(self, which: Puk, error: PukRejected) -> None:
        """The card has answered no."""
        facts = {PUK_TRIES: " ".join((*self._tries()[:-1], which + _WRONG))}
        if error.facts.tries_left is None or error.facts.tries_left <= 1:
            facts[PUK_LEFT] = str(error.facts.tries_left)
        self.note("puk_sent", **facts)

    def _tries(self) -> tuple[str, ...]:
        return tuple((self.fact(PUK_TRIES) or "").split())


def choose_puk(tries: tuple[str, ...]) -> Puk:
    """The PUK to try after these tries: the words of `Puk` with `?` (no answer came) or `-` (wrong), the oldest first.

    Raises `BadgeUnfit` as `Course.next_puk`.
    """
    possible = _possible(tries)
    if not possible:
        raise BadgeUnfit(problem="puk_not_factory")
    sent = {which: sum(word[:-1] == which for word in tries) for which in Puk}
    for which in sorted(possible, key=lambda each: sent[each]):
        # If it is another one after all, every try of the rest may have cost that one a try.
        others = [each for each in possible if each is not which]
        if all(sum(sent[each] for each in Puk if each is not other) <= MOST_WASTED for other in others):
            return which
    raise BadgeUnfit(problem="puk_uncertain")


def _possible(tries: tuple[str, ...]) -> list[Puk]:
    """Which PUK the badge can have: the factory's, until a change from it had no answer; never one that was wrong since."""
    possible = [Puk.FACTORY]
    for word in tries:
        which = Puk(word[:-1])
        if word.endswith(_WRONG):
            possible = [each for each in possible if each is not which]
        elif which is Puk.FACTORY and Puk.OWN not in possible:
            possible.append(Puk.OWN)
    return possible


def issued_of(progress: Progress) -> dict[KeyRole, bytes]:
    """The certificates (DER) that stand in it."""
    found = ((role, progress.facts.get(f"{CERTIFICATE}{role.value}")) for role in MADE_ROLES)
    return {role: bytes.fromhex(der) for role, der in found if der is not None}


def for_another_order(progress: Progress) -> Progress:
    """What stays true of the badge itself when another order for it begins."""
    certificates = {Done.ISSUED, Done.WRITTEN}
    kept = {
        name: value for name, value in progress.facts.items() if name != APPROVAL and not name.startswith(CERTIFICATE)
    }
    return replace(progress, done=progress.done - certificates, facts=kept)
