"""The records of the audit log as typed models. What is no field here cannot be recorded, so no field can hold what a card told.

A record is an *intent* (durable before the card is touched), a *result* (durable before data leaves), or a *state*
(start, stop, session, refusal). `RecordContext` says who, where, for what; it is shared by all three.
"""

from enum import IntEnum, StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cardd.model import CardKind, CardOutcome, Item, KeyRole, Operation, PinKind, PinOutcome

RECORD_FORMAT = 2
"""Version of the record's content; stands in each record as `format`. 2: heads, keys, alarms, cuts (1 has none of them)."""


class Phase(IntEnum):
    """Which of the three kinds a record is, as one byte in its header."""

    INTENT = 1
    RESULT = 2
    STATE = 3


class Result(StrEnum):
    """How an intent ended."""

    DONE = "done"
    REFUSED = "refused"
    """Somebody or something said no before the work was done: wrong PIN, guard, cancelled."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The daemon ended between intent and result; written at the next start."""


class IdentitySource(StrEnum):
    """What a pseudonym was made of."""

    COMMON_AP = "common_ap"
    """Card number record of the 共通AP."""
    AUTHENTICATION_CERTIFICATE = "authentication_certificate"
    """First bytes of the resident's authentication certificate, which hold its serial number: changes when it is renewed."""
    TOKEN_INFO = "token_info"
    """JPKI token information with the token's serial."""
    PIV_CHUID = "piv_chuid"
    """First bytes of a badge's CHUID, which hold FASC-N and GUID."""
    CARD_IDENTITY = "card_identity"
    """Identity bytes of another application, as the card type reads them."""
    CERTIFICATE = "certificate"
    """Fingerprint of an operator's badge certificate."""


Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$", max_length=64)]
"""A word of our own source code or of the office's configuration."""
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@-]*$", max_length=64)]
"""An identifier: operator, seat, request, session, unit."""
Pseudonym = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""Keyed hash, 16 bytes in hex."""
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hex; also an Ed25519 public key, which has 32 bytes too."""
Proof = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}:([0-9a-f]{2}){64,520}$")]
"""What a badge signed: the nonce (32 bytes) and, behind a colon, the signature over its message, in hex."""
LogId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
"""A period of the log's key: one day, UTC."""
CaseNumber = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$")
]
"""Reception number as the office writes it. The one text of a record that comes from people; same shape as on the wire."""
ReaderPath = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]+$", max_length=128)]
"""USB path, serial or cleaned name of a reader."""
Origin = Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", max_length=280)]
"""Scheme, host and port of a web page (RFC 6454, 6.2); its path, which may say whom it is about, is not part of it."""
Extension = Annotated[str, StringConstraints(pattern=r"^[a-p]{32}$")]
"""Id of a browser extension."""
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
Uid = Annotated[int, Field(ge=0, le=2**32 - 1)]
Tries = Annotated[int, Field(ge=0, le=15)]


class RecordModel(BaseModel):
    """Strict, and silent about its input when something is wrong with it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class RecordContext(RecordModel):
    """Who, where, for what. Fields that do not apply are None and are not written."""

    event: Word
    """What it is about: a method (`card.read`) or a change of state (`session.ended`)."""
    operation: Operation | None = None
    request: Name | None = None
    session: Name | None = None
    operator: Name | None = None
    """The operator's id from the register."""
    role: Word | None = None
    badge: Pseudonym | None = None
    """Pseudonym of the badge's certificate."""
    approver: Name | None = None
    approval: Name | None = None
    """What was approved, or waits for it (`a-…`)."""
    content: Digest | None = None
    """SHA-256 of the exact content that a second person sees and approves."""
    grant: Name | None = None
    begun: Name | None = None
    """The signature in two steps that it belongs to (`b-…`)."""
    purpose: Word | None = None
    case: CaseNumber | None = None
    seat: Name | None = None
    reader: ReaderPath | None = None
    reader_role: Literal["badge", "resident"] | None = None
    client: Name | None = None
    uid: Uid | None = None
    gid: Uid | None = None
    owner_uid: Uid | None = None
    """Whose session it opens or unlocks, where the caller does that for another user of the machine."""
    caller_program: Name | None = None
    """Unit or program of the caller: a hint, nothing rests on it."""
    origin: Origin | None = None
    """The web page for which the client asked, as the client says: only clients that may (`relays_origins`)."""
    extension: Extension | None = None
    """The browser extension that brought its request."""
    card_kind: CardKind | None = None
    card: Pseudonym | None = None
    """Pseudonym of the card (`cardd.audit.pseudonym`)."""
    card_source: IdentitySource | None = None
    """What the card's pseudonym was made of."""
    items: tuple[Item, ...] | None = None
    """Names of the items, never their values."""
    key: KeyRole | None = None
    pin: PinKind | None = None
    digests: Count | None = None
    """How many digests are to be signed."""
    algorithm: Word | None = None
    document: Digest | None = None
    """SHA-256 of the document that is to be signed, as the caller told it. Its name is no field here."""
    document_agreed: bool | None = None
    """The person was shown name, size, pages and digest of this document, and agreed to sign it."""
    fingerprint_given: bool | None = None
    """Whether the caller named the certificate it showed to the person."""
    policy: Digest | None = None
    rule: Word | None = None
    last_try_agreed: bool | None = None
    """The resident agreed at the window to spending the last try."""
    emergency: bool | None = None
    subject: Name | None = None
    """The operator that it is about, where that is not the one who does it."""


class IntentRecord(RecordContext):
    """What is about to be done. Durable before any command reaches the card."""


class OutcomeRecord(RecordModel):
    """How an intent ended. Durable before any data leaves. What is already said in the intent is not repeated."""

    result: Result
    code: Word | None = None
    """Error code (`pin.rejected`), None when done."""
    problem: Word | None = None
    items: tuple[Item, ...] | None = None
    """Names of the items that were read and are handed out."""
    signatures: Count | None = None
    pin: PinKind | None = None
    pin_outcome: PinOutcome | None = None
    tries_before: Tries | None = None
    tries_after: Tries | None = None
    pin_pad: bool | None = None
    last_try_agreed: bool | None = None
    card_outcome: CardOutcome | None = None
    card: Pseudonym | None = None
    card_source: IdentitySource | None = None
    session: Name | None = None
    operator: Name | None = None
    role: Word | None = None
    badge: Pseudonym | None = None
    certificate: Word | None = None
    """Result of a certificate check in one word, e.g. `good`, `expired`, `not_checked`."""
    list_age_s: Count | None = None
    """Age of the revocation list that was used, in seconds."""
    duration_ms: Count | None = None
    caller_gone: bool | None = None
    proof: Proof | None = None
    """Of whoever agreed by badge and PIN: an outsider checks it with the badge's certificate."""


class StateRecord(RecordContext):
    """Something became so, or was refused before any card was touched: start, stop, session ended, policy denied, alarm."""

    code: Word | None = None
    problem: Word | None = None
    count: Count | None = None
    cut_bytes: Count | None = None
    """Bytes of a torn record that were cut off at start."""
    uncovered: Count | None = None
    """In `log.opened`: so many records before it stood under no signed head: nobody vouched for what stands there."""
    open_intents: tuple[Count, ...] | None = None
    """In the first record of a segment: intents without a result so far."""
    tree: tuple[Digest, ...] | None = None
    """In the first record of a segment: the roots of the full subtrees over all records before this one, largest first."""
    key_period: Day | None = None
    key_public: Digest | None = None
    """In `log.key`: from this day on heads are signed with this Ed25519 key."""
    step_us: Annotated[int, Field(ge=-(2**53) + 1, le=2**53 - 1)] | None = None
    """In `clock.step`: by how much the clock was set, seen against CLOCK_BOOTTIME."""
    head_size: Count | None = None
    """How many records the head has that left the machine."""
    head_root: Digest | None = None
    witness: Name | None = None
    """Who holds it now."""
    after_ms: Count | None = None
    """In `card.removed_soon`: how long after the reading the card was pulled."""
    lag_s: Count | None = None
    """How long the oldest work has waited that no witness holds."""
    watch: Word | None = None
    """In `watch.alarm` and `watch.review`: the rule, `w1` to `w18`."""
    evidence: Annotated[tuple[Count, ...], Field(max_length=100)] | None = None
    """The records that the alarm rests on."""
    alarm: Count | None = None
    """In `watch.review`: the record of the alarm."""
    verdict: Literal["explained", "unexplained", "misuse"] | None = None
    reason: Word | None = None
    """Of a review or an export: one word of a list."""
    first_sequence: Count | None = None
    last_sequence: Count | None = None
    last_hash: Digest | None = None
    """Of records that were cut off, exported, or stand in the log that this one goes on from."""
    certificate: Word | None = None
    """In `certificate.check`: what the check came to, in one word of seven."""
    list_name: Word | None = None
    """The revocation list that was taken over or refused, by its name in the settings."""
    list_age_s: Count | None = None
    """Age of the revocation list that answered, in seconds."""
    filters: Annotated[tuple[Word, ...], Field(max_length=32)] | None = None
    """In `audit.query` and `audit.export`: by what was asked, as names of filters; never what was given for them."""
    export_root: Digest | None = None
    """In `audit.export`: the root over the lines of the file that was taken out."""
    previous_log: LogId | None = None
    """In the first record of a log that takes the place of another one."""


AnyRecord = IntentRecord | OutcomeRecord | StateRecord
