"""Hands heads and keys of one log over to one witness: what it has, what comes next, whether its signature holds."""

import threading
from datetime import date
from pathlib import Path

from cardd.audit.checkpoint import COSIGNATURE, BadNote, SignedHead, VerifierKey, log_key, parse, signed_by
from cardd.audit.head_files import head_file, read_heads
from cardd.witness.cosigned import Cosigned
from cardd.witness.leaves import Leaves
from cardd.witness.post import Post, Reply
from cardd.witness.protocol import ADD_CHECKPOINT, ADD_KEY, BadBody, Known, Submission, day_after, period_of_head

MOST_RETRIES = 3
"""How often a witness may tell us, within one round, that it has something else than it said."""


class HandingFailed(Exception):
    """Nothing was handed over. `problem`: a word of `cosigned.PROBLEMS`."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


class _AskAgain(Exception):
    """The witness has something else than we thought: another sender was there, or it went back to a copy."""


class Handing:
    """One log, one witness. Belongs to one thread; `leaves` is shared under its lock."""

    def __init__(
        self, directory: Path, key: VerifierKey, post: Post, leaves: Leaves, lock: threading.Lock, cosigned: Cosigned
    ) -> None:
        """`directory`: the log's; `key`: the witness's."""
        self._directory, self._key, self._post = directory, key, post
        self._leaves, self._lock, self._cosigned = leaves, lock, cosigned
        self._known: Known | None = None

    @property
    def size(self) -> int:
        """How many records the witness holds, as far as we know."""
        return self._known.size if self._known is not None else 0

    def hand_over(self, newest: SignedHead) -> None:
        """Bring the witness to the log's newest head, day by day where it is behind. Raises `HandingFailed`, and `NoAnswer`."""
        for _ in range(MOST_RETRIES):
            try:
                self._advance(newest)
            except _AskAgain:
                self._known = None
            else:
                return
        raise HandingFailed("witness_fails")

    def _advance(self, newest: SignedHead) -> None:
        known, period = self._known or self._ask(newest), period_of_head(newest)
        self._compare(known, newest)
        while known.period < period:
            known = self._known = self._next_day(known)
        with self._lock:
            proof = self._leaves.consistency(known.size, newest.head.size)
        self._send(ADD_CHECKPOINT, Submission(known.size, proof, newest))
        self._known = Known(newest.head.size, known.period, known.public)

    def _ask(self, newest: SignedHead) -> Known:
        reply = self._post.get(f"/state/{newest.head.origin}")
        if reply.status == 404:
            raise HandingFailed("not_registered")
        try:
            if reply.status != 200:
                raise HandingFailed("witness_fails")
            self._known = Known.decode(reply.body)
        except BadBody:
            raise HandingFailed("witness_fails") from None
        return self._known

    def _compare(self, known: Known, newest: SignedHead) -> None:
        """Raises `HandingFailed` where the witness knows more of this log than this machine does, or other keys."""
        if known.size > newest.head.size or known.period > period_of_head(newest):
            raise HandingFailed("witness_ahead")
        ours = self._key_of(newest.head.log_id, known.period)
        if ours is not None and ours.public != known.public:
            raise HandingFailed("other_key")

    def _key_of(self, log_id: str, period: str) -> VerifierKey | None:
        with self._lock:
            found = self._leaves.public_key(period)
        return None if found is None else log_key(log_id, period, found)

    def _next_day(self, known: Known) -> Known:
        """The key of the day after, covered by the last head of the key that the witness has. Raises `HandingFailed`."""
        if not head_file(self._directory, date.fromisoformat(known.period)).exists():
            raise HandingFailed("heads_missing")
        heads = read_heads(self._directory, date.fromisoformat(known.period))
        if not heads:
            raise HandingFailed("heads_missing")
        signed, period = heads[-1], day_after(known.period)
        size = signed.head.size
        if size < known.size:
            raise HandingFailed("witness_ahead")
        with self._lock:
            key, public = self._leaves.key(period, size), self._leaves.public_key(period)
            if key is None or public is None:
                raise HandingFailed("heads_missing")
            proof = self._leaves.consistency(known.size, size)
        self._send(ADD_KEY, Submission(known.size, proof, signed, key))
        return Known(size, period, public)

    def _send(self, path: str, asked: Submission) -> None:
        reply = self._post.post(path, asked.encode())
        if reply.status != 200:
            raise self._refused(reply, asked)
        self._cosigned.write(self._signed(reply, asked.signed))

    def _refused(self, reply: Reply, asked: Submission) -> Exception:
        if reply.status == 409 and reply.body != b"%d\n" % asked.old:
            return _AskAgain()
        if reply.status == 403 and self._known is not None:
            before, self._known = self._known, None
            return HandingFailed("other_key") if self._ask(asked.signed) == before else _AskAgain()
        words = {409: "contradiction", 422: "contradiction", 404: "not_registered"}
        return HandingFailed(words.get(reply.status, "witness_fails"))

    def _signed(self, reply: Reply, signed: SignedHead) -> SignedHead:
        """The head with the log's and the witness's signature; signatures of others are left out. Raises `HandingFailed`."""
        try:
            answered = parse(signed.encode() + reply.body)
            holds = self._key.kind == COSIGNATURE and signed_by(answered, self._key)
        except BadNote:
            raise HandingFailed("bad_signature") from None
        if not holds:
            raise HandingFailed("bad_signature")
        ours = (self._key.name, self._key.key_id)
        (found, *_) = (each for each in answered.signatures if (each.name, each.key_id) == ours)
        return SignedHead(signed.head, (signed.signatures[0], found))
