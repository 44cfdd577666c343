"""What all messages share: strict models, the words of every call, and the small types of the wire."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


class _Silent(BaseModel):
    """Has no text of its own: a message may carry a resident's data, and a repr ends in traces and logs."""

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__}>"

    __str__ = __repr__


class WireModel(_Silent):
    """A message or a part of one. Unknown fields are refused, and a validation error never repeats the input."""

    # Built with the first message of its kind: most daemons never see most of them, and all together take 2 MiB.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, defer_build=True)


class Answer(_Silent):
    """A result as clients read it: unknown fields are ignored, so that a later daemon may add some."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True)


Base64 = Annotated[
    str,
    StringConstraints(pattern=r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$", max_length=65536),
]
"""RFC 4648 clause 4, with padding."""
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a certificate's DER, lower-case hex."""
Handle = Annotated[str, StringConstraints(pattern=r"^c-[0-9a-f]{4}-[0-9]{1,10}$")]
"""One insertion of one card."""
PurposeCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_STEERING = r"\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
"""General category Cf: invisible, or turns the order in which a line is read (Unicode Standard Annex #9, Unicode Technical Report #36)."""


def _without_tags(text: str) -> str:
    """The tag characters U+E0001 to U+E007F are invisible, too; patterns of other languages cannot name them."""
    if any(0xE0000 <= ord(char) <= 0xE007F for char in text):
        raise ValueError("invisible characters")
    return text


PlainText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=rf"^[^{_CONTROL}{_STEERING}]+$"),
    AfterValidator(_without_tags),
]
"""Text in which a person who must agree to it sees all that is there. Variation selectors of names pass."""
DocumentName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=120, pattern=rf"^[^{_CONTROL}{_STEERING}]+$"),
    AfterValidator(_without_tags),
]
"""The same for the name of a document, which may be a person's: it goes to the agent and nowhere else."""
CaseNumber = PlainText
"""Reception number (受付番号): free text of the office, no control characters, nothing invisible."""
SeatField = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Time = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$")]
"""RFC 3339, UTC, with `Z`."""
DeadlineMs = Annotated[int, Field(ge=1, le=600_000)]
"""Milliseconds from the arrival of the request; for human time it bounds the wait for the agent as well."""

Origin = Annotated[
    str,
    StringConstraints(
        max_length=280,
        pattern=r"^(https://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|http://localhost|http://127\.0\.0\.1)(:[1-9][0-9]{0,4})?$",
    ),
]
"""Of a web page: scheme, host in ASCII, port where it is not the scheme's own (RFC 6454, 6.2). Without TLS only from this machine."""
ExtensionId = Annotated[str, StringConstraints(pattern=r"^[a-p]{32}$")]
"""Of a browser extension, as Chromium and its kin make it of the extension's public key."""

KindWord = Literal["my_number", "juki", "badge", "unsupported", "unknown"]
PinWord = Literal[
    "signature",
    "authentication",
    "card_info",
    "resident_register",
    "verification_a",
    "verification_b",
    "badge",
    "operator_ca",
]
KeyWord = Literal["authentication", "signature", "key_management", "card_authentication"]
ItemWord = Literal[
    "name",
    "address",
    "birth_date",
    "sex",
    "my_number",
    "photo",
    "name_image",
    "address_image",
    "card_expiry",
    "age_over",
]


OperatorWord = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
"""An operator's id in the register."""
OperationWord = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,31}$")]
ApprovalWord = Annotated[str, StringConstraints(pattern=r"^a-[0-9a-f]{16}$")]
"""What waits for a second person, or has been approved."""
GrantWord = Annotated[str, StringConstraints(pattern=r"^g-[0-9a-f]{16}$")]
BegunWord = Annotated[str, StringConstraints(pattern=r"^b-[0-9a-f]{16}$")]
"""A signature that was begun, for one `sign.finish`."""
ContentHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of the exact content of an approval, lower-case hex."""


class CallParams(WireModel):
    """Parameters of any call that may wait."""

    deadline_ms: DeadlineMs | None = None


class CardCall(CallParams):
    """Parameters of any call that touches a card under a purpose."""

    card: Handle
    purpose: PurposeCode
    case: CaseNumber
    approval: ApprovalWord | None = None
    """Where the office wants a second person: the approval that was given. Without it the answer is `approval.required`."""


class Document(WireModel):
    """What a person is shown of a document before signing it. Only its `sha256` is recorded."""

    name: DocumentName
    size: Annotated[int, Field(ge=0, le=2**53 - 1)]
    """Bytes."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """Of the document as the person knows it, lower-case hex."""
    pages: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Where it has pages."""


class Receipt(WireModel):
    """Where this use stands in the record: the outcome record's log, sequence number and SHA-256."""

    log_id: str
    sequence: int
    record_hash: str


class Nothing(WireModel):
    """No parameters, or an empty result."""
