"""The errors of this package."""


class CertificateError(Exception):
    """Root. `problem` is one word of ours; no text of a certificate is repeated."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


class Malformed(CertificateError):
    """Not one DER certificate within our limits."""


class BadAnchor(CertificateError):
    """A file of trust anchors cannot be used."""
