"""The manual page `docs/man/cardctl.1`, made from the commands: `python -m cardd.cli.man_page > docs/man/cardctl.1`."""

import inspect
import re
import sys
from collections.abc import Iterator

import click

from cardd.cli.main import main

_HEAD = r""".\" Made by `python -m cardd.cli.man_page`; a test compares.
.TH CARDCTL 1 "" cardd "User commands"
.ad l
.SH NAME
cardctl \- work with residents' cards and operators' badges through cardd
.SH SYNOPSIS
.B cardctl
[\fIOPTIONS\fR] \fICOMMAND\fR [\fIARGUMENTS\fR]
"""
_TAIL = r""".SH PINS
A PIN is asked for at the terminal; echo is off before the question stands there, and what was typed ahead is thrown away.
It is never taken from an argument or from the environment, which other programs can read.
.PP
A script hands PINs over with \fB\-\-pin\-fd\fR, one a line, in the order in which they are asked for:
.PP
.nf
    cardctl \-\-pin\-fd 3 login 3< <(secret\-tool lookup badge mine)
.fi
.PP
The agreement to use a last try is never taken from a descriptor: it is a person's act.
.SH EXIT STATUS
0, or that of the error as `cardctl errors \-\-json` lists it: 3 cancelled; 4 try again later; 10 card missing; 11 card unfit;
12 card busy; 13 reader; 20 PIN wrong; 21 PIN blocked; 22 PIN not tried; 23 outcome of a PIN unknown; 30 log in first;
31 not allowed; 32 no record, no work; 33 nobody to ask for a PIN; 40 signature; 64 wrong usage; 69 no daemon;
70 fault of the daemon; 73 file cannot be written; 77 socket not for this user; 130 interrupted.
.B health
ends with 1 when a check is bad.
.SH ENVIRONMENT
.TP
.B CARDD_SOCKET
the daemon's socket, where \fB\-\-socket\fR is not given
.TP
.BR LC_ALL ", " LC_MESSAGES ", " LANG
Japanese messages where the first that is set begins with \fIja\fR
.SH COMPLETION
.nf
    eval "$(_CARDCTL_COMPLETE=bash_source cardctl)"
    eval "$(_CARDCTL_COMPLETE=zsh_source cardctl)"
    _CARDCTL_COMPLETE=fish_source cardctl | source
.fi
.SH SEE ALSO
docs/api.md, docs/errors.md, docs/configuration.md of cardd
"""


def page() -> str:
    """The whole page, man(7)."""
    context = click.Context(main, info_name="cardctl", **main.context_settings)
    parts = [_HEAD, ".SH DESCRIPTION\n", _text(main), ".SH OPTIONS\n", *_options(context), ".SH COMMANDS\n"]
    parts += _commands(context)
    return "".join([*parts, _TAIL])


def _commands(above: click.Context) -> Iterator[str]:
    group = above.command
    assert isinstance(group, click.Group)
    for name, command in group.commands.items():
        context = click.Context(command, parent=above, info_name=name)
        if isinstance(command, click.Group):
            yield from _commands(context)
            continue
        usage = " ".join(command.collect_usage_pieces(context))
        yield f".SS {_plain(context.command_path.removeprefix('cardctl '))} {_plain(usage)}\n{_text(command)}"
        yield from _options(context)


def _options(context: click.Context) -> Iterator[str]:
    said_once = ("--json", "-h, --help") if context.parent else ("-h, --help",)
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[0] not in said_once:
            yield f".TP\n\\fB{_plain(record[0])}\\fR\n{_plain(record[1])}\n"


def _text(command: click.Command) -> str:
    """A command's help: paragraphs; those marked with \\b stay as they are written."""
    paragraphs = re.split(r"\n\n+", inspect.cleandoc(command.help or ""))
    return ".PP\n".join(_paragraph(paragraph) for paragraph in paragraphs)


def _paragraph(text: str) -> str:
    if text.startswith("\b\n"):
        return f".nf\n{_plain(text[2:])}\n.fi\n"
    return _plain(" ".join(text.split())) + "\n"


def _plain(text: str) -> str:
    """Text of ours as roff reads it: no line begins a request, and what is not ASCII is named by its code point."""
    escaped = re.sub(r"(?m)^([.'])", r"\\&\1", text.replace("\\", r"\e").replace("-", r"\-"))
    return "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in escaped)


if __name__ == "__main__":
    sys.stdout.write(page())
