"""What of a document's certificates, lists and responses goes along when only a few may: those that the signer's certificate needs.

Whoever made a document decides in which order things stand in it, and with how many others that have nothing to do with it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from asn1crypto import crl, ocsp, x509

T = TypeVar("T")
R = TypeVar("R")

LONGEST_PATH = 10
"""Certificates from the signer's up to the last one that is looked for."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What goes along, DER, what is needed most first."""

    others: tuple[bytes, ...] = field(repr=False)
    lists: tuple[bytes, ...] = field(repr=False)
    responses: tuple[bytes, ...] = field(repr=False)


def choose(
    certificate: bytes, others: Iterable[bytes], lists: Iterable[bytes], responses: Iterable[bytes], most: int
) -> Chosen:
    """At most `most` of each. First the issuers on the way up, by name, and the lists and responses about the certificates of this
    way from the signer's on; then the others as they came. Each stands there once; what cannot be read comes last.
    """
    others, lists, responses = dict.fromkeys(others), dict.fromkeys(lists), dict.fromkeys(responses)
    leaf = _read(x509.Certificate.load, certificate, _names)
    issuers = {der: found for der in others if (found := _read(x509.Certificate.load, der, _names)) is not None}
    rank: dict[bytes, int | None] = {}
    names: dict[bytes, int] = {}
    wanted = None if leaf is None else leaf[1]
    while wanted is not None and wanted not in names and len(names) < LONGEST_PATH:
        names[wanted] = len(names)
        above = [der for der, (subject, _) in issuers.items() if subject == wanted]
        rank |= {der: names[wanted] for der in above}
        # Several of one name (two generations of a CA) have one issuer, or are their own.
        wanted = next((issuers[der][1] for der in above if issuers[der][1] not in names), None)
    numbers = _serials(certificate, *rank)
    by_issuer = {der: names.get(_read(crl.CertificateList.load, der, _list_issuer) or b"") for der in lists}
    about = {der: _read(ocsp.OCSPResponse.load, der, lambda read: _about(read, numbers)) for der in responses}
    return Chosen(_first(others, rank, most), _first(lists, by_issuer, most), _first(responses, about, most))


def _first(values: Iterable[bytes], rank: dict[bytes, int | None], most: int) -> tuple[bytes, ...]:
    def place(der: bytes) -> int:
        found = rank.get(der)
        return LONGEST_PATH if found is None else found

    return tuple(sorted(values, key=place)[:most])  # sorted keeps the order of equals


def _read(load: Callable[[bytes], T], der: bytes, look: Callable[[T], R]) -> R | None:
    try:
        return look(load(der))
    except (ValueError, TypeError, KeyError):  # asn1crypto, over what is not what it stands for
        return None


def _names(read: x509.Certificate) -> tuple[bytes, bytes]:
    return read.subject.dump(), read.issuer.dump()


def _list_issuer(read: crl.CertificateList) -> bytes:
    return bytes(read["tbs_cert_list"]["issuer"].dump())


def _serials(*certificates: bytes) -> dict[int, int]:
    """Serial numbers of the certificates of the way, and how far up each stands."""
    found = (_read(x509.Certificate.load, der, lambda read: int(read.serial_number)) for der in certificates)
    return {number: place for place, number in enumerate(found) if number is not None}


def _about(read: ocsp.OCSPResponse, numbers: dict[int, int]) -> int | None:
    """How far up the first certificate stands that a response speaks of; None where it is about none of ours."""
    spoken = read.response_data["responses"]
    places = [numbers.get(int(each["cert_id"]["serial_number"].native)) for each in spoken]
    return min((place for place in places if place is not None), default=None)
