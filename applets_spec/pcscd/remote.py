"""What may be done to the stand-in's readers from another process: one JSON object a line over a Unix socket, answered in kind.

`{"do": "insert", "reader": 0, "card": "/path/card.json"}` → `{"ok": true}` or `{"ok": false, "error": "…"}`. Unknown
words, fields and types are refused by name. The table `ACTIONS` is the whole of it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from applets_spec.card import Card
from applets_spec.card_file import CardFileError
from applets_spec.fault_script import PRESETS, FaultScriptError, load_script
from applets_spec.faults import FaultyCard
from applets_spec.pcscd.pin_pad import PinPad
from applets_spec.pcscd.profile import PadProfile, ReaderProfile
from applets_spec.pcscd.server import ReaderUnknown, StandInPcscd
from applets_spec.pcscd.slot import Slot, SlotEmpty, SlotOccupied
from applets_spec.trace import TracedCard

Fields = dict[str, Any]


class Refused(Exception):
    """The request cannot be done; the text says why."""


@dataclass(frozen=True)
class Action:
    """One word of the protocol: what it does, its required and optional fields with their types."""

    run: Callable[[Remote, Fields], Fields]
    required: Mapping[str, type]
    optional: Mapping[str, type]


@dataclass
class _Inserted:
    """A card put in from outside, with its two wrappers at hand."""

    path: str
    faulty: FaultyCard
    traced: TracedCard


class Remote:
    """The requests, carried out on one daemon. `stop` is set when somebody asks for the end."""

    def __init__(self, daemon: StandInPcscd) -> None:
        self.daemon = daemon
        self.stop = threading.Event()
        self._lock = threading.Lock()
        self._inserted: dict[Slot, _Inserted] = {}
        self._files = ExitStack()

    def close(self) -> None:
        """Close trace files."""
        self._files.close()

    def handle(self, line: bytes) -> bytes:
        """One request line to one answer line. Never raises for what a client sent."""
        try:
            with self._lock:
                answer = {"ok": True, **self._do(line)}
        except (Refused, CardFileError, FaultScriptError) as refused:
            answer = {"ok": False, "error": str(refused)}
        except SlotOccupied:
            answer = {"ok": False, "error": "there is a card in this reader already"}
        except SlotEmpty:
            answer = {"ok": False, "error": "there is no card in this reader"}
        return json.dumps(answer, ensure_ascii=False).encode() + b"\n"

    def _do(self, line: bytes) -> Fields:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            raise Refused("this is no JSON") from None
        if not isinstance(request, dict) or not isinstance(request.get("do"), str):
            raise Refused("a request is an object with the word `do`")
        fields = {key: value for key, value in request.items() if key != "do"}
        action = ACTIONS.get(request["do"])
        if action is None:
            raise Refused(f"`do` is one of {', '.join(ACTIONS)}")
        _check(action, fields)
        return action.run(self, fields)

    def _slot(self, fields: Fields) -> Slot:
        number = fields["reader"]
        if not 0 <= number < len(self.daemon.slots):
            raise Refused(f"there is no reader {number}; there are {len(self.daemon.slots)}, from 0")
        return self.daemon.slots[number]

    def _pad(self, fields: Fields) -> PinPad:
        pad = self._slot(fields).pad
        if pad is None:
            raise Refused("this reader has no PIN pad")
        return pad

    def list_readers(self, _: Fields) -> Fields:
        """All readers, their cards, and whether a pad is waiting for somebody."""
        rows = []
        for number, slot in enumerate(self.daemon.slots):
            card = self._inserted.get(slot) if slot.card is not None else None
            rows.append(
                {
                    "reader": number,
                    "name": slot.profile.name.encode("utf-8", "replace").decode(),
                    "card": None if slot.card is None else (card.path if card else "(unnamed)"),
                    "pad": None if slot.pad is None else ("asking" if slot.pad.asking else "idle"),
                }
            )
        return {"running": self.daemon.running, "socket": str(self.daemon.socket_path), "readers": rows}

    def insert(self, fields: Fields) -> Fields:
        """Put the card of a file in; faults and trace come along if named."""
        slot = self._slot(fields)
        if slot.card is not None:
            raise SlotOccupied
        traced = TracedCard(Card.load(Path(fields["card"])))
        row = _Inserted(fields["card"], FaultyCard(traced, ()), traced)
        self._apply(row, fields)
        self._inserted[slot] = row
        slot.insert(row.faulty)
        return {}

    def pull(self, fields: Fields) -> Fields:
        """Take the card out."""
        slot = self._slot(fields)
        slot.pull()
        self._inserted.pop(slot, None)
        return {}

    def fault(self, fields: Fields) -> Fields:
        """Let the card that is in follow a script, a preset, or nothing any more."""
        self._apply(self._present(fields), {"script": None, **fields})
        return {}

    def trace(self, fields: Fields) -> Fields:
        """Write what passes to and from the card that is in into a file; without one: stop."""
        self._apply(self._present(fields), {"trace": None, **fields})
        return {}

    def plug(self, fields: Fields) -> Fields:
        """Plug a reader in."""
        try:
            profile = ReaderProfile(fields["name"], pad=PadProfile() if fields.get("pad") else None)
        except ValueError as error:
            raise Refused(str(error)) from error
        slot = self.daemon.plug(profile)
        return {"reader": self.daemon.slots.index(slot)}

    def unplug(self, fields: Fields) -> Fields:
        """Unplug a reader; the numbers of those behind it shift."""
        slot = self._slot(fields)
        try:
            self.daemon.unplug(slot)
        except ReaderUnknown as unknown:
            raise Refused("this reader has just been unplugged") from unknown
        self._inserted.pop(slot, None)
        return {}

    def type_pin(self, fields: Fields) -> Fields:
        """A person types digits and OK."""
        try:
            self._pad(fields).type(fields["digits"])
        except ValueError as error:
            raise Refused(str(error)) from error
        return {}

    def cancel_pin(self, fields: Fields) -> Fields:
        """A person presses cancel."""
        self._pad(fields).cancel()
        return {}

    def walk_away(self, fields: Fields) -> Fields:
        """The person types nothing: time-out at once."""
        self._pad(fields).walk_away()
        return {}

    def kill(self, _: Fields) -> Fields:
        """The daemon dies; readers and cards stay."""
        self.daemon.kill()
        return {}

    def start(self, _: Fields) -> Fields:
        """The daemon comes back."""
        self.daemon.start()
        return {}

    def restart(self, _: Fields) -> Fields:
        """The daemon is restarted in good order."""
        self.daemon.restart()
        return {}

    def end(self, _: Fields) -> Fields:
        """End the whole program."""
        self.stop.set()
        return {}

    def _present(self, fields: Fields) -> _Inserted:
        slot = self._slot(fields)
        if slot.card is None or slot not in self._inserted:
            raise SlotEmpty
        return self._inserted[slot]

    def _apply(self, row: _Inserted, fields: Fields) -> None:
        if "script" in fields:
            row.faulty.follow(_faults(fields["script"]))
        if "trace" in fields:
            out = None
            if fields["trace"] is not None:
                try:
                    file = Path(fields["trace"]).open("a", encoding="utf-8")  # noqa: SIM115 (the stack closes it)
                except OSError as error:
                    raise Refused(f"{fields['trace']}: {error.strerror}") from error
                out = self._files.enter_context(file)
            row.traced.write_to(out, show_pins=fields.get("show_pins", False))


def _faults(script: str | None) -> tuple[Any, ...]:
    if script is None:
        return ()
    return PRESETS[script] if script in PRESETS else load_script(Path(script))


def _check(action: Action, fields: Fields) -> None:
    known = {**action.required, **action.optional}
    for key in fields:
        if key not in known:
            raise Refused(f"unknown field `{key}`")
    for key, kind in known.items():
        if key not in fields:
            if key in action.required:
                raise Refused(f"the field `{key}` is missing")
        elif not isinstance(fields[key], kind) or (kind is int and isinstance(fields[key], bool)):
            raise Refused(f"`{key}` must be {_WORDS[kind]}")


_WORDS: dict[type, str] = {int: "a whole number", str: "a text", bool: "true or false"}
_READER = {"reader": int}
_TRACE = {"trace": str, "show_pins": bool}

ACTIONS: dict[str, Action] = {
    "list": Action(Remote.list_readers, {}, {}),
    "insert": Action(Remote.insert, {**_READER, "card": str}, {"script": str, **_TRACE}),
    "pull": Action(Remote.pull, _READER, {}),
    "fault": Action(Remote.fault, _READER, {"script": str}),
    "trace": Action(Remote.trace, _READER, _TRACE),
    "plug": Action(Remote.plug, {"name": str}, {"pad": bool}),
    "unplug": Action(Remote.unplug, _READER, {}),
    "pad.type": Action(Remote.type_pin, {**_READER, "digits": str}, {}),
    "pad.cancel": Action(Remote.cancel_pin, _READER, {}),
    "pad.walk_away": Action(Remote.walk_away, _READER, {}),
    "kill": Action(Remote.kill, {}, {}),
    "start": Action(Remote.start, {}, {}),
    "restart": Action(Remote.restart, {}, {}),
    "end": Action(Remote.end, {}, {}),
}
