"""`python -m bench`, which `./dev bench` runs: measure, print the tables, write the JSON."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import (
    group_certificates,
    group_checking,
    group_documents,
    group_events,
    group_idle,
    group_policy,
    group_questions,
    group_record,
    group_shipping,
    group_side_by_side,
    group_table,
    group_terminal,
    group_watching,
    results,
    table,
)
from bench.findings import Findings
from bench.place import OUT, Place, open_place
from bench.scope import FULL, QUICK, Say, Scope, make_say

Group = Callable[[Place, Scope, Say, Findings], None]

GROUPS: dict[str, Group] = {
    "table": group_table.measure,
    "events": group_events.measure,
    "idle": group_idle.measure,
    "policy": group_policy.measure,
    "record": group_record.measure,
    "checking": group_checking.measure,
    "readers": group_side_by_side.measure,
    "questions": group_questions.measure,
    "shipping": group_shipping.measure,
    "watching": group_watching.measure,
    "documents": group_documents.measure,
    "certificates": group_certificates.measure,
    "terminal": group_terminal.measure,
}

HELP = """\
Measures cardd on virtual cards, beside bare PC/SC, OpenSC and yubico-piv-tool, in one run on this machine.

  table     commands, bytes and time of each job, at zero latency and at a contactless card's pace
  events    from SCardGetStatusChange's return in the daemon to a subscribed client
  idle      start to ready, memory, wake-ups: the installed wheels and the checkout
  policy    one decision, with the shipped policy and with one of a hundred times as many lines
  record    adding a record beside a bare append of its bytes; starts and memory over logs of 10,000 to 2,000,000 records
  checking  the verifier over 10^4 to 2*10^6 records, against one bare SHA-256 of each
  readers   1, 4 and 16 readers side by side with slow cards
  questions by operator and day, a resident's disclosure, a proof, over logs of 10,000 to 2,000,000 records, and the index itself
  shipping  a terminal's record into PostgreSQL, beside a bare COPY of the same bytes, over logs of 10,000 to 1,000,000 records
  watching  the rules over logs of 10,000 to 2,000,000 records, against a bare pass over them
  documents each format of a signed document beside a bare sign.digest of the same card, and checking it without a daemon;
            1,000 documents under one grant; a PDF of 100 pages beside pyHanko alone, with a key in software; one of 500 MiB
  certificates
            a certificate with a revocation list of 1,000,000 entries beside one of 100, in a program and asked of the
            daemon; taking such a list in
  terminal  a badge pulled at a desktop: from the card's move to Lock on a real D-Bus, beside the daemon's own event

The virtual readers run in a process of their own, cardd in another; libpcsclite is the real one. docs/performance.md says
how each figure is taken. Look at the ratios: milliseconds of two machines, or of two days, cannot be compared.
"""


def main() -> int:
    """0: measured, whatever was found; the tables say which promises were not kept."""
    options = _options()
    say = make_say()
    findings = Findings()
    scope = QUICK if options.quick else FULL
    facts = results.machine()
    for name in [*options.groups, *(options.only or ())] or GROUPS:
        with open_place() as place:
            GROUPS[name](place, scope, say, findings)
    results.write(results.as_json(findings, facts, options.quick), options.json)
    print(_heading(facts, options.quick), table.render(findings), sep="\n\n")
    say(f"done; the figures are in {options.json}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("groups", nargs="*", type=_group, metavar="GROUP", help="these groups alone; none: all")
    parser.add_argument("--quick", action="store_true", help="few runs: within three minutes, with more noise")
    parser.add_argument("--only", action="append", choices=GROUPS, metavar="GROUP", help="the same, one at a time")
    parser.add_argument("--json", type=Path, default=OUT / "results.json", help="where to write (%(default)s)")
    return parser.parse_args()


def _group(name: str) -> str:
    if name not in GROUPS:
        raise argparse.ArgumentTypeError(f"no group {name}; there are: {', '.join(GROUPS)}")
    return name


def _heading(facts: dict[str, object], quick: bool) -> str:
    day = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    return (
        f"cardd on virtual cards, {day}{', quick' if quick else ''}\n"
        f"{facts['cpu']}, {facts['cores']} cores, load before {facts['load']}, {facts['system']}, "
        f"Linux {facts['kernel']}, Python {facts['python']}, records on {facts['disk']}\n"
        f"* by the source of jpki/myna, not run here.  tries?: the tries left were not known, cardd reads them first.  "
        f"SELECT: a card on which files cannot be named in P1 or P2.\n"
        f"Each time is the median of several runs (least - most)."
    )


if __name__ == "__main__":
    sys.exit(main())
