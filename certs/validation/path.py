"""Checks the paths from a certificate to the anchors (RFC 5280, 6.1) with pyhanko-certvalidator. No network, time is an argument.

The search is ours (`building`); the rules of clause 6.1 are the library's; what stands here are the limits and the words.
"""

import logging
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from cryptography.exceptions import InvalidSignature
from pyhanko_certvalidator import PKIXValidationParams, ValidationContext
from pyhanko_certvalidator.authority import CertTrustAnchor, TrustQualifiers, derive_quals_from_cert
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    NotYetValidError,
    PathError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import NO_REVOCATION, CertRevTrustPolicy
from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator, SignatureValidator
from pyhanko_certvalidator.validate import async_validate_path

from certs.reading import CARDS, Looseness
from certs.validation.building import Link, Search
from certs.validation.truststore import TrustStore, is_authority
from certs.validation.verdict import GOOD, Answer, bad

MOST_PATHS = 8
"""Candidates that are looked at; more than one only where authorities have certified each other."""
WEAK_HASHES = frozenset({"md2", "md5", "sha1"})
ANY_POLICY = "any_policy"
T = TypeVar("T")

logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)  # it logs names from certificates with tracebacks


@dataclass(frozen=True, slots=True)
class Rules:
    """How strictly a certificate is checked: the inputs of RFC 5280, 6.1.1 (c) to (g), our own limit, and what may be mended."""

    longest: int = 4
    """Certificates from the holder's up to the anchor, both counted."""
    policies: frozenset[str] = frozenset()
    """user-initial-policy-set, as dotted identifiers; empty: any policy."""
    explicit_policy: bool = False
    inhibit_mapping: bool = False
    inhibit_any_policy: bool = False
    loose: frozenset[Looseness] = frozenset()
    """What may be mended in the holder's certificate before it is read; never in another one of the path."""


STRICT = Rules()
"""What every caller gets that does not ask for something else."""
FOR_CARDS = Rules(loose=CARDS)
"""For a certificate that was read from a card."""


@dataclass(frozen=True, slots=True)
class PathResult:
    """The answer, and the paths that are good: each from the holder's certificate up to the anchor's."""

    answer: Answer
    chains: tuple[tuple[Link, ...], ...] = field(default=(), repr=False)
    detail: str = ""
    """`other_generation`: an authority of that name is trusted, but another of its keys signed. `authority`: the weak algorithm is
    one of an authority on the way. `path_too_long`, `too_many_signatures`: a limit of the search."""


def check_path(
    leaf: Link, store: TrustStore, others: Iterable[Link], moment: datetime, rules: Rules = STRICT
) -> PathResult:
    """Whether `leaf` leads to an anchor that is valid at `moment`, over authorities among `others`.

    Revocation is not looked at here. Answers `unknown_issuer`, `bad_signature`, `issuer_not_valid`, `weak_algorithm`, `bad_path`.
    """
    if any(anchor.der == leaf.der for anchor in store.anchors):
        return PathResult(GOOD, ((leaf,),))
    trusted = {each.der for each in store.anchors}
    search = Search(
        anchors=tuple(each.link for each in store.anchors),
        between=tuple(each for each in others if is_authority(each.certificate) and each.der not in trusted),
        longest=rules.longest,
    )
    answers, good = [], []
    for path in islice(search.paths(leaf), MOST_PATHS):
        answer = _judge(path, moment, rules)
        answers.append(answer)
        if not answer.bad:
            good.append(tuple(reversed(path)))
    if good:
        return PathResult(GOOD, tuple(good))
    return PathResult(answers[0]) if answers else _nothing_found(search)


def _nothing_found(search: Search) -> PathResult:
    if search.too_long or search.exhausted:
        return PathResult(bad("bad_path"), detail="path_too_long" if search.too_long else "too_many_signatures")
    if search.bad_signature:
        return PathResult(bad("bad_signature"))
    if search.weak:
        return PathResult(bad("weak_algorithm"), detail="authority")
    return PathResult(bad("unknown_issuer"), detail="other_generation" if search.other_generation else "")


def _judge(path: tuple[Link, ...], moment: datetime, rules: Rules) -> Answer:
    """One candidate, from the anchor down."""
    anchor, *between, leaf = path
    if not anchor.certificate.not_valid_before_utc <= moment <= anchor.certificate.not_valid_after_utc:
        return bad("issuer_not_valid")
    context = ValidationContext(
        trust_roots=[anchor.plain],
        moment=moment,
        allow_fetching=False,
        revinfo_policy=CertRevTrustPolicy(NO_REVOCATION),
        weak_hash_algos=WEAK_HASHES,
        time_tolerance=timedelta(0),
        signature_validator=_AsSigned(leaf),
    )
    candidate = ValidationPath(
        CertTrustAnchor(anchor.plain, _limits_of(anchor)), [each.plain for each in between], leaf.plain
    )
    try:
        _run(async_validate_path(context, candidate, _parameters(rules)))
    except (ValidationError, PathError) as error:
        return bad(_reason(error))
    except (ValueError, TypeError, KeyError, AttributeError, NotImplementedError):
        # A constraint or name in a form that the library cannot compare counts as not met; an otherName whose value is of a type
        # that asn1crypto has no values for (INSTANCE OF, ObjectDescriptor) is an AttributeError there.
        return bad("bad_path")
    return GOOD


def _limits_of(anchor: Link) -> TrustQualifiers:
    """An anchor's own path length and name constraints bind what it vouches for (RFC 5937, 3.2); its policies do not."""
    own = derive_quals_from_cert(anchor.plain)
    names = None
    if own.standard_parameters is not None:
        names = PKIXValidationParams(
            initial_permitted_subtrees=own.standard_parameters.initial_permitted_subtrees,
            initial_excluded_subtrees=own.standard_parameters.initial_excluded_subtrees,
        )
    return TrustQualifiers(
        standard_parameters=names, max_path_length=own.max_path_length, max_aa_path_length=own.max_path_length
    )


def _parameters(rules: Rules) -> PKIXValidationParams:
    return PKIXValidationParams(
        user_initial_policy_set=rules.policies or frozenset({ANY_POLICY}),
        initial_explicit_policy=rules.explicit_policy,
        initial_policy_mapping_inhibit=rules.inhibit_mapping,
        initial_any_policy_inhibit=rules.inhibit_any_policy,
    )


class _AsSigned(SignatureValidator):
    """The library's own check, over the bytes that were signed where a card's certificate had to be written anew to be read."""

    def __init__(self, leaf: Link) -> None:
        self._leaf = leaf
        self._body = leaf.plain["tbs_certificate"].dump()

    def validate_signature(self, signature: bytes, signed_data: bytes, *args: Any, **named: Any) -> None:
        """As the library's; raises `InvalidSignature`."""
        *first, last = self._leaf.signed if signed_data == self._body else (signed_data,)
        for body in first:
            try:
                DefaultSignatureValidator().validate_signature(signature, body, *args, **named)
            except InvalidSignature:
                continue
            return
        DefaultSignatureValidator().validate_signature(signature, last, *args, **named)


def _reason(error: Exception) -> str:
    if isinstance(error, ExpiredError | NotYetValidError):
        return "issuer_not_valid"
    return "weak_algorithm" if isinstance(error, DisallowedAlgorithmError) else "bad_path"


def _run(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits: without fetching the validator only computes. No event loop is needed."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    work.close()
    raise RuntimeError("the path check tried to wait for something")
