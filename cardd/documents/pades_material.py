"""Level LT of PAdES: the validation material goes into the document security store (ISO 32000-2, 12.8.4.3), as a later update."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import IO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_date, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from cardd.documents.model import ValidationMaterial
from cardd.documents.pades_opening import look, open_pdf, reading

_KINDS = (("/Certs", "/Cert", "certificates"), ("/CRLs", "/CRL", "lists"), ("/OCSPs", "/OCSP", "responses"))
"""Name in the store, name in an entry for one signature, name of ours."""


def add_material(stream: IO[bytes], contents: bytes, material: ValidationMaterial) -> None:
    """Append an update with `material` to the PDF in `stream`. `contents`: the signature's `Contents`, padding included.

    Written by ourselves and not by pyHanko's store: that one tells certificates apart by issuer and serial number, and loses one
    of two that share both (the two CAs of one name); and it parses revocation lists of any size, which are only carried here.
    """
    writer = IncrementalPdfFileWriter.from_reader(open_pdf(stream))
    with reading():
        store = look(writer.root, "/DSS")
        if store is None:
            store = generic.DictionaryObject()
            writer.root[pdf_name("/DSS")] = writer.add_object(store)
            writer.update_root()
        entry = generic.DictionaryObject()
        for in_store, in_entry, ours in _KINDS:
            references = _add(writer, store, in_store, getattr(material, ours))
            if references:
                entry[pdf_name(in_entry)] = generic.ArrayObject(references)
        entry[pdf_name("/TU")] = pdf_date(datetime.now(UTC))
        _register(writer, store, contents, entry)
        writer.update_container(store)
        writer.write_in_place()


def _add(
    writer: IncrementalPdfFileWriter, store: generic.DictionaryObject, name: str, ders: Sequence[bytes]
) -> list[generic.IndirectObject]:
    """References to `ders` in the store; what is there already, byte for byte, is not written twice."""
    if not ders:
        return []
    old = list(look(store, name) or ())
    known = {hashlib.sha256(reference.get_object().data).digest(): reference for reference in old}
    references = []
    for der in dict.fromkeys(ders):
        digest = hashlib.sha256(der).digest()
        if digest not in known:
            known[digest] = writer.add_object(generic.StreamObject(stream_data=der))
            old.append(known[digest])
        references.append(known[digest])
    store[pdf_name(name)] = generic.ArrayObject(old)
    return references


def _register(
    writer: IncrementalPdfFileWriter,
    store: generic.DictionaryObject,
    contents: bytes,
    entry: generic.DictionaryObject,
) -> None:
    # The key is SHA-1 of the signature by the standard: a name, not a protection.
    key = pdf_name("/" + hashlib.sha1(contents, usedforsecurity=False).hexdigest().upper())
    entries = look(store, "/VRI")
    if entries is None:
        entries = store[pdf_name("/VRI")] = generic.DictionaryObject()
    entries[key] = writer.add_object(entry)
    writer.update_container(entries)
