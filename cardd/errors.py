"""The errors of the daemon: one tree, facts instead of sentences.

    CarddError
    ├── AskAgain        a person or program can put it right now: card.absent, pin.rejected, request.bad, …
    ├── ChangeCard      this card will not do: card.unsupported, pin.was_blocked, card.item_absent, …
    ├── CallSupport     the office's own people must act: pcsc.down, audit.unavailable, policy.denied, …
    └── FixProgram      a bug of a caller or of ours: internal, request.unknown_method, …

Each class has a `code` word that clients see and that never changes; its texts, who must act and what to do stand in
`cardd.wire.faults`. Errors carry facts from a closed list (`Facts`), so that no card data can travel in them.
"""

from cardd.error_families import AskAgain as AskAgain
from cardd.error_families import CallSupport as CallSupport
from cardd.error_families import CarddError as CarddError
from cardd.error_families import ChangeCard as ChangeCard
from cardd.error_families import Facts as Facts
from cardd.error_families import FixProgram as FixProgram
from cardd.error_signing import AlgorithmUnsupported as AlgorithmUnsupported
from cardd.error_signing import CertificateBad as CertificateBad
from cardd.error_signing import CertificateExpired as CertificateExpired
from cardd.error_signing import CertificateNotYetValid as CertificateNotYetValid
from cardd.error_signing import CertificateRevoked as CertificateRevoked
from cardd.error_signing import CertificateUnknown as CertificateUnknown
from cardd.error_signing import CertificateWrongKind as CertificateWrongKind
from cardd.error_signing import ConsentRefused as ConsentRefused
from cardd.error_signing import SignatureMismatch as SignatureMismatch
from cardd.error_signing import SignOutcomeUnknown as SignOutcomeUnknown
from cardd.error_signing import SignUnknown as SignUnknown
from cardd.error_signing import WrongCertificate as WrongCertificate

# --- the request ---------------------------------------------------------------------------------------------------


class BadRequest(FixProgram):
    code = "request.bad"


class UnknownMethod(FixProgram):
    code = "request.unknown_method"


class HelloRequired(FixProgram):
    code = "request.hello_required"


class LevelUnsupported(FixProgram):
    code = "request.level_unsupported"


class DuplicateId(FixProgram):
    code = "request.duplicate_id"


class IdempotencyMismatch(FixProgram):
    code = "request.idempotency_mismatch"


class TooManyRequests(AskAgain):
    code = "request.too_many"


class Cancelled(AskAgain):
    code = "request.cancelled"


class DeadlineExceeded(AskAgain):
    code = "request.deadline"


class ClientUnknown(CallSupport):
    code = "client.unknown"


# --- session, policy, record ---------------------------------------------------------------------------------------


class SessionRequired(AskAgain):
    code = "session.required"


class SessionExists(AskAgain):
    code = "session.exists"


class SessionLocked(AskAgain):
    """The session is locked for inactivity; the same badge and PIN unlock it."""

    code = "session.locked"


class PinTooOld(AskAgain):
    """A high-risk purpose wants the operator's PIN again (S6)."""

    code = "session.pin_required"


class OriginNotAllowed(CallSupport):
    """A client says that it asks for a web page, and its configuration does not let it."""

    code = "client.origin_not_allowed"


class SeatUnknown(FixProgram):
    code = "seat.unknown"


class PolicyDenied(CallSupport):
    code = "policy.denied"


class AuditUnavailable(CallSupport):
    code = "audit.unavailable"


class AuditUnknown(AskAgain):
    """There is no such record, alarm or export; `problem` says which."""

    code = "audit.unknown"


class AuditIndexing(AskAgain):
    """The index is being built; until it is, questions would be answered with half the truth."""

    code = "audit.indexing"


class AuditCutRefused(CallSupport):
    """Records may not be cut off; `problem` says why."""

    code = "audit.cut_refused"


class HeadsOverdue(CallSupport):
    """No login: for a day no head of the record has left this machine (A5)."""

    code = "audit.heads_overdue"


class LoginRefused(CallSupport):
    """Badge, certificate or register do not allow this login; `problem` says which."""

    code = "auth.failed"


class LoginLocked(AskAgain):
    code = "auth.locked"


class WrongAccount(CallSupport):
    code = "auth.wrong_account"  # the badge opens another account of this machine, or none; `problem` says which


# --- a second person, lockdown, files of the office ------------------------------------------------------------------


class ApprovalRequired(AskAgain):
    """Somebody else must agree first; `approval` names what was asked."""

    code = "approval.required"


class ApprovalInvalid(AskAgain):
    """This approval cannot be given or used; `problem` says why."""

    code = "approval.invalid"


class LockedDown(CallSupport):
    """An emergency stop is in force: no card work until two administrators release it."""

    code = "lockdown.engaged"


class OfficeFileRefused(CallSupport):
    """A new file of the office is not put in force; the one before stays."""

    code = "office.refused"


# --- badges ----------------------------------------------------------------------------------------------------------


class OperatorUnknown(FixProgram):
    code = "operator.unknown"


class OperatorExists(AskAgain):
    """There is an operator of this id, or this person has a badge already."""

    code = "operator.exists"


class BadgeTaken(ChangeCard):
    """This badge belongs to somebody already."""

    code = "badge.taken"


class BadgeUnfit(ChangeCard):
    """The badge is not in the state that this needs; `problem` says what is wrong."""

    code = "badge.unfit"


class ManagementKeyWrong(ChangeCard):
    """None of the management keys that cardd knows for this badge is the badge's."""

    code = "badge.management_key"


class PukBlocked(ChangeCard):
    code = "badge.puk_blocked"


class PukRejected(ChangeCard):
    """The badge's PUK is not the one that cardd derives for it."""

    code = "badge.puk_rejected"


class AuthorityUnavailable(CallSupport):
    """The operator CA's key cannot be used; `problem`: passphrase, token_absent, token_pin, unreadable, …"""

    code = "badge.authority"


# --- grants ----------------------------------------------------------------------------------------------------------


class GrantUnknown(AskAgain):
    """There is no such grant, or it has ended."""

    code = "grant.unknown"


class GrantMismatch(FixProgram):
    """The grant does not cover this: another caller, purpose, key, or a digest that is not on its list."""

    code = "grant.mismatch"


class GrantImpossible(FixProgram):
    """No grant for this key: a resident's card, or a key that wants its PIN before each signature."""

    code = "grant.impossible"


# --- cards and readers ---------------------------------------------------------------------------------------------


class CardAbsent(AskAgain):
    code = "card.absent"


class CardRemoved(AskAgain):
    code = "card.removed"


class CardChanged(AskAgain):
    code = "card.changed"


class CardBusy(AskAgain):
    """The queue of this card is full, or the deadline passed while waiting in it."""

    code = "card.busy"


class CardBadAnswer(ChangeCard):
    """The card answered something that its specification does not allow, or that passes a limit of ours."""

    code = "card.bad_answer"


class CardNoAnswer(AskAgain):
    code = "card.no_answer"


class CardUnsupported(ChangeCard):
    code = "card.unsupported"


class CardWrongKind(ChangeCard):
    """A known card, but not one that can do this."""

    code = "card.wrong_kind"


class CardWrongReader(AskAgain):
    code = "card.wrong_reader"


class CardItemAbsent(ChangeCard):
    """This card does not hold the file or certificate asked for."""

    code = "card.item_absent"


class ReaderBusy(CallSupport):
    """Another PC/SC program holds the reader or the card."""

    code = "reader.busy"


class ReaderStuck(AskAgain):
    code = "reader.stuck"


class ReaderUnknown(CallSupport):
    code = "reader.unknown"


class PcscDown(CallSupport):
    code = "pcsc.down"


class PcscFull(CallSupport):
    code = "pcsc.full"


class PcscRefused(CallSupport):
    """pcscd (polkit) does not let us in."""

    code = "pcsc.refused"


# --- PINs ----------------------------------------------------------------------------------------------------------


class PinRejected(AskAgain):
    code = "pin.rejected"


class PinNowBlocked(ChangeCard):
    """The try that was just made was the last one."""

    code = "pin.now_blocked"


class PinWasBlocked(ChangeCard):
    """Blocked before anybody asked for it."""

    code = "pin.was_blocked"


class PinFormat(AskAgain):
    code = "pin.format"


class PinUnknown(AskAgain):
    """VERIFY was sent and its outcome is not known: a try may be used up."""

    code = "pin.unknown"


class PinGuard(AskAgain):
    """Only the last try is left and nobody consented to spending it."""

    code = "pin.guard"


class PinRepeated(AskAgain):
    """The same wrong PIN for the same card within 30 s."""

    code = "pin.repeated"


class PinCancelled(AskAgain):
    code = "pin.cancelled"


class PinTimeout(AskAgain):
    code = "pin.timeout"


class PinChanged(AskAgain):
    """The counter moved between the prompt and the card: somebody else tried a PIN."""

    code = "pin.counter_changed"


class NoAgent(CallSupport):
    """Nobody is registered who could ask a person for a PIN at this seat."""

    code = "agent.none"


class AgentTaken(AskAgain):
    code = "agent.taken"


class AgentNotAllowed(CallSupport):
    code = "agent.not_allowed"


class Internal(FixProgram):
    code = "internal"
