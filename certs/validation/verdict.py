"""The result of a check as a record: each question has its own answer, and none of them becomes good by silence."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """One answer."""

    GOOD = "good"
    BAD = "bad"
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a certificate at one time.

    form         one DER certificate within our limits: `malformed`
    algorithm    signature and key are strong enough: `weak_algorithm`
    chain        leads to one of the anchors: `unknown_issuer`, `bad_signature`, `issuer_not_valid`, `bad_path`
    time         valid at the time asked for: `expired`, `not_yet_valid`
    revocation   by the lists given: `revoked`, `list_missing` …; not checked where no list was given
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
    """Age of the revocation list that answered, in seconds."""

    @property
    def reason(self) -> str:
        """The word that decides: that of the first bad answer, else of the first unchecked one; `good` when all are good."""
        answers = (self.form, self.algorithm, self.chain, self.time, self.revocation, self.conformity)
        for answer in answers:
            if answer.bad:
                return answer.reason
        return next((answer.reason for answer in answers if answer.state is State.NOT_CHECKED), State.GOOD.value)

    @property
    def good_but_revocation(self) -> bool:
        """Everything was checked and is good; revocation is good or was not checked. Whether that is enough the caller decides."""
        answers = (self.form, self.algorithm, self.chain, self.time, self.conformity)
        return all(answer.state is State.GOOD for answer in answers) and not self.revocation.bad
