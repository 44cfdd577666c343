"""The commands that read a card, and the change of a PIN."""

import base64
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import click

from cardd.cli.context import Run, pass_run
from cardd.cli.output import check_folder, check_target, write_private
from cardd.cli.picking import BADGE, RESIDENT, card_or_only_one

ITEMS = (
    "name",
    "address",
    "birth_date",
    "sex",
    "my_number",
    "photo",
    "name_image",
    "address_image",
    "card_expiry",
    "age_over",
)
KEYS = ("authentication", "signature", "key_management", "card_authentication")
PINS = ("signature", "authentication", "card_info", "resident_register", "verification_a", "verification_b", "badge")
SUFFIXES = {"image/png": ".png", "image/jp2": ".jp2", "image/j2c": ".j2c"}


class Use(NamedTuple):
    """One use of one card: which, for what, in which case, and the number of a second person's approval."""

    card: str | None
    purpose: str
    case: str
    approval: str | None


def targeted(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every command that touches a card: which card, for what, in which case, and who agreed."""

    @click.option("--card", metavar="HANDLE", help="Which card; may be left out while only one fitting card is there.")
    @click.option("--purpose", required=True, help="Purpose code from the office's policy.")
    @click.option("--case", required=True, help="Reception number (受付番号).")
    @click.option("--approval", metavar="ID", help="What a second person has approved (a-…).")
    @wraps(command)
    def with_use(*args: Any, card: str | None, purpose: str, case: str, approval: str | None, **kwargs: Any) -> None:
        command(*args, use=Use(card, purpose, case, approval), **kwargs)

    return with_use


def card_call(run: Run, method: str, use: Use, kinds: tuple[str, ...], **params: object) -> dict[str, Any]:
    """One call about one card, on one connection. Raises `Ended`."""
    with run.open(asks=True) as client:
        card = card_or_only_one(run, client, use.card, kinds)
        return run.ask(client, method, card=card, purpose=use.purpose, case=use.case, approval=use.approval, **params)


@click.command()
@targeted
@click.option("--age", type=int, help="For age_over: the age in question.")
@click.option(
    "--pin", type=click.Choice(["card_info", "verification_a", "verification_b"]), help="Which PIN to open with."
)
@click.option("--source", is_flag=True, help="Give the exact bytes on the card as well (base64, with --json).")
@click.option("--images", type=click.Path(file_okay=False, path_type=Path), help="Write images into this folder.")
@click.argument("items", nargs=-1, required=True, type=click.Choice(ITEMS))
@pass_run
def read(
    run: Run,
    use: Use,
    age: int | None,
    pin: str | None,
    source: bool,
    images: Path | None,
    items: tuple[str, ...],
) -> None:
    """Read named ITEMS of a resident's card: only what the purpose needs; one item too many refuses all."""
    if age is None and "age_over" in items:
        raise click.UsageError("age_over needs --age")
    check_folder(run, images)
    result = card_call(
        run,
        "card.read",
        use,
        RESIDENT,
        items=list(items),
        age=age,
        pin=pin,
        with_source=source or None,
    )
    if images is not None:
        _write_images(run, result, images)
    run.tell(result, lambda: _show_items(run, result))


def _show_items(run: Run, result: Mapping[str, Any]) -> None:
    run.table((run.speech(f"item.{field['item']}"), _human_value(run, field)) for field in result["items"])


def _human_value(run: Run, field: Mapping[str, Any]) -> str:
    say = run.speech
    if field["item"] == "sex":
        return say(f"sex.{field['text']}")
    if field.get("text") is not None:
        return str(field["text"])
    if field.get("date") is not None:
        return _human_date(run, field["date"])
    if field.get("yes") is not None:
        return say("yes" if field["yes"] else "no")
    return say("bytes", media_type=field["media_type"], n=len(base64.b64decode(field["image_base64"])))


def _human_date(run: Run, date: Mapping[str, Any]) -> str:
    if date["iso"]:
        return str(date["iso"])
    if not date["unknown"]:
        return run.speech("date_odd", source=date["source"])
    parts = ", ".join(run.speech(f"part.{part}") for part in date["unknown"])
    return run.speech("date_unknown", source=date["source"], parts=parts)


def _write_images(run: Run, result: Mapping[str, Any], folder: Path) -> None:
    for field in result["items"]:
        if field.get("image_base64") is not None:
            path = folder / (field["item"] + SUFFIXES.get(field["media_type"], ".bin"))
            write_private(run, path, base64.b64decode(field["image_base64"]))


@click.command()
@targeted
@click.option("--key", type=click.Choice(KEYS), default="authentication", show_default=True)
@click.option("--with-badge", is_flag=True, help="The operator's badge instead of the resident's card.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the certificate (DER) here.")
@pass_run
def certificate(run: Run, use: Use, key: str, with_badge: bool, out: Path | None) -> None:
    """Read a certificate of a card. The signature certificate of a resident opens only with its PIN."""
    check_target(run, out)
    result = card_call(run, "card.certificate", use, BADGE if with_badge else RESIDENT, key=key)
    if out is not None:
        write_private(run, out, base64.b64decode(result["certificate_base64"]))
    named = f"badge_{key}" if with_badge and run.speech.has(f"key.badge_{key}") else key
    shown = run.speech("certificate", key=run.speech(f"key.{named}"), fingerprint=result["fingerprint"])
    run.tell(result, lambda: click.echo(shown))


@click.command("token-info")
@targeted
@pass_run
def token_info(run: Run, use: Use) -> None:
    """Show what a resident's card says of itself, and which certificates it holds. No PIN."""
    result = card_call(run, "card.token_info", use, RESIDENT)

    def human() -> None:
        say = run.speech
        rows = [(say("head.kind"), say(f"kind.{result['kind']}"))]
        rows += [(name, result[name]) for name in ("label", "manufacturer", "model")]
        for key in ("signature", "authentication"):
            if (there := result[f"has_{key}_certificate"]) is not None:
                rows.append((say(f"key.{key}"), say("present" if there else "pin_state.absent")))
        run.table(rows)

    run.tell(result, human)


@click.group()
def pin() -> None:
    """PIN states (costs no try) and the change of a PIN by its holder."""


@pin.command("status")
@targeted
@click.option("--with-badge", is_flag=True, help="The operator's badge instead of the resident's card.")
@click.argument("which", nargs=-1, type=click.Choice(PINS))
@pass_run
def pin_status(run: Run, use: Use, with_badge: bool, which: tuple[str, ...]) -> None:
    """Show how many tries each PIN has left."""
    kinds = BADGE if with_badge else RESIDENT
    result = card_call(run, "card.pin_status", use, kinds, pins=list(which) or None)

    def human() -> None:
        say = run.speech
        run.table(
            (
                say(f"pin.{state['which']}"),
                say("tries", n=state["tries_left"])
                if state["state"] == "ready"
                else say(f"pin_state.{state['state']}"),
            )
            for state in result["pins"]
        )

    run.tell(result, human)


@pin.command("change")
@targeted
@click.argument("which", type=click.Choice(["signature", "authentication", "card_info", "resident_register", "badge"]))
@pass_run
def pin_change(run: Run, use: Use, which: str) -> None:
    """Change one PIN: the old one is asked for, then the new one twice."""
    kinds = BADGE if which == "badge" else RESIDENT
    result = card_call(run, "card.change_pin", use, kinds, which=which)

    run.tell(result, lambda: click.echo(run.speech("changed")))
