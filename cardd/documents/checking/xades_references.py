"""What an XML signature really covers: each reference resolved in one way only, with the two transforms that cannot lie.

Known attacks (signature wrapping) live from references that resolve to another element than the one that is read: so an identifier
must stand once in the document, and what is covered is told (`Covered`) instead of assumed.
"""

import copy
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from cardd.documents.checking.xades_reading import MOST_REFERENCES, Broken, Properties, hash_of, octets_in, only
from cardd.documents.errors import DocumentError
from cardd.documents.facts import Document, digest_of, octets_of
from cardd.documents.xades_xml import (
    C14N_10,
    C14N_EXCLUSIVE,
    CANONICAL,
    DS,
    LARGEST,
    XADES,
    Element,
    canonical,
    canonical_document,
    identified,
    read_xml,
    signatures_in,
    tag,
    without,
)

ENVELOPED: Final = f"{DS}enveloped-signature"
XPATH: Final = "http://www.w3.org/TR/1999/REC-xpath-19991116"
NO_SIGNATURES: Final = "not(ancestor-or-self::ds:Signature)"
"""The one XPath expression that is understood: the document without its signatures."""
MANIFEST: Final = f"{DS}Manifest"


@dataclass(frozen=True, slots=True)
class Steps:
    """The transforms of a reference."""

    enveloped: bool = False
    no_signatures: bool = False
    algorithm: str | None = None
    prefixes: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference as it stands in SignedInfo."""

    uri: str | None = field(repr=False)
    hash_name: str
    digest: bytes = field(repr=False)
    steps: Steps


@dataclass(slots=True)
class Covered:
    """What the references of one signature come to."""

    changed: bool = False
    content_missing: bool = False
    whole: bool = False
    external: bool = False
    parts: list[str] = field(default_factory=list, repr=False)
    """Names of elements that are covered, in the order of the references."""
    elements: list[Element] = field(default_factory=list, repr=False)
    properties: bool = False
    excluded: list[Element] = field(default_factory=list, repr=False)
    """Signatures that were left out of what is covered."""


def references_of(signed_info: Element) -> list[Reference]:
    """All references. Raises `Broken`: none, too many, Manifests, transforms that are not allowed, unknown algorithms."""
    found = signed_info.findall(tag(DS, "Reference"))
    if not 1 <= len(found) <= MOST_REFERENCES:
        raise Broken("references")
    return [_reference(each) for each in found]


def _reference(element: Element) -> Reference:
    if element.get("Type") == MANIFEST:
        raise Broken("manifest")
    steps = _steps(element.findall(f"{tag(DS, 'Transforms')}/{tag(DS, 'Transform')}"))
    return Reference(element.get("URI"), hash_of(element), octets_in(only(element, DS, "DigestValue")), steps)


def _steps(transforms: Iterable[Element]) -> Steps:
    steps = Steps()
    for each in transforms:
        algorithm = each.get("Algorithm")
        if steps.algorithm is not None:
            raise Broken("transform_not_allowed")  # nothing may follow the canonical form
        if algorithm == ENVELOPED:
            steps = Steps(True, steps.no_signatures)
        elif algorithm == XPATH and _is_no_signatures(each):
            steps = Steps(steps.enveloped, True)
        elif algorithm in CANONICAL:
            steps = Steps(steps.enveloped, steps.no_signatures, algorithm, _prefixes(each))
        else:
            raise Broken("transform_not_allowed")
    return steps


def _is_no_signatures(transform: Element) -> bool:
    expression = only(transform, DS, "XPath")
    return (expression.text or "").strip() == NO_SIGNATURES and expression.nsmap.get("ds") == DS and not len(expression)


def _prefixes(transform: Element) -> list[str] | None:
    named = transform.find(f"{{{C14N_EXCLUSIVE}}}InclusiveNamespaces")
    return None if named is None else (named.get("PrefixList") or "").split()


def cover(
    signature: Element, references: Sequence[Reference], properties: Properties | None, content: Document | None
) -> Covered:
    """Compute every digest. Raises `Broken` where a reference resolves to nothing, to several things, or to what is not understood."""
    covered = Covered()
    for reference in references:
        octets: bytes | None
        if reference.uri == "":
            octets = _document(signature, reference, covered)
        elif reference.uri is not None and reference.uri.startswith("#"):
            octets = _element(signature, reference, properties, covered)
        else:
            octets = _external(reference, content, covered)
        if octets is not None and hashlib.new(reference.hash_name, octets).digest() != reference.digest:
            covered.changed = True
    return covered


def _document(signature: Element, reference: Reference, covered: Covered) -> bytes:
    root = signature.getroottree().getroot()
    if signature is root or not (reference.steps.enveloped or reference.steps.no_signatures):
        raise Broken("reference_to_itself")
    copied, _ = _copied(signature, root, reference.steps, covered)
    covered.whole = True
    if reference.steps.prefixes:
        return canonical(copied, reference.steps.algorithm or C14N_10, prefixes=reference.steps.prefixes)
    return canonical_document(copied, reference.steps.algorithm or C14N_10)


def _copied(signature: Element, node: Element, steps: Steps, covered: Covered) -> tuple[Element, Element]:
    """A copy of the document without the signatures that the transforms leave out: its root, and `node` in it."""
    root = signature.getroottree().getroot()
    copied = copy.deepcopy(root.getroottree()).getroot()
    same = next(other for one, other in zip(root.iter(), copied.iter(), strict=True) if one is node)
    for one, other in zip(signatures_in(root), signatures_in(copied), strict=True):
        if steps.no_signatures or (steps.enveloped and one is signature):
            covered.excluded.append(one)
            without(other)
    return copied, same


def _element(signature: Element, reference: Reference, properties: Properties | None, covered: Covered) -> bytes:
    node = _identified(signature, (reference.uri or "")[1:])
    root = signature.getroottree().getroot()
    steps = reference.steps
    algorithm = steps.algorithm or C14N_10
    if properties is not None and node is properties.element:
        covered.properties = True
    elif node.tag == tag(DS, "KeyInfo") and node.getparent() is signature:
        pass
    elif node is root:
        covered.whole = True
    elif node.tag == tag(XADES, "SignedProperties"):
        raise Broken("properties_of_other")
    else:
        covered.elements.append(node)
        covered.parts.append(etree.QName(node).localname)
    if steps.enveloped or steps.no_signatures:
        _, node = _copied(signature, node, steps, covered)
    elif node is root:
        raise Broken("reference_to_itself")
    return canonical(node, algorithm, prefixes=steps.prefixes)


def _identified(signature: Element, identifier: str) -> Element:
    """The one element with this identifier in the whole document. Raises `Broken`."""
    if identifier.startswith("xpointer("):
        raise Broken("reference_not_understood")
    root = signature.getroottree().getroot()
    found = {id(node): node for value, node in identified(root) if value == identifier}
    if len(found) > 1:
        raise Broken("duplicate_id")
    if not found:
        raise Broken("no_such_id")
    return next(iter(found.values()))


def _external(reference: Reference, content: Document | None, covered: Covered) -> bytes | None:
    """What is named from outside is never opened: the caller gives it, or it is missing. As it is it may have any size."""
    if covered.external:
        raise Broken("several_contents")
    covered.external = True
    if reference.steps.enveloped or reference.steps.no_signatures:
        raise Broken("transform_not_allowed")
    if content is None:
        covered.content_missing = True
        return None
    if reference.steps.algorithm is None:
        covered.changed |= digest_of(content, reference.hash_name) != reference.digest
        return None
    octets = octets_of(content, LARGEST)
    try:
        return canonical_document(read_xml(octets), reference.steps.algorithm)
    except DocumentError:  # what was given is no XML, so it is not what was signed
        covered.changed = True
        return None


def unsigned_content(covered: Covered) -> bool:
    """Whether something lies inside the signatures that were left out, where a reader might take it for signed."""
    for left_out in covered.excluded:
        for holder in left_out.iter(tag(DS, "Object")):
            inside = [child for child in holder if child.tag != tag(XADES, "QualifyingProperties")]
            text = (holder.text or "") + "".join(child.tail or "" for child in holder)
            if (inside or text.strip()) and not any(holder is each for each in covered.elements):
                return True
    return False
