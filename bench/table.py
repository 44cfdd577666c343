"""The findings as text: the table of commands, the table of times, what cardd adds, and the single figures."""

from collections.abc import Iterator, Sequence

from bench.figures import Cost, Spread
from bench.findings import Figure, Findings
from bench.metered_card import CONTACTLESS, ZERO
from bench.rows import ADDED_LIMIT, ROWS, Client, Job, Row

NONE = "-"
SHOWN = {
    Client.FLOOR: "floor (bare pyscard)",
    Client.REPLAY: "cardd's commands, bare pyscard",
    Client.OPENSC: "OpenSC",
    Client.YUBICO: "yubico-piv-tool",
    Client.CARDD: "cardd",
    Client.CARDD_TRIES: "cardd, tries left not known",
    Client.CARDD_FILES: "cardd, files by SELECT",
}


def render(findings: Findings) -> str:
    """All tables that have content."""
    parts: list[str] = []
    if findings.costs:
        parts += ["Commands sent", *_grid(_commands(findings)), ""]
        parts += ["Bytes to and from the card, and milliseconds: median (least - most)", *_grid(_times(findings)), ""]
        parts += [f"What cardd adds, {CONTACTLESS.name} model", *_grid(_added(findings)), ""]
    if findings.figures:
        parts += ["Other figures", *_grid(_figures(findings.figures)), ""]
    missed = findings.missed()
    parts += [f"NOT KEPT  {line}" for line in missed] or ["every promise that was measured is kept"]
    return "\n".join(parts)


def _commands(findings: Findings) -> Iterator[Sequence[str]]:
    yield (
        "job",
        "floor",
        "jpki/myna*",
        "OpenSC",
        "yubico",
        "cardd",
        "limit",
        "",
        "/floor",
        "/OpenSC",
        "tries?",
        "SELECT",
    )
    for row in ROWS:
        found = {client: _commands_of(findings, client, row.job) for client in Client}
        ours = found[Client.CARDD]
        yield (
            row.title,
            _text(found[Client.FLOOR]),
            _text(row.myna),
            _text(found[Client.OPENSC]) if found[Client.OPENSC] is not None else row.opensc or NONE,
            _text(found[Client.YUBICO]),
            _text(ours),
            _text(row.limit),
            _verdict(ours, row),
            _ratio(ours, found[Client.FLOOR]),
            _ratio(ours, found[Client.OPENSC]),
            _text(found[Client.CARDD_TRIES]),
            _text(found[Client.CARDD_FILES]),
        )


def _commands_of(findings: Findings, client: Client, job: Job) -> int | None:
    cost = findings.costs.get((client, job, CONTACTLESS.name)) or findings.costs.get((client, job, ZERO.name))
    return None if cost is None else cost.commands


def _times(findings: Findings) -> Iterator[Sequence[str]]:
    yield ("job", "client", "commands", "to", "from", "zero latency", "contactless", "of it the card")
    for row in ROWS:
        title = row.title
        for client in Client:
            zero, model = (findings.costs.get((client, row.job, name)) for name in (ZERO.name, CONTACTLESS.name))
            known = model or zero
            if known is not None:
                yield (
                    title,
                    SHOWN[client],
                    str(known.commands),
                    str(known.sent),
                    str(known.received),
                    _spread(zero),
                    _spread(model),
                    f"{1000 * model.card.median:.1f}" if model else NONE,
                )
                title = ""


def _added(findings: Findings) -> Iterator[Sequence[str]]:
    yield (
        "job",
        "card ms",
        "cardd ms",
        "added",
        "limit",
        "",
        "bare pyscard adds",
        "cardd / bare",
        "same, zero latency",
    )
    for row in ROWS:
        ours = findings.costs.get((Client.CARDD, row.job, CONTACTLESS.name))
        if ours is None:
            continue
        bare = findings.costs.get((Client.REPLAY, row.job, CONTACTLESS.name))
        yield (
            row.title,
            f"{1000 * ours.card.median:.1f}",
            f"{1000 * ours.seconds.median:.1f}",
            f"{_percent(ours.added.median)} ({_percent(ours.added.low)} - {_percent(ours.added.high)})",
            _percent(ADDED_LIMIT),
            "ok" if ours.added.median <= ADDED_LIMIT else "MISS",
            _percent(bare.added.median) if bare else NONE,
            _times_bare(findings, row.job, CONTACTLESS.name),
            _times_bare(findings, row.job, ZERO.name),
        )


def _times_bare(findings: Findings, job: Job, model: str) -> str:
    ours, bare = (findings.costs.get((client, job, model)) for client in (Client.CARDD, Client.REPLAY))
    return f"{ours.seconds.median / bare.seconds.median:.2f}" if ours and bare else NONE


def _figures(figures: Sequence[Figure]) -> Iterator[Sequence[str]]:
    yield ("figure", "median", "least - most", "runs", "limit", "/limit", "", "how it was taken")
    for figure in figures:
        value = figure.value
        yield (
            figure.title,
            f"{value.median:.3g} {figure.unit}",
            f"{value.low:.3g} - {value.high:.3g}",
            str(value.runs),
            NONE if figure.limit is None else f"{figure.limit:g}",
            NONE if figure.ratio is None else f"{figure.ratio:.2f}",
            {None: "", True: "ok", False: "MISS"}[figure.kept],
            figure.how,
        )


def _grid(rows: Iterator[Sequence[str]]) -> list[str]:
    """Columns of equal width, numbers to the right of their column's first one, texts to the left."""
    lines = list(rows)
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    drawn = ["  ".join(_cell(text, width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return [drawn[0], "-" * max(map(len, drawn)), *drawn[1:]]


def _cell(text: str, width: int) -> str:
    return text.rjust(width) if text[:1].isdigit() or text == NONE else text.ljust(width)


def _text(number: int | None) -> str:
    return NONE if number is None else str(number)


def _verdict(commands: int | None, row: Row) -> str:
    if commands is None or row.limit is None:
        return ""
    return "ok" if commands <= row.limit else "MISS"


def _ratio(ours: int | None, other: int | None) -> str:
    return f"{ours / other:.2f}" if ours is not None and other else NONE


def _spread(cost: Cost | None) -> str:
    return NONE if cost is None else _milliseconds(cost.seconds)


def _milliseconds(spread: Spread) -> str:
    return f"{1000 * spread.median:.1f} ({1000 * spread.low:.1f} - {1000 * spread.high:.1f})"


def _percent(part: float) -> str:
    return f"{100 * part:.1f} %"
