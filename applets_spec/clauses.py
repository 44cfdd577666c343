"""What a clause is: one sentence the reference cards obey, with where it comes from.

Each applet's `spec.py` lists its own clauses as `CLAUSES`; the clauses that hold for all cards stand here.
Sources are public: standards by number and clause, repositories by name. "assumed" marks what no public source tells
and somebody had to choose; the choice is then the stricter one for the reader's side.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clause:
    """One rule: `id` as vectors and tables name it, `source` where it is published, `text` in our words."""

    id: str
    source: str
    text: str
    assumed: bool = False


ISO_7816_3 = "ISO/IEC 7816-3:2006"
ISO_7816_4 = "ISO/IEC 7816-4:2020"

CLAUSES = (
    Clause(
        "apdu.cases",
        f"{ISO_7816_3}, 12.1.3",
        "The four command cases, short and extended; lengths that do not fit answer 6700.",
    ),
    Clause(
        "apdu.short-only",
        "OpenSC card-jpki.c (historical bytes)",
        "Some cards declare no extended length: they answer 6700.",
    ),
    Clause(
        "apdu.case-1",
        "jpki-web apdu.py",
        "Where a stack refuses a 4-byte command with 6700, the same with Le 00 is answered.",
    ),
    Clause("apdu.first-command", "myna-card README", "A card may answer 6F00 to the first command after power-up."),
    Clause("apdu.channels", "myna-card src/mf.rs", "Logical channels other than 0 answer 6881."),
    Clause(
        "apdu.secure-messaging-class",
        "myna-card src/sm.rs",
        "Secure messaging class bytes: 6882 on SELECT, 69FC on others.",
    ),
    Clause("apdu.class", f"{ISO_7816_4}, 5.4.1", "A class byte that the card does not know answers 6E00."),
    Clause("apdu.instruction", f"{ISO_7816_4}, 5.6", "An instruction that the applet does not know answers 6D00."),
    Clause(
        "apdu.get-response",
        f"{ISO_7816_4}, 11.8.1",
        "Data that did not fit waits for GET RESPONSE; any other command drops it.",
    ),
    Clause(
        "apdu.chaining",
        f"{ISO_7816_4}, 5.3.3",
        "Bit 5 of CLA: more links follow; only the last link is answered with data.",
    ),
    Clause(
        "apdu.t0", f"{ISO_7816_3}, 12.2", "T=0: data of a case 4 command waits behind 61xx; a wrong Le is told by 6Cxx."
    ),
    Clause(
        "select.prefix",
        "myna-card README; jpki/myna find_ap",
        "A proper prefix of an AID selects on the My Number card.",
    ),
    Clause("select.unknown", f"{ISO_7816_4}, 11.2.2", "An unknown AID answers 6A82; the current application stays."),
    Clause(
        "reset.warm",
        "myna-sign src/card.rs; myna-card README",
        "PIN state survives a warm reset on the My Number card.",
    ),
    Clause(
        "reset.power",
        "myna-sign src/card.rs; myna-card README",
        "Loss of power clears PIN state and the current application.",
    ),
    Clause("atr.contact", "OpenSC win32/customactions.cpp", "Five contact products are known by their ATR."),
    Clause(
        "atr.contactless",
        "OpenSC win32/customactions.cpp",
        "Four contactless products; some readers report only 3B 80 80 01 01.",
    ),
    Clause(
        "atr.pupi",
        "OpenSC win32/customactions.cpp",
        "Some readers put the random PUPI into the ATR; its place is assumed.",
        True,
    ),
)
