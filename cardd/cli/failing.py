"""How cardctl ends when something went wrong: as a JSON object, or as sentences for the person at the counter."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cardd.cli import screen
from cardd.cli.texts import Speech
from cardd.client import RemoteError
from cardd.wire.fault_table import fault

EXIT_NO_DAEMON: Final = 69
"""EX_UNAVAILABLE of sysexits.h."""
EXIT_DATA: Final = 65
"""EX_DATAERR."""
EXIT_NOT_WRITTEN: Final = 73
"""EX_CANTCREAT."""
EXIT_NO_ACCESS: Final = 77
"""EX_NOPERM."""
EXIT_INTERRUPTED: Final = 130
"""128 + SIGINT, as shells count."""

_LOCAL: Mapping[str, tuple[str, int]] = {
    "no_daemon": ("daemon.unreachable", EXIT_NO_DAEMON),
    "no_access": ("daemon.no_access", EXIT_NO_ACCESS),
    "daemon_gone": ("daemon.gone", EXIT_NO_DAEMON),
    "not_written": ("output.not_written", EXIT_NOT_WRITTEN),
    "exists_already": ("output.exists", EXIT_NOT_WRITTEN),
    "p7s_no_signature_file": ("signatures.no_signature_file", EXIT_DATA),
    "p7s_other_content": ("signatures.other_content", EXIT_DATA),
    "p7s_two_signers": ("signatures.two_signers", EXIT_DATA),
    "p7s_same_badge": ("signatures.same_badge", EXIT_DATA),
    "changed_meanwhile": ("signatures.changed_meanwhile", EXIT_DATA),
    "export_broken": ("output.export_broken", EXIT_DATA),
    "no_documents_extra": ("documents.not_installed", EXIT_NO_DAEMON),
    "no_folder": ("output.no_folder", EXIT_NOT_WRITTEN),
}
_DETAILS = ("reader", "command", "sw", "pcsc_code", "incident", "request_id")


@dataclass
class Ended(Exception):
    """The command ends with an error. `error` has the members of an error answer: `name`, `message`, `exit_code` and facts."""

    error: Mapping[str, Any]
    speech: Speech

    @property
    def exit_code(self) -> int:
        code = self.error.get("exit_code")
        return code if isinstance(code, int) else 1


def remote_error(speech: Speech, error: RemoteError) -> Ended:
    """What the daemon said."""
    return Ended({**error.data, "name": error.name, "message": error.message, "remedy": error.remedy}, speech)


def local_error(speech: Speech, key: str, **values: object) -> Ended:
    """What cardctl found by itself; `key` is that of the text."""
    name, exit_code = _LOCAL[key]
    error: dict[str, Any] = {"name": name, "message": speech(key, **values), "exit_code": exit_code}
    if speech.has(f"{key}.remedy"):
        error["remedy"] = speech(f"{key}.remedy")
    return Ended(error, speech)


def document_error(speech: Speech, word: str) -> Ended:
    """What is wrong with a document, by the word of `cardd.documents.errors.DocumentError`."""
    from cardd.documents.sentences import SENTENCES  # noqa: PLC0415  # only where a document was at hand

    sentence = SENTENCES[word]
    message, remedy = (sentence.ja, sentence.ja_remedy) if speech.locale == "ja" else (sentence.en, sentence.en_remedy)
    return Ended({"name": f"document.{word}", "message": message, "remedy": remedy, "exit_code": EXIT_DATA}, speech)


def signature_lost(ended: Ended, receipt: Mapping[str, Any]) -> Ended:
    """The same, when the card had made its signature before: whoever reads it knows what became of PIN and card."""
    told = {"signature": "lost", "pin": {"outcome": "accepted"}, "receipt": receipt}
    return Ended({**ended.error, **told}, ended.speech)


def table_error(speech: Speech, name: str, **facts: str) -> Ended:
    """An error of the daemon's table, for what this side sees without asking."""
    row, locale = fault(name), speech.locale
    told = {"name": row.name, "message": row.message.of(locale), "remedy": row.remedy.of(locale)}
    return Ended({**told, **facts, "exit_code": row.exit_code}, speech)


def sentences(error: Mapping[str, Any], say: Speech, given: Sequence[str] = ()) -> Iterator[str]:
    """What a person reads: what happened, why, what became of card and PIN, what to do, and details for the office's IT.

    `given`: the arguments of the command, which stand in what is to be done next where a second person must agree.
    """
    yield f"{error['message']} ({error['name']})"
    facts = [(label, text) for label, text in facts_of(error, say) if text]
    yield from _labelled([(say(f"error.{label}"), text) for label, text in facts])
    if error["name"] == "approval.required" and error.get("approval"):
        approval = str(error["approval"])
        yield say("approval_next", number=1, who=say("approval_next.other"))
        yield f"     cardctl approvals give {approval}"
        yield say("approval_next", number=2, who=say("approval_next.you"))
        yield f"     {repeated_with(given, approval)}"


def _labelled(facts: Sequence[tuple[str, str]]) -> Iterator[str]:
    """One fact a line, or more where the terminal is narrow; each begins behind its label."""
    lines, room = screen.table(facts), screen.room()
    behind = max((screen.columns(label) for label, _ in facts), default=0) + len(screen.GAP)
    for line in lines:
        yield from [line] if room is None else screen.wrapped(line, room, " " * behind)


def repeated_with(given: Sequence[str], approval: str) -> str:
    """The command once more, as a shell takes it, with this approval and no other."""
    end = given.index("--") if "--" in given else len(given)
    words = list(given[:end])
    while "--approval" in words:
        place = words.index("--approval")
        del words[place : place + 2]
    words = [word for word in words if not word.startswith("--approval=")]
    return shlex.join(["cardctl", *words, "--approval", approval, *given[end:]])


def facts_of(error: Mapping[str, Any], say: Speech) -> Iterator[tuple[str, str]]:
    """Label and text of each fact of an error: why, what became of card and PIN, how long to wait, what to do. A text may be empty."""
    yield "reason", _reason(error, say)
    yield "signature", say("signature.lost") if error.get("signature") == "lost" else ""
    if error.get("card"):
        yield "card", say(f"card.{error['card']}")
    yield "pin", _pin(error, say)
    if error.get("retry_after_s"):
        yield "wait", say("seconds", n=error["retry_after_s"])
    if error.get("percent") is not None:
        yield "progress", f"{error['percent']} %"
    yield "remedy", str(error.get("remedy") or "")
    # Numbers that mean something only in the log help nobody while the case is clear.
    shown = _DETAILS if error["name"] in ("internal", "card.bad_answer") else _DETAILS[:-1]
    yield "detail", " ".join(f"{fact}={error[fact]}" for fact in shown if error.get(fact))


def _reason(error: Mapping[str, Any], say: Speech) -> str:
    parts = [say.why(error["name"], error["problem"])] if error.get("problem") else []
    if error.get("field"):
        parts.append(say(f"item.{error['field']}") if say.has(f"item.{error['field']}") else str(error["field"]))
    if error.get("holder"):
        parts.append(str(error["holder"]))
    if error.get("rule"):
        parts.append(say("rule", rule=error["rule"]))
    return parts[0] + (f" [{', '.join(parts[1:])}]" if parts[1:] else "") if parts else ""


def _pin(error: Mapping[str, Any], say: Speech) -> str:
    fate = error.get("pin") or {}
    tries = fate.get("tries_left", error.get("tries_left"))
    parts = [
        say(f"pin.{error['which']}") if error.get("which") else "",
        say(f"pin_outcome.{fate['outcome']}") if fate.get("outcome") else "",
        say("tries", n=tries) if tries is not None else "",
    ]
    return " ".join(part for part in parts if part)
