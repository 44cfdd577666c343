"""What a witness answers: it signs growth that was proved to it, and nothing else."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from cardd.audit.checkpoint import BadNote, Sign, VerifierKey, cosign, signed_by
from cardd.audit.tree import consistent, included, leaf_hash
from cardd.witness.book import Book, Log
from cardd.witness.protocol import SIZE_TYPE, BadBody, Submission, day_after, decode, key_named, period_of

TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and its body."""

    status: int
    body: bytes
    kind: str = TEXT
    conflict: str | None = None
    """One word when the log contradicts itself: somebody must look at it."""


class _Refused(Exception):
    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(answer.status)


def _no(status: int, why: str, *, conflict: str | None = None) -> _Refused:
    return _Refused(Answer(status, f"{why}\n".encode(), conflict=conflict))


class Judge:
    """Looks at one request after the other."""

    def __init__(
        self,
        book: Book,
        origins: Collection[str],
        key: VerifierKey,
        sign: Sign,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        """`origins`: the logs that are served; `key`, `sign`: the witness's own; `now_s`: seconds since 1970."""
        self._book, self._origins = book, frozenset(origins)
        self._key, self._sign, self._now_s = key, sign, now_s

    def answer(self, body: bytes, *, with_key: bool) -> Answer:
        """To `POST /add-checkpoint`, or to `/add-key` (`with_key`): 200 with the cosignature, on disk before it is given.

        400 no request; 404 unknown log; 403 not signed by its key of now; 409 with the size that we have, where it is not
        `old`, and for another root at the same size; 422 a proof that does not hold, or a key that is not the next one.
        Raises `sqlite3.Error` when nothing can be stored.
        """
        try:
            asked = decode(body, with_key=with_key)
        except BadBody as error:
            return Answer(400, f"{error}\n".encode())
        refused: _Refused | None = None
        with self._book.transaction():
            try:
                return self._taken(asked)
            except _Refused as error:
                refused = error
                self._keep(asked, error)
        return refused.answer

    def _taken(self, asked: Submission) -> Answer:
        head = asked.signed.head
        log = self._book.log(head.origin) if head.origin in self._origins else None
        if log is None:
            raise _no(404, "this log is not registered here")
        _check_signature(asked, log)
        if asked.old > head.size:
            raise _no(400, "old is larger than the checkpoint")
        if asked.old != log.size:
            raise _Refused(Answer(409, b"%d\n" % log.size, SIZE_TYPE))
        _check_growth(asked, log)
        next_key = _next_key(asked, log)
        seen_s = int(self._now_s())
        line = cosign(asked.signed, self._key, self._sign, seen_s)
        self._book.store(asked.signed.with_signature(line), seen_s, next_key)
        return Answer(200, line.line())

    def _keep(self, asked: Submission, refused: _Refused) -> None:
        log = self._book.log(asked.signed.head.origin)
        if refused.answer.conflict is not None and log is not None:
            self._book.keep_conflict(log, asked.signed, refused.answer.conflict, int(self._now_s()))


def _check_signature(asked: Submission, log: Log) -> None:
    try:
        known = signed_by(asked.signed, log.key)
    except BadNote:
        known = None
    if known is None:
        raise _no(403, f"not signed by the key of {period_of(log.key)}")


def _check_growth(asked: Submission, log: Log) -> None:
    head = asked.signed.head
    if head.size == log.size and head.root != log.root:
        raise _Refused(Answer(409, b"%d\n" % log.size, SIZE_TYPE, conflict="two_roots_of_one_size"))
    if not consistent(log.size, head.size, log.root, head.root, asked.proof):
        raise _no(422, "the consistency proof does not hold", conflict="growth_not_proved")


def _next_key(asked: Submission, log: Log) -> VerifierKey | None:
    if asked.key is None:
        return None
    head = asked.signed.head
    try:
        key = key_named(asked.key, head.log_id)
    except BadBody as error:
        raise _no(400, str(error)) from None
    leaf = leaf_hash(asked.key.record)
    if not included(leaf, asked.key.sequence - 1, head.size, asked.key.inclusion, head.root):
        raise _no(422, "the inclusion proof does not hold")
    if period_of(key) != day_after(period_of(log.key)):
        raise _no(422, f"the key of {day_after(period_of(log.key))} comes next")
    return key
