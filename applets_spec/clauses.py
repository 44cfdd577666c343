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
    Clause(
        "select.df",
        "OpenSC card-jpki.c; jpki/myna src/reader.rs",
        "SELECT by AID gives no data; the current EF is lost.",
    ),
    Clause(
        "select.df-p2",
        "unnamed Rust APDU crate in the public code index",
        "P2 00 works as well as 0C; other values answer 6A86.",
    ),
    Clause("select.df-le", f"{ISO_7816_4}, 11.2.2", "P2 0C asks for no data: a Le beside it answers 6700.", True),
    Clause(
        "select.other-df",
        "OpenSC card-jpki.c; myna-card; myna-sign",
        "SELECT of another DF clears the PIN state of the first.",
    ),
    Clause(
        "select.same-df",
        "OpenSC card-jpki.c",
        "SELECT of the same DF counts as logout; a variant keeps the state.",
        True,
    ),
    Clause(
        "select.empty-aid", f"{ISO_7816_4}, 11.2.2", "An empty AID selects nothing: 6A82. Over 16 bytes: 6700.", True
    ),
    Clause(
        "select.ef",
        "OpenSC card-jpki.c; jpki/myna src/reader.rs",
        "00 A4 02 0C 02 id; an EF that is not there answers 6A82.",
    ),
    Clause(
        "select.ef-form",
        f"{ISO_7816_4}, 11.2.2",
        "Other P1 or P2: 6A86. An identifier that is not 2 bytes, or a Le: 6700.",
        True,
    ),
    Clause(
        "select.mf", "myna-card src/mf.rs", "00 A4 00 00: 6A86 after reset, 9000 without effect in a DF; 3F00: 6A82."
    ),
    Clause("read.offset", "jpki-web apdu.py; myna-card", "An offset at or past the end of the EF answers 6B00."),
    Clause("read.current", f"{ISO_7816_4}, 11.3", "Without current EF 6986; a PIN or key EF 6981; without Le 6700."),
    Clause(
        "read.sfi",
        "myna-card; 在留カード等仕様書 1.5",
        "P1 80 + SFI names the EF and makes it current; bits 6 and 7 set: 6A86.",
    ),
    Clause(
        "read.end",
        "myna-card; jpki-web apdu.py",
        "A read over the end gives the rest with 9000; a variant answers 6282.",
        True,
    ),
    Clause(
        "read.record",
        "jpki/myna src/unknown.rs; myna-card",
        "READ RECORD: SFI in the high bits of P2, then 100; none there: 6A83.",
    ),
    Clause(
        "pin.verify",
        "OpenSC card-jpki.c and ten others",
        "VERIFY compares bytes, without padding, with the current PIN EF.",
    ),
    Clause("pin.sfi", "myna-card; JpDrvLicNfcCommand", "VERIFY with P2 80 + SFI needs no SELECT EF."),
    Clause("pin.status", "OpenSC card-jpki.c and eight others", "VERIFY without data answers 63Cx and costs no try."),
    Clause(
        "pin.exhausted",
        "在留カード等仕様書 1.5; jpki/myna (Go)",
        "The try that uses up the counter answers 63C0, later ones 6984.",
    ),
    Clause(
        "pin.blocked-6983", "jpki-local-signer; jpki-web", "Some software expects 6983 for a blocked PIN: a variant."
    ),
    Clause(
        "pin.blocked-status",
        "myna-card (EF 0012)",
        "The status question on a blocked PIN answers 63C0; a variant answers like a try.",
    ),
    Clause(
        "pin.verified-status",
        "myna-card",
        "The status question on a verified PIN answers 63Cx; a variant answers 9000.",
    ),
    Clause(
        "pin.counter",
        "PocketSign documentation; myna-card",
        "Only a right PIN sets the counter back; each PIN has its own; it persists.",
    ),
    Clause(
        "pin.form", f"{ISO_7816_4}, 11.5.6", "P1 not 00 or P2 outside 80 to 9E: 6A86; a Le beside data: 6700.", True
    ),
    Clause("pin.wrong-clears", f"{ISO_7816_4}, 5.4.5", "A wrong try takes the verified state away.", True),
    Clause(
        "pin.change",
        "jpki/myna; myna-card",
        "CHANGE REFERENCE DATA takes the new PIN alone, after VERIFY on the same EF.",
    ),
    Clause(
        "pin.change-length",
        "PocketSign documentation",
        "A new PIN of a length that its kind does not have answers 6A80.",
        True,
    ),
    Clause("pin.unlock", "myna-card", "UNLOCK KEY is the issuer's: 6982 to everybody here."),
    Clause(
        "key.sign",
        "OpenSC card-jpki.c and eleven others",
        "80 2A 00 80 pads the data with PKCS#1 v1.5; 256 bytes come back.",
    ),
    Clause("key.no-pin", "jpki/myna; myna-card", "A key whose PIN is not verified answers 6982."),
    Clause("key.modes", "myna-card", "P1 00 to 05 choose hash and padding; others answer 6A86."),
    Clause("key.p2", "myna-card", "P2 80 + SFI names the key without SELECT EF."),
    Clause("key.input", "myna-card", "P1 00 takes 1 to 245 bytes, whatever they are; a hash has 32. Others: 6700."),
    Clause(
        "key.le",
        f"{ISO_7816_4}, 5.2; {ISO_7816_3}, 12.2",
        "Without Le 6700, but over T=0, which sends no Le beside data; a Le under 256 answers 6C00.",
        True,
    ),
    Clause(
        "key.challenge", "myna-card; sc-tools-myna", "GET CHALLENGE gives 1 to 256 bytes; an extended Le answers 6985."
    ),
    Clause(
        "key.session", "myna-card src/sm.rs", "SET SESSION KEY: 6982 in JPKI-AP and 住基AP, 66F1 in 共通AP and 券面AP."
    ),
)
