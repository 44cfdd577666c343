"""The page `docs/errors.md`, made from the table of faults: `python -m cardd.wire.errors_page > docs/errors.md`."""

import sys

from cardd.wire.fault import Fault
from cardd.wire.fault_table import CARDS, OFFICE, PINS, REQUESTS, SESSIONS, SIGNATURES

_ACTORS = {
    "clerk": "窓口の職員 / the clerk",
    "resident": "住民の方と一緒に / the resident, with the clerk",
    "supervisor": "責任者 / the supervisor",
    "it": "情報システム担当 / the office's IT",
    "program": "業務アプリケーションの担当者 / the maker of the calling program",
}
_GROUPS = (
    ("Requests and connections", REQUESTS),
    ("Sessions, rules, record, agents", SESSIONS),
    ("Second person, emergency stop, badges, grants, files of the office", OFFICE),
    ("Cards and readers", CARDS),
    ("PINs", PINS),
    ("Signatures", SIGNATURES),
)
_HEAD = """\
# Errors / エラー一覧

<!-- Made by `python -m cardd.wire.errors_page`; a test compares. Change `cardd/wire/fault_table.py` instead. -->

Every error answer has the JSON-RPC members `code` (the number below) and `message`, and in `data`:
`name`, `actor` (who must act), `retryable` (the same call may succeed later), `remedy`, `exit_code` (what `cardctl`
ends with), `doc`, and `request_id`, which stands in the daemon's log and in the record as well. Where it matters, `card`
says what became of the card (`untouched`, `cleared`, `removed`, `held`, `unknown`: take it out) and `pin` what became of the
retry counter (`outcome`: `untouched`, `accepted`, `spent`, `may_be_spent`; `tries_left`). Further members say where:
`field`, `rule`, `approval`, `remaining`, `reader`, `holder`, `place`, `retry_after_s`, `limit`, `percent`, `which`, `tries_left`,
`sw`, `pcsc_code`, `command`, `problem`. No error carries anything that was read from a card or sent in a request.

Names and numbers never change. A client that meets a name it does not know treats it as `internal`. `cardctl` ends
with 69 where no daemon answers.
"""


def page() -> str:
    """The whole page, Markdown."""
    parts = [_HEAD]
    for title, rows in _GROUPS:
        parts.append(f"\n## {title}\n")
        parts += [_entry(row) for row in rows]
    return "".join(parts)


def _entry(row: Fault) -> str:
    again = "yes" if row.retryable else "no"
    return (
        f'\n<a id="{row.doc.split("#")[1]}"></a>\n\n### `{row.name}`\n\n'
        f"{row.message.ja} {row.message.en}\n\n"
        f"- 次の操作 / next: {row.remedy.ja} {row.remedy.en}\n"
        f"- 対応する人 / who acts: {_ACTORS[row.actor]}\n"
        f"- number {row.number} · may succeed later: {again} · exit code {row.exit_code}\n"
    )


if __name__ == "__main__":
    sys.stdout.write(page())
