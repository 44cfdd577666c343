"""The certificate of an operator's PIV badge, key 9C: what an administrator signs files of the office with."""

from certs.asn1 import PIV_CARD_AUTHENTICATION
from certs.profiles.profile import Kind, Profile

OPERATOR_SIGNATURE = Profile(
    kind=Kind.OPERATOR_SIGNATURE,
    source="SP 800-73-4 part 1, 3.2.1 (X.509 Certificate for Digital Signature); RFC 5280, 4.2.1.3",
    # contentCommitment tells it from 9A: a login must never be turned into a signature over a file.
    key_usage=frozenset({"digital_signature", "content_commitment"}),
    forbidden_key_usage=frozenset(
        {"key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"}
    ),
    forbidden_extended_usage=frozenset({PIV_CARD_AUTHENTICATION}),
)
