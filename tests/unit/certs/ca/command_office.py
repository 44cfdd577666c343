"""A CA in a folder that is worked with by its commands, and a clock that stands where it is put."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from certs.ca.__main__ import main
from certs.ca.files import read_certificate
from tests.unit.certs.ca.office import NOW, PASSPHRASE, key_of, request_for
from tests.unit.certs.ca.test_ca_command import descriptor

GUID = "01020304-0506-4708-890a-0b0c0d0e0f10"
SECRETS = PASSPHRASE + b"\n" + b"another good horse\n"


class Office:
    """A CA in a folder, and a clock that stands where it is put."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.clock = NOW
        for module in ("__main__", "commands_issue", "commands_revoke", "commands_ocsp"):
            monkeypatch.setattr(f"certs.ca.{module}.now", lambda: self.clock)
        monkeypatch.setattr(
            "certs.ca.key_file.COST", 2
        )  # passphrases are hardened elsewhere; here a hundred files are opened
        self.ok("create", "--name", "TEST 見本市 職員認証局", "--file", folder / "ca.key")

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.pem"

    def run(self, *words: object, secret: bytes = SECRETS, given: bytes | None = None) -> Result:
        named = {"create", "crl", "issue", "renew", "appoint", "respond", "publish"} & {str(each) for each in words}
        with descriptor(secret) as number:
            more = ["--passphrase-fd", number] if named else []
            text = [str(each) for each in words]
            return CliRunner().invoke(
                main, [*text, "--certificate", str(self.certificate), "--json", *more], input=given
            )

    def ok(self, *words: object, secret: bytes = SECRETS) -> dict[str, object]:
        ran = self.run(*words, secret=secret)
        assert ran.exit_code == 0, ran.output
        told: dict[str, object] = json.loads(ran.output)
        return told

    def refused(self, *words: object, secret: bytes = SECRETS) -> str:
        ran = self.run(*words, secret=secret)
        assert ran.exit_code == 1, ran.output
        return str(json.loads(ran.stderr or ran.output)["error"]["name"])

    def issue(
        self, number: int = 0, *, operator: str = "hanako_1", role: str = "authentication", guid: str = GUID
    ) -> x509.Certificate:
        request, out = self.folder / "request.der", self.folder / f"badge-{number}.pem"
        request.write_bytes(request_for(key_of("p256", number)))
        self.ok("issue", "--file", self.folder / "ca.key", "--request", request, "--operator", operator, "--name", "窓口　花子",
                "--office", "見本市", "--guid", guid, "--role", role, "--months", 36, "--out", out)  # fmt: skip
        return x509.load_der_x509_certificate(read_certificate(out))

    def list(self, **options: object) -> x509.CertificateRevocationList:
        out = self.folder / "ca.crl"
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        book = self.folder / "lists.jsonl"
        words += [] if (book.exists() and book.read_bytes()) or "after" in options else ["--first"]
        self.ok("crl", "--file", self.folder / "ca.key", "--out", out, *words)
        return x509.load_der_x509_crl(out.read_bytes())

    def appoint(self, days: int = 30) -> tuple[object, ...]:
        self.ok("ocsp", "appoint", "--file", self.folder / "ca.key", "--responder", self.folder / "ocsp.pem",
                "--responder-file", self.folder / "ocsp.key", "--days", days)  # fmt: skip
        return self.responder

    @property
    def responder(self) -> tuple[object, ...]:
        return "--responder", self.folder / "ocsp.pem", "--responder-file", self.folder / "ocsp.key"

    def ask(self, request: bytes) -> ocsp.OCSPResponse:
        ran = self.run("ocsp", "respond", *self.responder, secret=b"another good horse\n", given=request)
        assert ran.exit_code == 0, ran.output
        return ocsp.load_der_ocsp_response(ran.stdout_bytes)

    def question(self, leaf: x509.Certificate, digest: hashes.HashAlgorithm, nonce: bytes | None = None) -> bytes:
        issuer = x509.load_der_x509_certificate(read_certificate(self.certificate))
        builder = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, digest)
        if nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.build().public_bytes(Encoding.DER)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(tmp_path, monkeypatch)
