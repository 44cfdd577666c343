"""Two signatures in one `.p7s`: CMS SignedData (RFC 5652), detached, each of its signers with the certificate that belongs to it.

asn1crypto is loaded with the first use: cardctl starts without it.
"""

import hashlib
from typing import Any

MOST_SIGNERS = 2
CARD_NUMBER = "urn:uuid:"
"""How a badge's certificates name the badge (SP 800-73-4 part 1, 3.4.1)."""


class Unfit(Exception):
    """These signatures cannot be used. `problem`: `no_signature_file`, `other_content`, `two_signers`, `same_badge`."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


def check_open(p7s: bytes, content: bytes) -> None:
    """Whether one more person may sign: `p7s` holds one signature, and it was made over `content`. Raises `Unfit`."""
    signed = _read(p7s)["content"]
    if len(signed["signer_infos"]) >= MOST_SIGNERS:
        raise Unfit("two_signers")
    for info in signed["signer_infos"]:
        _check_content(info, content)


def join(p7s: bytes, more: bytes, content: bytes) -> bytes:
    """The signatures of both files in one, DER; `more` is a signature of this moment. Raises `Unfit`."""
    # Importing here keeps cardctl's start short.
    from asn1crypto import cms  # noqa: PLC0415

    check_open(p7s, content)
    old, new = _read(p7s), _read(more)
    for info in new["content"]["signer_infos"]:
        _check_content(info, content)
    if _badges(old) & _badges(new):
        raise Unfit("same_badge")
    both = (old["content"], new["content"])
    algorithms = {each.dump(): each for signed in both for each in signed["digest_algorithms"]}
    joined = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": list(algorithms.values()),
            "encap_content_info": {"content_type": "data"},
            "certificates": [each for signed in both for each in signed["certificates"]],
            "signer_infos": [each for signed in both for each in signed["signer_infos"]],
        }
    )
    der: bytes = cms.ContentInfo({"content_type": "signed_data", "content": joined}).dump(force=True)
    return der


def _read(p7s: bytes) -> Any:
    from asn1crypto import cms  # noqa: PLC0415

    try:
        outer = cms.ContentInfo.load(p7s, strict=True)
        if outer["content_type"].native != "signed_data" or not len(outer["content"]["signer_infos"]):
            raise Unfit("no_signature_file")
        outer["content"].native  # noqa: B018  # asn1crypto parses late: now, while errors are expected
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Unfit("no_signature_file") from None
    return outer


def _check_content(info: Any, content: bytes) -> None:
    hash_name = info["digest_algorithm"]["algorithm"].native
    digests = [each["values"][0].native for each in info["signed_attrs"] if each["type"].native == "message_digest"]
    if hash_name not in ("sha256", "sha384", "sha512") or digests != [hashlib.new(hash_name, content).digest()]:
        raise Unfit("other_content")


def _badges(outer: Any) -> set[object]:
    """What tells the badges apart: the badge's own number, or the certificate where it names none."""
    return {_number(each.chosen) or each.chosen.dump() for each in outer["content"]["certificates"]}


def _number(certificate: Any) -> str | None:
    names = certificate.subject_alt_name_value
    found = [name.native for name in names or () if name.name == "uniform_resource_identifier"]
    return next((name for name in found if name.startswith(CARD_NUMBER)), None)
