"""The CA's key in a PKCS#11 token (OASIS PKCS #11 2.40): it is made there, signs there, and never leaves it."""

import hashlib
import secrets
from pathlib import Path
from typing import Any, NoReturn

from asn1crypto import core
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass, PKCS11Error
from pkcs11.util.ec import encode_named_curve_parameters

from certs.ca.errors import CaKeyError
from certs.ca.keys import RSA_BITS, Algorithm, algorithm_of, spki_of
from certs.ca.token_session import TokenSession

_CURVES: dict[str, ec.EllipticCurve] = {"secp256r1": ec.SECP256R1(), "secp384r1": ec.SECP384R1()}
_MADE_ON = {Algorithm.P256: "secp256r1", Algorithm.P384: "secp384r1"}
_USES = MechanismFlag.SIGN | MechanismFlag.VERIFY
_STAYS = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
_ID_BYTES = 8


class TokenKey:
    """A `CaSigner` whose key is in a token. The token is logged in until this is closed; one thread at a time.

    A key that wants its PIN before each signature (CKA_ALWAYS_AUTHENTICATE) is none for a CA: `token_failed`.
    """

    def __init__(self, module: Path, token_label: str, key_label: str, pin: bytearray) -> None:
        """`pin`: 4 to 32 bytes; the caller wipes it. Spends at most one try of the PIN. Raises `CaKeyError`."""
        self._session = TokenSession(module, token_label, pin, writes=False)
        try:
            self._take(key_label)
        except BaseException:
            self._session.close()
            raise

    @classmethod
    def create(cls, module: Path, token_label: str, key_label: str, pin: bytearray, algorithm: Algorithm) -> "TokenKey":
        """Make a key in the token; one of the same label there is never touched. Raises `CaKeyError` (`key_exists`)."""
        made = cls.__new__(cls)
        made._session = TokenSession(module, token_label, pin, writes=True)
        try:
            if made._session.objects(ObjectClass.PRIVATE_KEY, key_label):
                raise CaKeyError("key_exists")
            made._make(key_label, algorithm)
            made._take(key_label)
        except BaseException:
            made._session.close()
            raise
        return made

    @property
    def public_key(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        return self._public_key

    @property
    def algorithm(self) -> Algorithm:
        """Of the key in the token."""
        return self._algorithm

    def sign(self, tbs: bytes) -> bytes:
        """As `CaSigner.sign`: a token out of reach meanwhile is `token_failed`, a closed one `key_absent`."""
        if self._session.closed:
            raise CaKeyError("key_absent")
        try:
            if self._algorithm is Algorithm.RSA_3072:
                return bytes(self._private.sign(tbs, mechanism=Mechanism.SHA256_RSA_PKCS))
            # hashed here: CKM_ECDSA is what every token has
            digest = hashlib.new(self._algorithm.hash_name, tbs).digest()
            pair = bytes(self._private.sign(digest, mechanism=Mechanism.ECDSA))
        except PKCS11Error:
            raise CaKeyError("token_failed") from None
        half = len(pair) // 2
        return encode_dss_signature(int.from_bytes(pair[:half]), int.from_bytes(pair[half:]))

    def close(self) -> None:
        """Log the token out. Harmless when done twice."""
        self._session.close()

    def __repr__(self) -> str:
        return "<TokenKey>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a CA's key cannot be copied or stored")

    def _take(self, key_label: str) -> None:
        self._private = self._session.only(ObjectClass.PRIVATE_KEY, key_label)
        try:
            public = _public_key(self._session.only(ObjectClass.PUBLIC_KEY, key_label))
        except (PKCS11Error, ValueError, TypeError, KeyError):
            raise CaKeyError("key_kind") from None
        self._public_key, self._algorithm = spki_of(public), algorithm_of(public)

    def _make(self, key_label: str, algorithm: Algorithm) -> None:
        known: dict[str, Any] = {
            "id": secrets.token_bytes(_ID_BYTES),
            "label": key_label,
            "store": True,
            "capabilities": _USES,
            "private_template": _STAYS,
        }
        session = self._session.session
        try:
            if algorithm is Algorithm.RSA_3072:
                session.generate_keypair(KeyType.RSA, RSA_BITS, **known)
                return
            curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(_MADE_ON[algorithm])}
            session.create_domain_parameters(KeyType.EC, curve, local=True).generate_keypair(**known)
        except PKCS11Error:
            raise CaKeyError("token_failed") from None


def _public_key(found: Any) -> PublicKeyTypes:
    """The key that a public key object holds (PKCS #11 2.40 current mechanisms, 2.1.2 and 2.3.3)."""
    if found[Attribute.KEY_TYPE] is KeyType.RSA:
        exponent, modulus = (int.from_bytes(found[name]) for name in (Attribute.PUBLIC_EXPONENT, Attribute.MODULUS))
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    if found[Attribute.KEY_TYPE] is not KeyType.EC:
        raise CaKeyError("key_kind")
    curve = next(
        (each for name, each in _CURVES.items() if encode_named_curve_parameters(name) == found[Attribute.EC_PARAMS]),
        None,
    )
    if curve is None:
        raise CaKeyError("key_kind")
    point: bytes = core.OctetString.load(found[Attribute.EC_POINT], strict=True).native
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
