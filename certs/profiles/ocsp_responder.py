"""The certificate of whom an authority lets answer OCSP requests in its place."""

from certs.asn1 import OCSP_SIGNING
from certs.profiles.profile import Kind, Profile

OCSP_RESPONDER = Profile(
    kind=Kind.OCSP_RESPONDER,
    # anyExtendedKeyUsage does not appoint: the authority must name this use (RFC 6960, 4.2.2.2)
    source="RFC 6960, 4.2.2.2; that the authority itself must have issued it is checked with the response",
    key_usage=frozenset({"digital_signature"}),
    forbidden_key_usage=frozenset({"key_cert_sign", "crl_sign"}),
    extended_usage=frozenset({OCSP_SIGNING}),
    extended_usage_alone=True,
)
