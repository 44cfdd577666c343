"""Runs programs that nobody here wrote against the cards in a virtual reader, and asks OpenSSL whether what came out is right."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

DOCUMENT = "<申請>転入届</申請>\n".encode()
PATIENCE_S = 120.0


@dataclass(frozen=True)
class Ran:
    """What a program did. `said`: its words, standard output first, both as text."""

    code: int
    output: bytes
    said: str


class Bench:
    """A folder to work in, and programs that are started there with `socket` as their pcscd."""

    def __init__(self, folder: Path, socket: Path) -> None:
        self.folder = folder
        self._environment: Mapping[str, str] = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),  # OpenSC and OpenSSL look there for settings and caches
            "LC_ALL": "C",
            "PCSCLITE_CSOCK_NAME": str(socket),
        }

    def run(self, *command: str) -> Ran:
        """Run to the end, with nothing to read on standard input."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
        said = (done.stdout + b"\n" + done.stderr).decode(errors="replace")
        return Ran(done.returncode, done.stdout, said)

    def ok(self, *command: str) -> str:
        """Run a program that must succeed; what it said."""
        ran = self.run(*command)
        assert ran.code == 0, f"{command[0]} ended with {ran.code}: {ran.said}"
        return ran.said

    def fails(self, *command: str) -> str:
        """Run a program that must not succeed; what it said."""
        ran = self.run(*command)
        assert ran.code != 0, f"{command[0]} succeeded: {ran.said}"
        return ran.said

    def write(self, name: str, content: bytes) -> str:
        """Put a file into the folder; its name."""
        (self.folder / name).write_bytes(content)
        return name

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    # --- OpenSSL ---------------------------------------------------------------------------------------------------

    def certificate(self, name: str) -> x509.Certificate:
        """A certificate that a program has written, PEM or DER."""
        content = self.read(name)
        if content.startswith(b"-----"):
            return x509.load_pem_x509_certificate(content)
        return x509.load_der_x509_certificate(content)

    def public_key(self, certificate: str) -> str:
        """The public key of a certificate in a file, as OpenSSL takes it out; the new file's name."""
        name = f"{certificate}.pub"
        key = self.run("openssl", "x509", "-in", certificate, "-noout", "-pubkey")
        assert key.code == 0, key.said
        return self.write(name, key.output)

    def verifies(self, certificate: str, signature: str, document: str = "document", digest: str = "sha256") -> bool:
        """Whether `openssl dgst` finds the signature right with the certificate's key."""
        key = self.public_key(certificate)
        ran = self.run("openssl", "dgst", f"-{digest}", "-verify", key, "-signature", signature, document)
        assert ("Verified OK" in ran.said) is (ran.code == 0), ran.said
        return ran.code == 0

    def chains_to(self, certificate: str, *authorities: bytes) -> str:
        """Fail unless `openssl verify` builds the path to one of these authorities (DER). What it said."""
        pems = [x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in authorities]
        self.write("authorities.pem", b"".join(pems))
        return self.ok("openssl", "verify", "-no-CAfile", "-no-CApath", "-trusted", "authorities.pem", certificate)
