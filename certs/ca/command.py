"""What the commands of the operator CA share: options, how the key is opened, how they tell, how they fail."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from asn1crypto import pem

from certs.ca import secret_entry
from certs.ca.authority import Authority
from certs.ca.errors import CaRefused
from certs.ca.file_key import FileKey
from certs.ca.files import read_certificate, replace_file
from certs.ca.issued import IssuedBook
from certs.ca.keys import CaSigner
from certs.ca.sentences import sentence
from certs.errors import CertificateError

FILE = click.Path(path_type=Path)
LARGEST_INPUT = 64 * 1024
PUBLIC_MODE = 0o644
certificate_option = click.option(
    "--certificate", type=FILE, required=True, help="PEM of the CA's certificate; its books lie beside it."
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
out_option = click.option(
    "--out", type=FILE, required=True, help="Where the result goes; a file that is there is replaced whole."
)
der_option = click.option("--der", is_flag=True, help="DER instead of PEM.")
F = TypeVar("F", bound=Callable[..., Any])


def key_options(command: F) -> F:
    """Where the CA's key is, and how its secret comes."""
    for option in (
        click.option(
            "--passphrase-fd",
            type=int,
            help="Read passphrase or PIN from this descriptor, one line, instead of asking.",
        ),
        click.option("--key-label", help="The key's label in the token."),
        click.option("--token", help="The token's label."),
        click.option("--pkcs11", "module", type=FILE, help="The key is in a token: its PKCS#11 module."),
        click.option("--file", "file", type=FILE, help="The key is in this file."),
    ):
        command = option(command)
    return command


class Failed(click.ClickException):
    """Ends the command with a sentence, or with the word as JSON; exit status 1."""

    def __init__(self, problem: str, *, as_json: bool) -> None:
        super().__init__(sentence(problem))
        self._json = {"error": {"name": problem, "message": sentence(problem)}} if as_json else None

    def show(self, file: Any = None) -> None:
        if self._json is None:
            super().show(file)
        else:
            click.echo(json.dumps(self._json, ensure_ascii=False))


def told(command: F) -> F:
    """Errors of this package end the command as a sentence, or as JSON where `--json` was given."""

    @wraps(command)
    def run(*args: Any, as_json: bool, **options: Any) -> Any:
        try:
            return command(*args, as_json=as_json, **options)
        except CertificateError as error:
            raise Failed(error.problem, as_json=as_json) from None

    return run  # type: ignore[return-value]


def opened_key(
    file: Path | None, module: Path | None, token: str | None, key_label: str | None, secret_fd: int | None
) -> CaSigner:
    """The key, opened; the secret is wiped. Raises `CaKeyError`."""
    check_place(file, module, token, key_label)
    if secret_fd is not None:
        secret = secret_entry.from_descriptor(secret_fd)
    else:
        secret = secret_entry.from_terminal("Passphrase of the CA's key" if file is not None else "PIN of the token")
    try:
        if file is not None:
            return FileKey.open(file, secret)
        from certs.ca.token_key import TokenKey  # noqa: PLC0415  # the PKCS#11 library only where there is a token

        assert module is not None
        assert token is not None
        assert key_label is not None
        return TokenKey(module, token, key_label, secret)
    finally:
        secret_entry.wipe(secret)


def check_place(file: Path | None, module: Path | None, token: str | None, key_label: str | None) -> None:
    """A file, or all three words about a token."""
    if (file is None) == (None in (module, token, key_label)) or (file is not None and (module or token or key_label)):
        raise click.UsageError("Give either --file, or --pkcs11, --token and --key-label.")


def opened_authority(certificate: Path, signer: CaSigner) -> Authority:
    """The CA with its book. Closes the key when they do not belong together. Raises `CaRefused`, `CaKeyError`."""
    try:
        return Authority(read_certificate(certificate), signer, IssuedBook.beside(certificate))
    except BaseException:
        signer.close()
        raise


def now() -> datetime:
    """By this machine's clock, in UTC."""
    return datetime.now(UTC)


def tell(facts: dict[str, Any], *, as_json: bool) -> None:
    """One fact a line, or one JSON object."""
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for name, value in facts.items():
        click.echo(f"{name + ':':<13} {value}")


def write(path: Path, content: bytes) -> None:
    """For all to read, whole or not at all. Raises `CaRefused` (`out_unwritable`)."""
    try:
        replace_file(path, content, PUBLIC_MODE)
    except OSError:
        raise CaRefused("out_unwritable") from None


def armoured(label: str, der: bytes, *, plain: bool) -> bytes:
    """PEM under this label, or the DER itself."""
    content: bytes = der if plain else pem.armor(label, der)
    return content


def read_der(path: Path, problem: str, largest: int = LARGEST_INPUT) -> bytes:
    """DER of a file that holds DER or PEM, at most `largest` bytes. Raises `CaRefused` with `problem`."""
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
        if len(content) > largest:
            raise CaRefused(problem)
        der: bytes = pem.unarmor(content)[2] if pem.detect(content) else content
    except (OSError, ValueError):
        raise CaRefused(problem) from None
    return der
