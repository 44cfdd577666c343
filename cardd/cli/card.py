"""The commands that read a card, and the change of a PIN."""

import base64
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click

from cardd.cli.context import Run, pass_run
from cardd.cli.picking import BADGE, RESIDENT, card_or_only_one
from cardd.client import RemoteError

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
SUFFIXES = {"image/png": ".png", "image/jp2": ".jp2"}


def targeted(command: Callable[..., None]) -> Callable[..., None]:
    """The three options of every command that touches a card: which card, for what, in which case."""

    @click.option("--card", metavar="HANDLE", help="Which card; may be left out while only one fitting card is there.")
    @click.option("--purpose", required=True, help="Purpose code from the office's policy.")
    @click.option("--case", required=True, help="Reception number (受付番号).")
    @wraps(command)
    def with_target(*args: Any, **kwargs: Any) -> None:
        command(*args, **kwargs)

    return with_target


def card_call(run: Run, method: str, card: str | None, kinds: tuple[str, ...], **params: object) -> dict[str, Any]:
    """One call about one card, on one connection. Ends the program on an error."""
    with run.open() as client:
        handle = card_or_only_one(run, client, card, kinds)
        try:
            given = {name: value for name, value in params.items() if value is not None}
            return client.call(method, card=handle, **given)
        except RemoteError as error:
            run.fail_remote(error)


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
    card: str | None,
    purpose: str,
    case: str,
    age: int | None,
    pin: str | None,
    source: bool,
    images: Path | None,
    items: tuple[str, ...],
) -> None:
    """Read named ITEMS of a resident's card: only what the purpose needs; one item too many refuses all."""
    result = card_call(
        run,
        "card.read",
        card,
        RESIDENT,
        purpose=purpose,
        case=case,
        items=list(items),
        age=age,
        pin=pin,
        with_source=source or None,
    )
    if images is not None:
        _write_images(run, result, images)
    run.tell(result, lambda: _show_items(run, result))


def _show_items(run: Run, result: Mapping[str, Any]) -> None:
    for field in result["items"]:
        click.echo(f"{run.speech('item.' + field['item'])}: {_human_value(run, field)}")
    run.receipt(result)


def _human_value(run: Run, field: Mapping[str, Any]) -> str:
    if field["item"] == "sex":
        return run.speech(f"sex.{field['text']}")
    if field.get("text") is not None:
        return str(field["text"])
    if field.get("date") is not None:
        date = field["date"]
        return str(
            date["iso"] or f"{date['source']} ({run.speech('unknown_part')}: {', '.join(date['unknown']) or '?'})"
        )
    if field.get("yes") is not None:
        return run.speech("yes" if field["yes"] else "no")
    return f"{field['media_type']}, {len(base64.b64decode(field['image_base64']))} bytes"


def _write_images(run: Run, result: Mapping[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for field in result["items"]:
        if field.get("image_base64") is not None:
            path = folder / (field["item"] + SUFFIXES.get(field["media_type"], ".bin"))
            path.touch(mode=0o600)
            path.write_bytes(base64.b64decode(field["image_base64"]))
            click.echo(run.speech("written", path=path), err=True)


@click.command()
@targeted
@click.option("--key", type=click.Choice(KEYS), default="authentication", show_default=True)
@click.option("--with-badge", is_flag=True, help="The operator's badge instead of the resident's card.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the certificate (DER) here.")
@pass_run
def certificate(
    run: Run, card: str | None, purpose: str, case: str, key: str, with_badge: bool, out: Path | None
) -> None:
    """Read a certificate of a card. The signature certificate of a resident opens only with its PIN."""
    result = card_call(
        run, "card.certificate", card, BADGE if with_badge else RESIDENT, purpose=purpose, case=case, key=key
    )
    if out is not None:
        out.write_bytes(base64.b64decode(result["certificate_base64"]))

    def human() -> None:
        click.echo(f"{result['key']} SHA-256 {result['fingerprint']}")
        run.receipt(result)

    run.tell(result, human)


@click.command("token-info")
@targeted
@pass_run
def token_info(run: Run, card: str | None, purpose: str, case: str) -> None:
    """Show what a resident's card says of itself, and which certificates it holds. No PIN."""
    result = card_call(run, "card.token_info", card, RESIDENT, purpose=purpose, case=case)

    def human() -> None:
        click.echo(
            f"{run.speech('kind.' + result['kind'])}: {result['label']} ({result['manufacturer']} {result['model']})"
        )
        run.receipt(result)

    run.tell(result, human)


@click.group()
def pin() -> None:
    """PIN states (costs no try) and the change of a PIN by its holder."""


@pin.command("status")
@targeted
@click.option("--with-badge", is_flag=True, help="The operator's badge instead of the resident's card.")
@click.argument("which", nargs=-1, type=click.Choice(PINS))
@pass_run
def pin_status(run: Run, card: str | None, purpose: str, case: str, with_badge: bool, which: tuple[str, ...]) -> None:
    """Show how many tries each PIN has left."""
    kinds = BADGE if with_badge else RESIDENT
    result = card_call(run, "card.pin_status", card, kinds, purpose=purpose, case=case, pins=list(which) or None)

    def human() -> None:
        words = {"blocked": "blocked", "last_try": "last", "unknown": "unknown", "absent": "absent"}
        for state in result["pins"]:
            ready = run.speech("tries", n=state["tries_left"])
            shown = ready if state["state"] == "ready" else run.speech(words[state["state"]])
            click.echo(f"{run.speech('pin.' + state['which'])}: {shown}")
        run.receipt(result)

    run.tell(result, human)


@pin.command("change")
@targeted
@click.argument("which", type=click.Choice(["signature", "authentication", "card_info", "resident_register", "badge"]))
@pass_run
def pin_change(run: Run, card: str | None, purpose: str, case: str, which: str) -> None:
    """Change one PIN: the old one is asked for, then the new one twice."""
    kinds = BADGE if which == "badge" else RESIDENT
    result = card_call(run, "card.change_pin", card, kinds, purpose=purpose, case=case, which=which)

    def human() -> None:
        click.echo(run.speech("changed"))
        run.receipt(result)

    run.tell(result, human)
