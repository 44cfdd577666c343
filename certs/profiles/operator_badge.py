"""The certificate of an operator's PIV badge, key 9A; and the card's UUID in it."""

import uuid

from cryptography import x509

from certs.asn1 import ANY_EXTENDED_USAGE, CLIENT_AUTH, PIV_CARD_AUTHENTICATION, SMARTCARD_LOGON
from certs.profiles.profile import Kind, Profile

OPERATOR_BADGE = Profile(
    kind=Kind.OPERATOR_BADGE,
    source="FIPS 201-2, 4.2.2.1; SP 800-73-4 part 1, 3.1.3",
    key_usage=frozenset({"digital_signature"}),
    # 9C says contentCommitment, 9D encipherment or agreement: neither may stand in for 9A
    forbidden_key_usage=frozenset(
        {"content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"}
    ),
    extended_usage=frozenset({CLIENT_AUTH, SMARTCARD_LOGON, ANY_EXTENDED_USAGE}),
    forbidden_extended_usage=frozenset({PIV_CARD_AUTHENTICATION}),
)


def card_uuid(certificate: x509.Certificate) -> str | None:
    """The card UUID that the certificate names (URN in its SAN), 32 hex digits; None when there is none or several.

    It must equal the GUID in the badge's CHUID (SP 800-73-4 part 1, 3.4.1).
    """
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
    found = [name for name in names.get_values_for_type(x509.UniformResourceIdentifier) if name.startswith("urn:uuid:")]
    if len(found) != 1:
        return None
    try:
        return uuid.UUID(found[0].removeprefix("urn:uuid:")).hex
    except ValueError:
        return None
