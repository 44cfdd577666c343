"""The list of all certificate cases, by name, in the order they are written out."""

from collections.abc import Callable, Mapping

from applets_spec.testca import badge_cases, encoding_cases, resident_cases
from applets_spec.testca.case import Case

CASES: Mapping[str, Callable[[], Case]] = {
    "badge-good": badge_cases.good,
    "badge-good-rsa": badge_cases.good_rsa,
    "badge-good-old-generation": badge_cases.good_old_generation,
    "badge-old-generation-not-trusted": badge_cases.old_generation_not_trusted,
    "badge-expired": badge_cases.expired,
    "badge-last-second": badge_cases.last_second,
    "badge-not-yet-valid": badge_cases.not_yet_valid,
    "badge-stranger": badge_cases.stranger,
    "badge-impostor": badge_cases.impostor,
    "badge-issued-by-badge": badge_cases.issued_by_badge,
    "badge-flipped-bit": badge_cases.flipped_bit,
    "badge-wrong-key-usage": badge_cases.wrong_key_usage,
    "badge-key-management-as-authentication": badge_cases.key_management_as_authentication,
    "badge-card-authentication-as-authentication": badge_cases.card_authentication_as_authentication,
    "badge-server-only": badge_cases.server_only,
    "badge-authority-as-badge": badge_cases.authority_as_badge,
    "badge-sha1": badge_cases.sha1,
    "badge-rsa-1024": badge_cases.rsa_1024,
    "badge-unknown-critical-extension": badge_cases.unknown_critical_extension,
    "badge-revoked": badge_cases.revoked,
    "badge-not-revoked": badge_cases.not_revoked,
    "signature-good": resident_cases.signature_good,
    "signature-good-old-generation": resident_cases.signature_good_old_generation,
    "signature-old-generation-not-trusted": resident_cases.signature_old_generation_not_trusted,
    "signature-expired": resident_cases.signature_expired,
    "authentication-good": resident_cases.authentication_good,
    "authentication-as-signature": resident_cases.authentication_as_signature,
    "signature-as-authentication": resident_cases.signature_as_authentication,
    "badge-as-signature": resident_cases.badge_as_signature,
    "encoding-zero-padded": encoding_cases.zero_padded,
    "encoding-truncated": encoding_cases.truncated,
    "encoding-ber-indefinite-length": encoding_cases.ber_indefinite_length,
    "encoding-negative-serial": encoding_cases.negative_serial,
    "encoding-broken-date": encoding_cases.broken_date,
    "encoding-deeply-nested": encoding_cases.deeply_nested,
    "encoding-huge": encoding_cases.huge,
    "encoding-not-a-certificate": encoding_cases.not_a_certificate,
}
