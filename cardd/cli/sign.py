"""`cardctl sign`: finished signed documents, or bare signatures over digests, with a key of the card."""

import base64
import hashlib
from pathlib import Path

import click

from cardd.cli.card import KEYS, Use, card_call, targeted
from cardd.cli.context import Run, pass_run
from cardd.cli.ending import keeping, says_after_a_second
from cardd.cli.output import check_new, write_private
from cardd.cli.picking import BADGE, RESIDENT
from cardd.cli.shown_document import in_units
from cardd.cli.sign_document import DOCUMENT_FORMATS, Wish, document_options, sign_document, task_of

DIGEST_FORMATS = ("cades_b", "pkcs1v15", "ecdsa_der")
BLOCK_BYTES = 1 << 20


def _octets(context: click.Context, parameter: click.Parameter, digests: tuple[str, ...]) -> tuple[bytes, ...]:
    try:
        return tuple(bytes.fromhex(digest) for digest in digests)
    except ValueError:
        raise click.BadParameter("not hex digits", context, parameter) from None


@click.command()
@targeted
@click.option("--key", type=click.Choice(KEYS), default="signature", show_default=True)
@click.option(
    "--hash", "hash_name", type=click.Choice(["sha256", "sha384", "sha512"]), default="sha256", show_default=True
)
@click.option(
    "--format",
    "signature_format",
    type=click.Choice((*DOCUMENT_FORMATS, *DIGEST_FORMATS)),
    default="cades_b",
    show_default=True,
    help="A signed document (the first four), or a signature over its digest.",
)
@click.option(
    "--digest",
    "digests",
    multiple=True,
    metavar="HEX",
    callback=_octets,
    help="A digest instead of a file; may be repeated.",
)
@click.option("--fingerprint", metavar="HEX", help="SHA-256 of the certificate that the person was shown.")
@click.option("--idempotency-key", metavar="WORD", help="The same key gives the same answer again for 10 minutes.")
@click.option("--with-badge", is_flag=True, help="Sign with the operator's badge instead of the resident's card.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Where the result goes; default beside FILE."
)
@document_options
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_run
def sign(
    run: Run,
    use: Use,
    key: str,
    hash_name: str,
    signature_format: str,
    digests: tuple[bytes, ...],
    fingerprint: str | None,
    idempotency_key: str | None,
    with_badge: bool,
    out: Path | None,
    wish: Wish,
    file: Path | None,
) -> None:
    """Sign FILE (only its digest leaves this program), or digests given with --digest.

    Finished documents, which other programs check; before the PIN is asked, the person is shown what is to be signed:

    \b
      pades   FILE-signed.pdf, with a visible box by --visible NAME
      xades   FILE-signed.xml: enveloped; or enveloping, detached by --layout
      cades   FILE.p7s: CMS, detached; FILE.p7m with the document inside
      jws     FILE.jws with the certificate in x5c

    Check them with `cardctl verify FILE`. The result of `cades_b` is a detached CMS signature, too, which OpenSSL checks:

    \b
      openssl cms -verify -binary -inform DER -in FILE.p7s -content FILE
    """
    if (file is None) == (not digests):
        raise click.UsageError("give a FILE, or --digest one or more times")
    kinds = BADGE if with_badge else RESIDENT
    if signature_format in DOCUMENT_FORMATS:
        if file is None:
            raise click.UsageError(f"--format {signature_format} signs a FILE, not digests")
        task = task_of(run, file, out, signature_format, hash_name, wish)
        made = sign_document(task, use, kinds, key, fingerprint)
        run.tell(made, lambda: None)
        return
    if wish.given:
        raise click.UsageError(f"--{wish.given} goes with --format {', '.join(DOCUMENT_FORMATS)}")
    if out is not None and len(digests) > 1:
        raise click.UsageError("--out takes one signature: with several --digest use --json")
    if file is not None:
        out = out or file.with_name(file.name + (".p7s" if signature_format == "cades_b" else ".sig"))
    check_new(run, out)
    given = list(digests) if file is None else [_digest_of(run, file, hash_name)]
    hashed = [base64.b64encode(digest).decode() for digest in given]
    asked = {"hash": hash_name, "signature_format": signature_format, "idempotency_key": idempotency_key}
    result = card_call(run, "sign.digest", use, kinds, key=key, digests_base64=hashed, fingerprint=fingerprint, **asked)
    if out is not None:
        with keeping(run, result["receipt"]):
            write_private(run, out, base64.b64decode(result["signatures_base64"][0]))
    run.tell(result, lambda: None if out is not None else click.echo("\n".join(result["signatures_base64"])))


def _digest_of(run: Run, file: Path, hash_name: str) -> bytes:
    digest = hashlib.new(hash_name)
    with (
        says_after_a_second(run, "document.looking", size=in_units(file.stat().st_size)),
        file.open("rb") as stream,
    ):
        while block := stream.read(BLOCK_BYTES):
            digest.update(block)
    return digest.digest()
