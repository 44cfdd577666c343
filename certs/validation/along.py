"""Revocation along a path that holds: for each certificate but the anchor, by lists of its issuer (RFC 5280, 6.1.3 (a) (3))."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from certs.validation.building import Link
from certs.validation.evidence import Evidence
from certs.validation.revocation import Lookup, check_revocation
from certs.validation.verdict import GOOD, NOT_CHECKED, Answer, State, bad

Chain = tuple[Link, ...]
"""From the holder's certificate up to the anchor's."""


@dataclass(frozen=True, slots=True)
class Along:
    """What revocation along one path comes to."""

    chain: Answer
    """good, or bad `issuer_revoked`."""
    revocation: Answer
    detail: str = ""
    """`authority`: the answer that is missing is about an authority, not about the holder's certificate."""
    age_s: int | None = None
    """Of the list that answered about the holder's certificate, seconds."""

    @property
    def good(self) -> bool:
        return self.chain.state is State.GOOD and self.revocation.state is State.GOOD


def revocation_along(
    chain: Chain, evidence: Evidence, at: datetime, others: Sequence[Link], paths_of: Callable[[Link], Sequence[Chain]]
) -> Along:
    """`paths_of`: good paths of another certificate, for lists that the issuer signs with another of its keys."""
    if len(chain) == 1:
        return Along(GOOD, NOT_CHECKED)  # an anchor itself: no list can take its trust away
    seeker = _Seeker(chain, evidence, at, others, paths_of)
    own, *above = [seeker.look_up(place) for place in range(len(chain) - 1)]
    if any(each.answer.bad for each in above):
        return Along(bad("issuer_revoked"), own.answer, age_s=own.age_s)
    missing = next((each.answer for each in above if each.answer.state is not State.GOOD), None)
    if own.answer.state is State.GOOD and missing is not None:
        return Along(GOOD, missing, "authority", own.age_s)
    return Along(GOOD, own.answer, age_s=own.age_s)


@dataclass(frozen=True, slots=True)
class _Seeker:
    chain: Chain
    evidence: Evidence
    at: datetime
    others: Sequence[Link]
    paths_of: Callable[[Link], Sequence[Chain]]

    def look_up(self, place: int) -> Lookup:
        """About the certificate at `place`: by its issuer's own key, else by another key of the issuer's name."""
        subject, issuer = self.chain[place], self.chain[place + 1]
        found = self._ask(subject, issuer)
        if found.answer.reason != "list_missing":
            return found
        return next(self._by_other_keys(place), found)

    def _by_other_keys(self, place: int) -> Iterator[Lookup]:
        """Answers of lists that the same authority signed with another key.

        That key's certificate must lead to the same anchor (RFC 5280, 6.3.3 (f)) and must not be revoked itself. So a list of
        the other generation of a JPKI authority, an anchor of its own, never answers here.
        """
        subject, issuer, above = self.chain[place], self.chain[place + 1], self.chain[place + 2 :]
        for each in (*above, *self.others):
            if each.der != issuer.der and each.plain.subject == issuer.plain.subject:
                found = self._ask(subject, each)
                if found.answer.reason != "list_missing" and (each in above or self._signs_for(each)):
                    yield found

    def _signs_for(self, signer: Link) -> bool:
        """Whether `signer`, no part of this path, is good and stands under the same anchor."""
        for path in self.paths_of(signer):
            if path[-1].der == self.chain[-1].der:
                asked = [self._ask(each, issuer) for each, issuer in pairwise(path) if each not in self.chain]
                if all(each.answer.state is State.GOOD for each in asked):
                    return True
        return False

    def _ask(self, subject: Link, issuer: Link) -> Lookup:
        return check_revocation(subject.certificate, issuer.certificate, self.evidence, self.at)
