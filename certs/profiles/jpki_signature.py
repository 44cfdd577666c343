"""The resident's 署名用電子証明書."""

from certs.asn1 import JPKI_SIGNATURE_POLICY, JPKI_TEST_SIGNATURE_POLICY
from certs.profiles.profile import Kind, Profile

JPKI_SIGNATURE = Profile(
    kind=Kind.JPKI_SIGNATURE,
    source="soltia48/myna-sign src/x509.rs; hnakamura, description of a real signature certificate",
    key_usage=frozenset({"digital_signature", "content_commitment"}),
    forbidden_key_usage=frozenset({"key_cert_sign", "crl_sign"}),
    policies=frozenset({JPKI_SIGNATURE_POLICY}),
    test_policies=frozenset({JPKI_TEST_SIGNATURE_POLICY}),
)
