"""`cardd-ca`, also `python -m certs.ca`: the operator CA from its making to its last list. Needs no daemon."""

import json
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from certs.ca import secret_entry
from certs.ca.authority import LONGEST_YEARS, create_next_root, create_root
from certs.ca.building import fingerprint
from certs.ca.command import FILE, Failed, certificate_option, check_place, json_option, now, tell
from certs.ca.commands_issue import issue, renew
from certs.ca.commands_ocsp import ocsp
from certs.ca.commands_revoke import crl, release, revoke
from certs.ca.errors import CaKeyError, CaRefused
from certs.ca.file_key import FileKey, check_passphrase
from certs.ca.files import read_certificate, write_certificate
from certs.ca.issued import Issued, IssuedBook
from certs.ca.keys import Algorithm, CaSigner, algorithm_of
from certs.ca.names import LONGEST_NAME, fits
from certs.ca.revoked import Revoked, RevokedBook
from certs.errors import CertificateError, Malformed
from certs.validation.validate import parse


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The operator CA: whoever has its key decides whom cardd takes for an operator.

    A small town keeps the key in a file, under a passphrase that two people know by halves:

    \b
      cardd-ca create --certificate ca/operator-ca.pem \\
          --name "見本市 職員認証局" --file ca/operator-ca.key

    \b
    With a token, where nobody can copy the key:
      cardd-ca create --certificate ca/operator-ca.pem \\
          --name "見本市 職員認証局" --pkcs11 /usr/lib/softhsm/libsofthsm2.so \\
          --token operator-ca --key-label operator-ca

    Then name the certificate in cardd.toml: under `operator_ca`, so that badges are believed, and where badges are made also in
    `badges.ca_key`, with the place of the key. Badges are issued by `cardctl badge enrol`, under four eyes; `issue` here is for an
    office that makes its badges with other software, from a request in a file.

    \b
    A badge is lost, and each night a fresh list (its first with --first):
      cardd-ca revoke --certificate ca/operator-ca.pem \\
          --operator hanako_1 --reason key-compromise
      cardd-ca crl --certificate ca/operator-ca.pem \\
          --file ca/operator-ca.key --out operator-ca.crl

    What lies beside the certificate: issued.jsonl, revoked.jsonl and lists.jsonl, the CA's books. They belong into the backup.
    docs/operator-ca.md tells the whole life of a CA.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a key in memory must not end in a core file


@main.command()
@certificate_option
@click.option("--name", help="The CA's name in every badge; names that begin with TEST are for tests.")
@click.option(
    "--follows",
    type=FILE,
    help="Instead of a name: the certificate of the CA that this one follows, under the same name.",
)
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
@json_option
def create(  # noqa: PLR0913, PLR0917  # click hands every option over as an argument
    certificate: Path,
    name: str | None,
    follows: Path | None,
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
    check_place(file, module, token, key_label)
    if (name is None) == (follows is None):
        raise click.UsageError("Give either --name, or --follows.")

    def make(secret: bytearray) -> CaSigner:
        if file is not None:
            return FileKey.create(file, secret, Algorithm(algorithm))
        from certs.ca.token_key import TokenKey  # noqa: PLC0415  # the PKCS#11 library only where there is a token

        assert module is not None
        assert token is not None
        assert key_label is not None
        return TokenKey.create(module, token, key_label, secret, Algorithm(algorithm))

    try:
        before = None if follows is None else read_certificate(follows)
        _check_before(certificate, name, follows)
        der = _with_secret(
            passphrase_fd, make, lambda signer: _root(signer, certificate, name or before, years), new=file is not None
        )
    except CertificateError as error:
        raise Failed(error.problem, as_json=as_json) from None
    tell(_facts(der, certificate), as_json=as_json)


@main.command()
@certificate_option
@json_option
def show(certificate: Path, as_json: bool) -> None:
    """Show the CA: name, key, fingerprint, how long it lives, how much it issued. Asks for no passphrase.

    Compare the fingerprint with what was written down when the CA was made.
    """
    try:
        tell(_facts(read_certificate(certificate), certificate), as_json=as_json)
    except CertificateError as error:
        raise Failed(error.problem, as_json=as_json) from None


@main.command("list")
@certificate_option
@click.option("--live", is_flag=True, help="Only what has not expired and is neither revoked nor held.")
@json_option
def list_issued(certificate: Path, live: bool, as_json: bool) -> None:
    """List what the CA issued, oldest first: from the book beside its certificate. With --json one object a line."""
    try:
        entries = IssuedBook.beside(certificate).entries()
        standing = RevokedBook.beside(certificate).standing()
    except CertificateError as error:
        raise Failed(error.problem, as_json=as_json) from None
    for entry in entries:
        if not live or (entry.ends() >= now() and entry.serial not in standing):
            click.echo(_line(entry, standing.get(entry.serial), as_json=as_json))


def _check_before(certificate: Path, name: str | None, follows: Path | None) -> None:
    """Before a key is made that nobody would need: name and place of its certificate will do."""
    if name is not None and not fits(name, LONGEST_NAME):
        raise CaRefused("name")
    if follows is not None and follows.parent.resolve() == certificate.parent.resolve():
        raise CaRefused("same_folder")
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


def _root(signer: CaSigner, certificate: Path, after: str | bytes | None, years: int) -> bytes:
    """`after`: the new CA's name, or the certificate of the one before it."""
    assert after is not None
    make = create_root if isinstance(after, str) else create_next_root
    der = make(signer, after, years, now())  # type: ignore[arg-type]  # the maker was chosen by the kind of `after`
    write_certificate(certificate, der)
    return der


def _facts(der: bytes, file: Path) -> dict[str, Any]:
    try:
        found = parse(der)
        algorithm = algorithm_of(found.public_key()).value
    except (Malformed, ValueError):
        raise CaRefused("ca_malformed") from None
    entries = IssuedBook.beside(file).entries()
    moment, standing = now(), RevokedBook.beside(file).standing()
    return {
        "name": found.subject.rfc4514_string(),
        "certificate": str(file),
        "fingerprint": fingerprint(der),
        "algorithm": algorithm,
        "not_before": found.not_valid_before_utc.isoformat().replace("+00:00", "Z"),
        "not_after": found.not_valid_after_utc.isoformat().replace("+00:00", "Z"),
        "valid_now": found.not_valid_before_utc <= moment <= found.not_valid_after_utc,
        "issued": len(entries),
        "issued_live": sum(entry.ends() >= moment and entry.serial not in standing for entry in entries),
        "revoked": len(standing),
    }


def _line(entry: Issued, revoked: Revoked | None, *, as_json: bool) -> str:
    if as_json:
        facts = {name: getattr(entry, name) for name in Issued.__slots__}
        return json.dumps(facts | ({} if revoked is None else {"revoked": revoked.time, "reason": revoked.reason}))
    line = f"{entry.time}  {entry.operator:<32}  {entry.role:<14}  until {entry.not_after}  {entry.fingerprint}"
    return line if revoked is None else f"{line}  {revoked.reason} {revoked.time}"


for each in (issue, renew, revoke, release, crl, ocsp):
    main.add_command(each)


def run(name: str = "cardd-ca") -> None:
    """Entry point of the `cardd-ca` script."""
    os.umask(0o077)
    main(prog_name=name)


if __name__ == "__main__":
    run("python -m certs.ca")
