"""`python -m certs.ca`: makes the operator CA, shows it, lists what it issued. Needs no daemon."""

import json
import os
import resource
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from certs.ca import secret_entry
from certs.ca.authority import LONGEST_YEARS, create_root
from certs.ca.building import fingerprint
from certs.ca.errors import CaKeyError, CaRefused
from certs.ca.file_key import FileKey, check_passphrase
from certs.ca.files import read_certificate, write_certificate
from certs.ca.issued import Issued, IssuedBook
from certs.ca.keys import Algorithm, CaSigner, algorithm_of
from certs.ca.names import LONGEST_NAME, fits
from certs.ca.sentences import sentence
from certs.errors import CertificateError, Malformed
from certs.validation.validate import parse

FILE = click.Path(path_type=Path)
_certificate = click.option(
    "--certificate", type=FILE, required=True, help="PEM of the CA's certificate; its book lies beside it."
)
_json = click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")


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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The operator CA: whoever has its key decides whom cardd takes for an operator.

    A small town keeps the key in a file, under a passphrase that two people know by halves:

    \b
      python -m certs.ca create --certificate ca/operator-ca.pem \\
          --name "見本市 職員認証局" --file ca/operator-ca.key

    \b
    With a token, where nobody can copy the key:
      python -m certs.ca create --certificate ca/operator-ca.pem \\
          --name "見本市 職員認証局" --pkcs11 /usr/lib/softhsm/libsofthsm2.so \\
          --token operator-ca --key-label operator-ca

    Then name the certificate in cardd.toml: under `operator_ca`, so that badges are believed, and where badges are made also in
    `badges.ca_key`, with the place of the key. Badges are issued by `cardctl badge enrol`, under four eyes; not by this command.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a key in memory must not end in a core file


@main.command()
@_certificate
@click.option("--name", required=True, help="The CA's name in every badge; names that begin with TEST are for tests.")
@click.option(
    "--years", type=click.IntRange(1, LONGEST_YEARS), default=10, show_default=True, help="How long it lives."
)
@click.option(
    "--algorithm",
    type=click.Choice([each.value for each in Algorithm]),
    default=Algorithm.P256.value,
    show_default=True,
    help="Of the key.",
)
@click.option(
    "--file", "file", type=FILE, help="Put the key into this new file, under a passphrase of 12 to 64 characters."
)
@click.option("--pkcs11", "module", type=FILE, help="Make the key in a token: its PKCS#11 module.")
@click.option("--token", help="The token's label.")
@click.option("--key-label", help="The new key's label in the token.")
@click.option(
    "--passphrase-fd", type=int, help="Read passphrase or PIN from this descriptor, one line, instead of asking."
)
@_json
def create(  # noqa: PLR0913, PLR0917  # click hands every option over as an argument
    certificate: Path,
    name: str,
    years: int,
    algorithm: str,
    file: Path | None,
    module: Path | None,
    token: str | None,
    key_label: str | None,
    passphrase_fd: int | None,
    as_json: bool,
) -> None:
    """Make a key and the CA's own certificate.

    Nothing that is there is written over. Keep a copy of a key file, and its passphrase apart from it: without the key no badge
    can be issued or renewed, and all have to be made anew.
    """
    if (file is None) == (None in (module, token, key_label)) or (file is not None and (module or token or key_label)):
        raise click.UsageError("Give either --file, or --pkcs11, --token and --key-label.")

    def make(secret: bytearray) -> CaSigner:
        if file is not None:
            return FileKey.create(file, secret, Algorithm(algorithm))
        from certs.ca.token_key import TokenKey  # noqa: PLC0415  # the PKCS#11 library only where there is a token

        assert module is not None
        assert token is not None
        assert key_label is not None
        return TokenKey.create(module, token, key_label, secret, Algorithm(algorithm))

    try:
        _check_before(certificate, name)
        der = _with_secret(
            passphrase_fd, make, lambda signer: _root(signer, certificate, name, years), new=file is not None
        )
    except CertificateError as error:
        raise Failed(error.problem, as_json=as_json) from None
    _tell(_facts(der, certificate), as_json=as_json)


@main.command()
@_certificate
@_json
def show(certificate: Path, as_json: bool) -> None:
    """Show the CA: name, key, fingerprint, how long it lives, how much it issued. Asks for no passphrase.

    Compare the fingerprint with what was written down when the CA was made.
    """
    try:
        _tell(_facts(read_certificate(certificate), certificate), as_json=as_json)
    except CertificateError as error:
        raise Failed(error.problem, as_json=as_json) from None


@main.command("list")
@_certificate
@click.option("--live", is_flag=True, help="Only what has not expired.")
@_json
def list_issued(certificate: Path, live: bool, as_json: bool) -> None:
    """List what the CA issued, oldest first: from the book beside its certificate. With --json one object a line."""
    try:
        entries = IssuedBook.beside(certificate).entries()
    except CertificateError as error:
        raise Failed(error.problem, as_json=as_json) from None
    now = datetime.now(UTC)
    for entry in entries:
        if not live or entry.ends() >= now:
            click.echo(_line(entry, as_json=as_json))


def _check_before(certificate: Path, name: str) -> None:
    """Before a key is made that nobody would need: name and place of its certificate will do."""
    if not fits(name, LONGEST_NAME):
        raise CaRefused("name")
    if certificate.exists():
        raise CaRefused("certificate_exists")
    if not os.access(certificate.parent, os.W_OK | os.X_OK):
        raise CaRefused("certificate_unwritable")


def _with_secret(
    descriptor: int | None, make: Callable[[bytearray], CaSigner], use: Callable[[CaSigner], bytes], *, new: bool
) -> bytes:
    """Ask, make, use; the secret is wiped and the key closed whatever happens."""
    secret = _secret(descriptor, new=new)
    try:
        signer = make(secret)
    finally:
        secret_entry.wipe(secret)
    try:
        return use(signer)
    finally:
        signer.close()


def _secret(descriptor: int | None, *, new: bool) -> bytearray:
    if descriptor is not None:
        secret = secret_entry.from_descriptor(descriptor)
    elif new:
        secret = secret_entry.new_from_terminal("New passphrase of the CA's key (12 to 64 characters)")
    else:
        secret = secret_entry.from_terminal("PIN of the token")
    try:
        if new:
            check_passphrase(secret)
    except CaKeyError:
        secret_entry.wipe(secret)
        raise
    return secret


def _root(signer: CaSigner, certificate: Path, name: str, years: int) -> bytes:
    der = create_root(signer, name, years, datetime.now(UTC))
    write_certificate(certificate, der)
    return der


def _facts(der: bytes, file: Path) -> dict[str, Any]:
    try:
        found = parse(der)
        algorithm = algorithm_of(found.public_key()).value
    except (Malformed, ValueError):
        raise CaRefused("ca_malformed") from None
    entries = IssuedBook.beside(file).entries()
    now = datetime.now(UTC)
    return {
        "name": found.subject.rfc4514_string(),
        "certificate": str(file),
        "fingerprint": fingerprint(der),
        "algorithm": algorithm,
        "not_before": found.not_valid_before_utc.isoformat().replace("+00:00", "Z"),
        "not_after": found.not_valid_after_utc.isoformat().replace("+00:00", "Z"),
        "valid_now": found.not_valid_before_utc <= now <= found.not_valid_after_utc,
        "issued": len(entries),
        "issued_live": sum(entry.ends() >= now for entry in entries),
    }


def _tell(facts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for name, value in facts.items():
        click.echo(f"{name + ':':<13} {value}")


def _line(entry: Issued, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({name: getattr(entry, name) for name in Issued.__slots__})
    return f"{entry.time}  {entry.operator:<32}  {entry.role:<14}  until {entry.not_after}  {entry.fingerprint}"


if __name__ == "__main__":
    os.umask(0o077)
    main(prog_name="python -m certs.ca")
