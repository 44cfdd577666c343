"""`cardd-vcard make`: virtual cards as files, with keys and certificates of the test CA."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import click

from applets_spec.card import Card
from applets_spec.card_file import CardFileError
from applets_spec.cli.output import Failure, json_option, show
from applets_spec.drawing import FontMissing
from applets_spec.holder import EXAMPLES, Holder, HolderError
from applets_spec.personalise import make_juki_card, make_my_number_card
from applets_spec.piv.personalise import BadgeSecrets, make_badge, make_blank_badge
from applets_spec.testca.issue import Operator, issue_badge, issue_jpki
from applets_spec.testca.keys import KeyAlgorithm
from applets_spec.variants import Variants

_AUTHENTICATION_SLOT = 0x9A
_OUT = click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
_NUMBER = click.option("--number", type=click.IntRange(0), default=0, show_default=True,
                       help="Which keys: two cards that shall differ need two numbers.")  # fmt: skip
_HOLDER = click.option("--holder", default=EXAMPLES[0], show_default=True,
                       help=f"TOML file of a made-up person, or one of: {', '.join(EXAMPLES)}.")  # fmt: skip
_ATR = click.option("--atr", help="An ATR by name (contactless-05, contact-plain, …) or in hexadecimal.")
_FORCE = click.option("--force", is_flag=True, help="Replace OUT if it is there.")


@click.group()
def make() -> None:
    """Make a virtual card, as a file OUT. Never put a real person's data on one."""


@make.command("my-number")
@_OUT
@_HOLDER
@_NUMBER
@_ATR
@_FORCE
@json_option
def my_number(out: Path, holder: str, number: int, atr: str | None, force: bool, as_json: bool) -> None:
    """A My Number card (個人番号カード). PINs of the example holders: 1234, 5678, ABC123."""
    person = holder_of(holder)
    _make(out, force, as_json, lambda: make_my_number_card(
        person, issue_jpki(person, number), _variants(atr), out, number=number))  # fmt: skip


@make.command()
@_OUT
@_HOLDER
@_NUMBER
@_ATR
@_FORCE
@json_option
def juki(out: Path, holder: str, number: int, atr: str | None, force: bool, as_json: bool) -> None:
    """A juki card (住基カード)."""
    person = holder_of(holder)
    _make(out, force, as_json, lambda: make_juki_card(
        person, issue_jpki(person, number), _variants(atr), out, number=number))  # fmt: skip


@make.command()
@_OUT
@click.option("--name", default="試験 花子", show_default=True, help="The operator's name.")
@click.option("--employee", default="T0001", show_default=True, help="The operator's employee number.")
@click.option("--keys", type=click.Choice([KeyAlgorithm.RSA_2048.value, KeyAlgorithm.P256.value]),
              default=KeyAlgorithm.RSA_2048.value, show_default=True, help="Algorithm of all four keys.")  # fmt: skip
@click.option("--pin", default=BadgeSecrets().pin, show_default=True, help="6 to 8 digits.")
@_NUMBER
@_FORCE
@json_option
def badge(out: Path, name: str, employee: str, keys: str, pin: str, number: int, force: bool, as_json: bool) -> None:
    """A PIV operator badge with keys 9A, 9C, 9D, 9E."""
    operator = Operator(name, employee)
    try:
        secrets = BadgeSecrets(pin=pin)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--pin") from error
    certificates = issue_badge(operator, KeyAlgorithm(keys), number)
    fingerprint = hashlib.sha256(certificates.slots[_AUTHENTICATION_SLOT].certificate).hexdigest()
    _make(out, force, as_json, lambda: make_badge(operator, certificates, path=out, secrets=secrets),
          f"its 9A certificate, SHA-256: {fingerprint}", certificate_sha256=fingerprint)  # fmt: skip


@make.command("blank-badge")
@_OUT
@_NUMBER
@_FORCE
@json_option
def blank_badge(out: Path, number: int, force: bool, as_json: bool) -> None:
    """A badge as it comes from the factory: default secrets, no keys."""
    _make(out, force, as_json, lambda: make_blank_badge(out, number=number))


def _make(
    out: Path, force: bool, as_json: bool, build: Callable[[], Card], remark: str | None = None, **facts: str
) -> None:
    if out.exists() and not force:
        raise Failure(f"{out} is there already; give --force to replace it")
    try:
        card = build()
    except (CardFileError, FontMissing) as error:
        raise Failure(str(error)) from error
    text = "\n".join(filter(None, (f"{card.card_type} card written to {out}", remark)))
    show(text, {"card": str(out), "type": card.card_type, **facts}, as_json)


def holder_of(word: str) -> Holder:
    """The made-up person of a TOML file, or an example by its name."""
    try:
        return Holder.example(word) if word in EXAMPLES else Holder.load(Path(word))
    except HolderError as error:
        raise Failure(str(error)) from error


def _variants(atr: str | None) -> Variants | None:
    if atr is None:
        return None
    try:
        return Variants(atr=atr)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--atr") from error
