"""The two authorities of 公的個人認証サービス.

All generations of one bear one name: only the key identifier and the key tell them apart.
"""

from certs.profiles.profile import Kind, Profile

_SOURCE = "the roots bundled by jpki/myna (src/ta) and soltia48/myna-card (src/ca.rs); RFC 5280, 4.2.1.3 and 4.2.1.9"
_SIGNS = frozenset({"key_cert_sign", "crl_sign"})
_NOT = frozenset({"digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"})

JPKI_SIGNATURE_AUTHORITY = Profile(
    kind=Kind.JPKI_SIGNATURE_AUTHORITY,
    source=_SOURCE,
    key_usage=_SIGNS,
    forbidden_key_usage=_NOT,
    authority=True,
    units=frozenset({"JPKI for digital signature"}),
)
JPKI_AUTHENTICATION_AUTHORITY = Profile(
    kind=Kind.JPKI_AUTHENTICATION_AUTHORITY,
    source=_SOURCE,
    key_usage=_SIGNS,
    forbidden_key_usage=_NOT,
    authority=True,
    units=frozenset({"JPKI for user authentication"}),
)
