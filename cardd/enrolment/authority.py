"""Opens the operator CA for one enrolment: the place that the settings name, the secret that the person types.

Importing this brings the certificate code, so it is done late.
"""

from cardd.config import CaKey
from cardd.errors import AuthorityUnavailable
from cardd.model import PinShape
from cardd.pin import Pin
from certs.ca.authority import Authority
from certs.ca.file_key import FileKey
from certs.ca.files import read_certificate
from certs.ca.issued import IssuedBook
from certs.ca.keys import CaSigner
from certs.errors import CertificateError

PASSPHRASE = PinShape(12, 64, "printable")
TOKEN_PIN = PinShape(4, 32, "printable")


class CaAccess:
    """Where the operator CA is. It holds no key: `open` does for as long as its answer is not closed."""

    def __init__(self, settings_of_ca: CaKey) -> None:
        self._settings = settings_of_ca

    @property
    def needs_secret(self) -> PinShape:
        """What opens the key: a passphrase for a file, the PIN of a token."""
        return PASSPHRASE if self._settings.file is not None else TOKEN_PIN

    def open(self, secret: Pin) -> Authority:
        """Blocks for up to seconds: call it on a thread, and use and close the answer there. The caller wipes `secret`.

        Raises `AuthorityUnavailable`: `problem` is a word of `certs.ca.errors`.
        """
        try:
            certificate = read_certificate(self._settings.certificate)
            signer = self._signer(secret)
            try:
                return Authority(certificate, signer, IssuedBook.beside(self._settings.certificate))
            except BaseException:
                signer.close()
                raise
        except CertificateError as error:
            raise AuthorityUnavailable(problem=error.problem) from None

    def _signer(self, secret: Pin) -> CaSigner:
        settings = self._settings
        if settings.file is not None:
            return FileKey.open(settings.file, secret.octets)
        from certs.ca.token_key import TokenKey  # noqa: PLC0415  # the PKCS#11 library only where there is a token

        assert settings.pkcs11_module is not None
        assert settings.token is not None
        assert settings.key_label is not None
        return TokenKey(settings.pkcs11_module, settings.token, settings.key_label, secret.octets)
