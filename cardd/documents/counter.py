"""Has the daemon sign what was prepared here: one PIN for one document, whatever its format.

    use = Use(card, purpose="online_signature", case="R8-0042")
    prepared = pades.prepare(pdf, name="申請書.pdf")
    signed = prepared.finish(sign(client, use, prepared).octets)

XAdES and JWS name the signer's certificate in what is signed, and a resident's opens only with the PIN: there `begin` comes first.

    begun = begin(client, use, facts_of(path))
    prepared = xades.prepare(path, begun.certificate)
    signed = prepared.finish(finish(client, begun, prepared).octets)

Programs with a connection of their own (asyncio, another process) call the methods themselves with what `digest_params`,
`begin_params` and `finish_params` give, and read what comes back with `read_begun` and `read_answer`.
"""

import base64
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from cryptography.hazmat.primitives.asymmetric import rsa

from cardd.documents.errors import DocumentError
from cardd.documents.keys import load_certificate, public_key
from cardd.documents.model import Facts, Order

SIGN_DIGEST: Final = "sign.digest"
SIGN_BEGIN: Final = "sign.begin"
SIGN_FINISH: Final = "sign.finish"
LONGEST_NAME: Final = 120
"""Characters of a document's name that the daemon takes."""
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
"""General categories of what is invisible or steers how a line is read (Unicode Standard, 4.5)."""


class Caller(Protocol):
    """Who asks the daemon: a `cardd.client.Client`, or what a program puts before one."""

    def call(self, method: str, /, **params: Any) -> dict[str, Any]:
        """One call; raises what it likes."""
        ...


class Prepared(Protocol):
    """What `prepare` of each format gives."""

    @property
    def facts(self) -> Facts: ...

    @property
    def order(self) -> Order: ...


@dataclass(frozen=True, slots=True)
class Use:
    """Which card is used for what. `key`: `signature`, or `authentication` and others for an operator's badge."""

    card: str
    purpose: str
    case: str
    key: str = "signature"
    approval: str | None = None
    grant: str | None = None
    """The operator's grant under which it is signed without a PIN; with `sign` alone."""
    fingerprint: str | None = None
    """Of the certificate that the person was shown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the daemon gave for an order."""

    octets: bytes = field(repr=False)
    """CMS for `cades_b` and `pades_b`, else the bare signature value."""
    fingerprint: str
    """SHA-256 of the certificate, hex."""
    receipt: Mapping[str, Any] = field(repr=False)
    """Where this signature stands in the record."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A signature that was begun: the card is kept for it, some seconds."""

    handle: str
    certificate: bytes = field(repr=False)
    """The signer's, DER."""
    fingerprint: str
    ends_at: str
    """RFC 3339: `finish` must have come by then."""
    document: str
    """SHA-256 of the document that the person agreed to, 64 hex digits. No other one is signed with it."""


def sign(client: Caller, use: Use, prepared: Prepared, *, idempotency_key: str | None = None) -> Answer:
    """Ask for the signature over a prepared CAdES or PAdES. Raises what the call raises."""
    return read_answer(client.call(SIGN_DIGEST, **digest_params(use, prepared, idempotency_key=idempotency_key)))


def begin(client: Caller, use: Use, facts: Facts, *, hash_name: str = "sha256") -> Begun:
    """Ask for the PIN, and have the card kept for one signature over what is prepared next. Raises what the call raises."""
    return read_begun(client.call(SIGN_BEGIN, **begin_params(use, facts, hash_name=hash_name)), facts.sha256)


def finish(client: Caller, begun: Begun, prepared: Prepared, *, idempotency_key: str | None = None) -> Answer:
    """Have signed what was begun, on the same connection. Raises what the call and `finish_params` raise."""
    return read_answer(client.call(SIGN_FINISH, **finish_params(begun, prepared, idempotency_key=idempotency_key)))


def read_begun(result: Mapping[str, Any], document: str) -> Begun:
    """What `sign.begin` answered. `document`: SHA-256, hex, of the one that it was asked for (`Facts.sha256`)."""
    certificate = base64.b64decode(result["certificate_base64"])
    return Begun(result["begun"], certificate, result["fingerprint"], result["ends_at"], document)


def read_answer(result: Mapping[str, Any]) -> Answer:
    """What `sign.digest` answered for one digest, or `sign.finish`."""
    value = result["signature_base64"] if "signature_base64" in result else result["signatures_base64"][0]
    return Answer(base64.b64decode(value), result["fingerprint"], result["receipt"])


def digest_params(use: Use, prepared: Prepared, *, idempotency_key: str | None = None) -> dict[str, Any]:
    """Parameters of `sign.digest`."""
    order = prepared.order
    return {
        **_use(use, grant=use.grant, idempotency_key=idempotency_key),
        "hash": order.hash_name,
        "digests_base64": [base64.b64encode(order.digest).decode()],
        "signature_format": order.signature_format,
        "document": document(prepared.facts),
    }


def begin_params(use: Use, facts: Facts, *, hash_name: str = "sha256") -> dict[str, Any]:
    """Parameters of `sign.begin`."""
    return {**_use(use), "hash": hash_name, "document": document(facts)}


def finish_params(begun: Begun, prepared: Prepared, *, idempotency_key: str | None = None) -> dict[str, Any]:
    """Parameters of `sign.finish`.

    Raises `DocumentError`: `document_changed` where another document was prepared than the person agreed to;
    `certificate_unreadable`.
    """
    if prepared.facts.sha256 != begun.document:
        raise DocumentError("document_changed")
    key = public_key(load_certificate(begun.certificate))
    found: dict[str, Any] = {
        "begun": begun.handle,
        "digest_base64": base64.b64encode(prepared.order.digest).decode(),
        "signature_format": "pkcs1v15" if isinstance(key, rsa.RSAPublicKey) else "ecdsa_der",
    }
    if idempotency_key is not None:
        found["idempotency_key"] = idempotency_key
    return found


def document(facts: Facts) -> dict[str, Any]:
    """What the person is shown, as the daemon takes it: a name on one line in which all that is there is seen."""
    found: dict[str, Any] = {"name": shown_name(facts.name), "size": facts.size, "sha256": facts.sha256}
    if facts.pages:
        found["pages"] = facts.pages
    return found


def shown_name(name: str) -> str:
    """`name` without characters that nobody sees, which become U+FFFD; a long one is cut in the middle, so that its ending stays."""
    seen = "".join("\ufffd" if unicodedata.category(each) in _UNSEEN else each for each in name)
    seen = re.sub(r"\ufffd+", "\ufffd", seen).strip() or "\ufffd"
    if len(seen) <= LONGEST_NAME:
        return seen
    behind = LONGEST_NAME // 3
    return f"{seen[: LONGEST_NAME - behind - 1]}…{seen[-behind:]}"


def _use(use: Use, **more: object) -> dict[str, Any]:
    given = {
        "card": use.card,
        "purpose": use.purpose,
        "case": use.case,
        "key": use.key,
        "approval": use.approval,
        "fingerprint": use.fingerprint,
        **more,
    }
    return {name: value for name, value in given.items() if value is not None}
