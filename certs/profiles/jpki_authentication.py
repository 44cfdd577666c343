"""The resident's 利用者証明用電子証明書."""

from certs.asn1 import JPKI_AUTHENTICATION_POLICY, JPKI_TEST_AUTHENTICATION_POLICY
from certs.profiles.profile import Kind, Profile

JPKI_AUTHENTICATION = Profile(
    kind=Kind.JPKI_AUTHENTICATION,
    source="soltia48/myna-sign src/x509.rs; hnakamura. Extended usage is not known, so it is not looked at",
    key_usage=frozenset({"digital_signature"}),
    forbidden_key_usage=frozenset({"content_commitment", "key_cert_sign", "crl_sign"}),
    policies=frozenset({JPKI_AUTHENTICATION_POLICY}),
    test_policies=frozenset({JPKI_TEST_AUTHENTICATION_POLICY}),
)
