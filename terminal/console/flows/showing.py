"""What the pages of a procedure show, as label and text, and the pages themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from cardd.japan_time import day_of
from terminal.console import people
from terminal.console.flows.desk_of import FlowDesk
from terminal.console.flows.fields import Field, Read
from terminal.console.flows.flow import Flow, Note
from terminal.console.page import Page
from terminal.console.say import Say

Problem = tuple[str, tuple[tuple[str, str], ...]] | None


def form(page: Page, at: FlowDesk, wrong: Mapping[str, str], problem: Problem) -> Response:
    """The questions. `wrong`: what is to be mended, by field."""
    typed = at.typed
    return page.show(
        "flow_form.html",
        flow=at.flow,
        step="form",
        fields=[field for field in at.flow.fields if field.asked(typed)],
        typed=typed,
        wrong=wrong,
        reading=at.reading,
        problem=problem,
    )


def check(page: Page, at: FlowDesk, read: Read, problem: Problem, unticked: bool) -> Response:
    """All of it, as it is read aloud."""
    notes = at.flow.notes(at.facts(read.answers))
    return page.show(
        "flow_check.html",
        flow=at.flow,
        step="check",
        reading=at.reading,
        rows=answer_rows(at.flow, read.answers, page.say),
        notes=told(notes, page.say),
        stopped=any(note.kind == "stop" for note in notes),
        shown=at.shown_digest(read.answers),
        problem=problem,
        unticked=unticked,
    )


def done(page: Page, at: FlowDesk) -> Response:
    """Signed: the file, the sheet, the end."""
    done = at.done
    if done is None:
        raise LookupError("nothing was signed")
    content = done.values["content"]
    known = {"flow": at.flow, "step": "done", "done": done, "content": content}
    if at.sheet:
        rows = (
            result_rows(content, page.say)
            if "certificates" in content
            else answer_rows(at.flow, content["answers"], page.say)
        )
        day = day_of(datetime.fromisoformat(content["made_at"])).isoformat()
        key = f"flow.{at.flow.code}.{'checked' if content['stage'] == 'checked' else 'sheet'}"
        titles = [page.say(key)] if page.say.locale == "ja" else [page.say(key), Say("ja")(key)]
        return page.show(
            "flow_sheet.html",
            **known,
            rows=rows,
            notes=told(done.values["notes"], page.say),
            qr=qr(mark(done.values)),
            day=day,
            titles=titles,
        )
    return page.show("flow_done.html", **known)


@dataclass(frozen=True, slots=True)
class Told:
    """A note in words."""

    kind: str
    text: str


def told(notes: Sequence[Note], say: Say) -> list[Told]:
    """Notes in words; days in both calendars."""
    return [Told(note.kind, say(note.key, **_values(note, say))) for note in notes]


def _values(note: Note, say: Say) -> dict[str, object]:
    return {
        name: people.wareki(str(value), say.locale) if name == "day" else value for name, value in note.values.items()
    }


def answer_rows(flow: Flow, answers: Mapping[str, Any], say: Say) -> list[tuple[str, list[str]]]:
    """Label, and one or more lines of text, of every answer in the form's order."""
    return [
        (say(f"flow.{flow.code}.{field.name}"), _lines(flow, field, answers[field.name], say))
        for field in flow.fields
        if field.name in answers
    ]


def result_rows(content: Mapping[str, Any], say: Say) -> list[tuple[str, list[str]]]:
    """What was found of each certificate on the card."""
    return [
        (say(f"flow.certificate_issue.certificates.{row['key']}"), certificate_lines(row, say))
        for row in content["certificates"]
    ]


def certificate_lines(row: Mapping[str, Any], say: Say) -> list[str]:
    """One certificate in words."""
    if not row["readable"]:
        return [say("flow.after.unreadable")]
    day = day_of(datetime.fromisoformat(row["not_after"])).isoformat()
    differing = [say(f"item.{item}") for item, word in row["matches"].items() if word == "differs"]
    silent = all(word == "not_said" for word in row["matches"].values())
    matching = "flow.after.silent" if silent else "flow.after.differs" if differing else "flow.after.same"
    return [
        say("flow.after.until", day=people.wareki(day, say.locale)),
        say("flow.after.status", result=say(f"certresult.{row['result']}")),
        say(matching, items="・".join(differing)),
    ]


def _lines(flow: Flow, field: Field, answer: Any, say: Say) -> list[str]:
    if field.kind == "choice":
        return [say(f"flow.{flow.code}.{field.name}.{answer}")]
    if field.kind == "choices":
        return [say(f"flow.{flow.code}.{field.name}.{word}") for word in answer] or [say("flow.none")]
    if field.kind == "yes":
        return [say("flow.yes" if answer else "flow.no")]
    if field.kind == "date":
        return [people.wareki(answer, say.locale)]
    if field.kind == "lines":
        return list(answer) or [say("flow.none")]
    return [str(answer)]


def mark(values: Mapping[str, Any]) -> str:
    """What the sheet's QR code holds: number and SHA-256 of the request, and its record. Nothing of a person."""
    receipt = values["receipt"]
    return f"cardd-request:{values['content']['id']}:{values['sha256']}:{receipt['log_id']}:{receipt['sequence']}"


def qr(text: str) -> Markup:
    """A QR code as SVG, drawn with attributes alone: the page's policy lets no style through."""
    import segno  # noqa: PLC0415  # with the first sheet

    drawn = segno.make(text, error="m").svg_inline(scale=3, border=2, omitsize=True, svgclass="qr", lineclass=None)
    return Markup(drawn)  # noqa: S704  # made of numbers by segno
