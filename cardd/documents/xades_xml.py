"""XML from outside, read so that it can do nothing: no DTD, no entities, no network, bounded; and its canonical form.

XML Signature Syntax and Processing 1.1 (W3C), Canonical XML 1.0 and 1.1, Exclusive XML Canonicalization 1.0.
"""

from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from lxml import etree

from cardd.documents.errors import DocumentError

LARGEST = 64 * 1024 * 1024
"""Bytes of an XML document."""
DEEPEST = 200
"""Levels of elements; libxml2 itself stops at 256."""
MOST_ELEMENTS = 200_000
MOST_ATTRIBUTES = 1_000
"""Of one element."""

MOST_SIGNATURES = 32
"""In one document."""

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
XML = "http://www.w3.org/XML/1998/namespace"
NAMES = {"ds": DS, "xades": XADES}

C14N_10 = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
C14N_11 = "http://www.w3.org/2006/12/xml-c14n11"
C14N_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
CANONICAL = {
    C14N_10: (C14N_10, False),
    f"{C14N_10}#WithComments": (C14N_10, True),
    C14N_11: (C14N_11, False),
    f"{C14N_11}#WithComments": (C14N_11, True),
    C14N_EXCLUSIVE: (C14N_EXCLUSIVE, False),
    f"{C14N_EXCLUSIVE}WithComments": (C14N_EXCLUSIVE, True),
}
"""Algorithm: the form without comments, and whether it keeps them."""

_NO_URI = frozenset({etree.ErrorTypes.WAR_NS_URI})
"""libxml2's word for a namespace name that is no URI reference."""

Element = Any
"""An lxml element; lxml carries no types."""


class _Bounds:
    """Counts what expat meets and stops at what no application form has."""

    def __init__(self) -> None:
        self.depth = 0
        self.elements = 0

    def start(self, _name: str, attributes: list[str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > DEEPEST or self.elements > MOST_ELEMENTS or len(attributes) > 2 * MOST_ATTRIBUTES:
            raise DocumentError("xml_too_complex")

    def end(self, _name: str) -> None:
        self.depth -= 1

    def doctype(self, *_what: object) -> None:
        raise DocumentError("xml_doctype")

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "utf8", "utf-16"):
            raise DocumentError("xml_encoding")


def read_xml(document: bytes) -> Element:
    """The root of an XML document in UTF-8 or UTF-16. Nothing that it names is opened.

    Raises `DocumentError`: `too_large` (above 64 MiB), `xml_unreadable`, `xml_namespace` (no URI), `xml_doctype`
    (any DTD, so any entity), `xml_encoding`, `xml_too_complex` (more than 200 levels, 200,000 elements, 1,000 attributes of one element).
    """
    if len(document) > LARGEST:
        raise DocumentError("too_large")
    _check_bounds(document)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        strip_cdata=True,  # the canonical form has none either
    )
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        # Namespaces in XML 1.0, 3: a namespace name is a URI reference, so it has no Japanese letters unless percent-encoded.
        # (1.1, 3, takes IRIs, for XML 1.1 alone.) libxml2 makes no canonical form of such names, nor does xmlsec.
        raise DocumentError("xml_namespace" if error.code in _NO_URI else "xml_unreadable") from None
    if root.getroottree().docinfo.doctype:
        raise DocumentError("xml_doctype")
    return root


def _check_bounds(document: bytes) -> None:
    """A pass with expat before a tree is built: a DTD is refused where it begins, before anything in it can be expanded."""
    bounds = _Bounds()
    walk = expat.ParserCreate()
    walk.ordered_attributes = True
    walk.StartElementHandler = bounds.start
    walk.EndElementHandler = bounds.end
    walk.StartDoctypeDeclHandler = bounds.doctype
    walk.XmlDeclHandler = bounds.declaration
    try:
        walk.Parse(document, True)
    except expat.ExpatError:
        raise DocumentError("xml_unreadable") from None
    except ValueError:  # "multi-byte encodings are not supported", before the handler of the declaration is called
        raise DocumentError("xml_encoding") from None


def write_xml(root: Element) -> bytes:
    """The whole document as UTF-8 with a declaration; what stands before and behind the root element stays."""
    written: bytes = etree.tostring(root.getroottree(), encoding="utf-8", xml_declaration=True)
    return written


def tag(namespace: str, name: str) -> str:
    """A name as lxml writes it."""
    return f"{{{namespace}}}{name}"


def canonical(node: Element, algorithm: str, *, comments: bool = False, prefixes: list[str] | None = None) -> bytes:
    """The canonical form of an element and all below it, as it stands in its document.

    `comments`: they stay where the algorithm keeps them. A reference into the same document never has any (XML Signature 1.1,
    4.4.3.3). The inclusive forms take over `xml:` attributes of elements above (Canonical XML 1.0, 2.4; 1.1: `xml:lang` and
    `xml:space`). Raises `DocumentError`: `xml_canonical` for an unknown algorithm and for names that have no canonical form,
    `xml_base` (1.1 joins its values; no application form has one).
    """
    if algorithm not in CANONICAL:
        raise DocumentError("xml_canonical")
    plain, with_comments = CANONICAL[algorithm]
    apex = etree.fromstring(etree.tostring(node, encoding="utf-8", with_tail=False), _COPIES)
    if plain != C14N_EXCLUSIVE:
        _inherit(node, apex, plain)
    try:
        form: bytes = etree.tostring(
            apex,
            method="c14n",
            exclusive=plain == C14N_EXCLUSIVE,
            with_comments=comments and with_comments,
            inclusive_ns_prefixes=prefixes,
        )
    except etree.C14NError:  # a namespace that is no whole URI
        raise DocumentError("xml_canonical") from None
    return form


def canonical_document(root: Element, algorithm: str) -> bytes:
    """The canonical form of a whole document: processing instructions before and behind the root belong to it, comments do not
    (XML Signature 1.1, 4.4.3.3). Raises `DocumentError("xml_canonical")`.
    """
    if algorithm not in CANONICAL:
        raise DocumentError("xml_canonical")
    exclusive = CANONICAL[algorithm][0] == C14N_EXCLUSIVE
    try:
        form: bytes = etree.tostring(root.getroottree(), method="c14n", exclusive=exclusive, with_comments=False)
    except etree.C14NError:
        raise DocumentError("xml_canonical") from None
    return form


_COPIES = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _inherit(node: Element, apex: Element, algorithm: str) -> None:
    for above in node.iterancestors():
        for name, value in above.attrib.items():
            if not name.startswith(f"{{{XML}}}"):
                continue
            if name == tag(XML, "base") and algorithm == C14N_11:
                raise DocumentError("xml_base")
            if name == tag(XML, "id") and algorithm == C14N_11:
                continue
            if name not in apex.attrib:
                apex.set(name, value)


def signatures_in(root: Element) -> list[Element]:
    """All signatures, in document order."""
    return list(root.iter(tag(DS, "Signature")))


def without(node: Element) -> None:
    """Take an element out of its tree; the text behind it stays (XML Signature 1.1, 6.6.4)."""
    parent = node.getparent()
    if parent is None:
        return
    before = node.getprevious()
    if node.tail:
        if before is None:
            parent.text = (parent.text or "") + node.tail
        else:
            before.tail = (before.tail or "") + node.tail
    parent.remove(node)


def identified(root: Element) -> Iterator[tuple[str, Element]]:
    """Every element that carries an identifier (`Id`, `ID`, `id`, `xml:id`), with it; one element may have several."""
    for node in root.iter(etree.Element):
        for name in ("Id", "ID", "id", tag(XML, "id")):
            value = node.get(name)
            if value is not None:
                yield value, node
