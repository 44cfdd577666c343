"""Tables of the issuer security domain and of the state in which no application is selected: its data objects."""

from enum import IntEnum, unique

from applets_spec.clauses import Clause

NAME = "issuer_domain"
AID = bytes.fromhex("A0000001510000")


@unique
class DataObject(IntEnum):
    """P1P2 of GET DATA (myna-card src/mf.rs; F0 and F2 also sc-tools-myna)."""

    ISSUER_IDENTIFICATION = 0x0042
    CARD_IMAGE = 0x0045
    CARD_DATA = 0x0066
    MUNICIPALITY = 0x00F0
    EXPIRY = 0x00F2
    CV_CERTIFICATE_F7 = 0x00F7
    CV_CERTIFICATE_F8 = 0x00F8
    CV_CERTIFICATE = 0x7F21
    CONTACT_ATR = 0x5F51


CLAUSES = (
    Clause(
        "issuer-domain.aid",
        "myna-card; myna-sign",
        "The domain A0000001510000 can be selected; this logs out of every application.",
    ),
    Clause(
        "issuer-domain.objects",
        "myna-card src/mf.rs",
        "GET DATA gives its objects only while no application is selected: after power-up.",
    ),
    Clause(
        "issuer-domain.selected",
        "myna-card src/mf.rs",
        "Once the domain itself is selected, GET DATA answers 6A88.",
        True,
    ),
    Clause("issuer-domain.values", "myna-card src/mf.rs", "An object comes without its tag and length.", True),
    Clause(
        "issuer-domain.long",
        "myna-card",
        "An object of more than 256 bytes needs an extended Le; a short one answers 6700.",
    ),
    Clause("issuer-domain.absent", "ISO/IEC 7816-4:2020, 11.6.2", "An object that is not there answers 6A88."),
)
