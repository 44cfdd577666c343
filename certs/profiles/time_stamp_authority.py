"""The certificate of a time stamp authority."""

from certs.asn1 import TIME_STAMPING
from certs.profiles.profile import Kind, Profile

TIME_STAMP_AUTHORITY = Profile(
    kind=Kind.TIME_STAMP_AUTHORITY,
    source="RFC 3161, 2.3: one extended key usage, id-kp-timeStamping alone, critical",
    key_usage=frozenset(),  # named by some authorities as digitalSignature, by some as nonRepudiation, by some not at all
    forbidden_key_usage=frozenset(
        {"key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"}
    ),
    extended_usage=frozenset({TIME_STAMPING}),
    extended_usage_alone=True,
    extended_usage_critical=True,
)
