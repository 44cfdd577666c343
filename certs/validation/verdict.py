"""The result of a check as a record: each question has its own answer, and none of them becomes good by silence."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """One answer."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"
    """It was looked for and cannot be told: no list of this issuer, a list too old, a responder that does not know."""
    NOT_CHECKED = "not_checked"
    """Nobody looked."""


class Result(StrEnum):
    """What a verdict comes to. Each is another thing to do; none of them ever turns into `good` by silence (requirement K2)."""

    GOOD = "good"
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    REFUSED = "refused"
    """Not readable, too weak, of another kind, or of no authority that is trusted here; `Verdict.reason` says which."""
    UNKNOWN = "unknown"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class Answer:
    """`reason`: one word, empty when good."""

    state: State
    reason: str = ""

    @property
    def bad(self) -> bool:
        return self.state is State.BAD


GOOD = Answer(State.GOOD)
NOT_CHECKED = Answer(State.NOT_CHECKED, "not_checked")


def bad(reason: str) -> Answer:
    """An answer that says no."""
    return Answer(State.BAD, reason)


def unknown(reason: str) -> Answer:
    """An answer that cannot be given."""
    return Answer(State.UNKNOWN, reason)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a certificate at one time.

    form         one DER certificate within our limits: `malformed`
    algorithm    signature and key are strong enough: `weak_algorithm`
    chain        leads to one of the anchors: `unknown_issuer`, `bad_signature`, `issuer_not_valid`, `bad_path`
    time         valid at the time asked for: `expired`, `not_yet_valid`
    revocation   by the evidence given: bad `revoked`; unknown `list_missing`, `list_too_old` …; not checked where none was given
    conformity   is of the kind it is offered as: `wrong_kind`

    `detail` is one more word for the person who looks into it.
    """

    form: Answer = NOT_CHECKED
    algorithm: Answer = NOT_CHECKED
    chain: Answer = NOT_CHECKED
    time: Answer = NOT_CHECKED
    revocation: Answer = NOT_CHECKED
    conformity: Answer = NOT_CHECKED
    detail: str = ""
    list_age_s: int | None = None
    """Age of the revocation list or OCSP response (its thisUpdate) that answered, in seconds."""
    fixes: tuple[str, ...] = ()
    """What had to be mended before a card's certificate could be read: words of `certs.reading.Looseness`."""

    @property
    def reason(self) -> str:
        """The word that decides: that of the first bad answer, else of the first unknown, else of the first unchecked one; or `good`."""
        answers = (self.form, self.algorithm, self.chain, self.time, self.revocation, self.conformity)
        for state in (State.BAD, State.UNKNOWN, State.NOT_CHECKED):
            for answer in answers:
                if answer.state is state:
                    return answer.reason
        return State.GOOD.value

    @property
    def result(self) -> Result:
        """What it comes to, one of seven."""
        answers = (self.form, self.algorithm, self.chain, self.conformity)
        if any(answer.bad for answer in answers):
            return Result.REFUSED
        if self.revocation.bad:
            return Result.REVOKED
        if self.time.bad:
            return Result(self.time.reason)
        states = {answer.state for answer in (*answers, self.revocation, self.time)}
        if State.UNKNOWN in states:
            return Result.UNKNOWN
        return Result.NOT_CHECKED if State.NOT_CHECKED in states else Result.GOOD

    @property
    def good_but_revocation(self) -> bool:
        """Everything was checked and is good; revocation is good or not known. Whether that is enough the caller decides."""
        answers = (self.form, self.algorithm, self.chain, self.time, self.conformity)
        return all(answer.state is State.GOOD for answer in answers) and not self.revocation.bad
