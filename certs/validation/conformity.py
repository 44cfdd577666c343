"""Compares a certificate with the profile of the kind it is offered as."""

from cryptography import x509
from cryptography.x509.oid import NameOID

from certs.profiles.profile import Profile

UNDERSTOOD = frozenset(
    {
        x509.BasicConstraints.oid,
        x509.KeyUsage.oid,
        x509.ExtendedKeyUsage.oid,
        x509.CertificatePolicies.oid,
        x509.SubjectAlternativeName.oid,
        x509.CRLDistributionPoints.oid,
    }
)
"""Critical extensions of a holder's certificate that are looked at here or in the path check (RFC 5280, 4.2)."""
_OF_AUTHORITIES = frozenset({x509.NameConstraints.oid, x509.PolicyConstraints.oid, x509.InhibitAnyPolicy.oid})
"""These bind what stands below an authority, and the path check applies them there (6.1.4)."""


def nonconformity(certificate: x509.Certificate, profile: Profile | None, *, test: bool) -> str | None:
    """The first thing in which the certificate is not of this kind, as a word; None when it is.

    Without a profile the key usage, where there is one, must allow signatures over data (RFC 5280, 4.2.1.3), and that is all.
    `test`: the policies of test hierarchies count too.
    """
    try:
        extensions = certificate.extensions
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return "extensions"
    if profile is None:
        return unknown_critical(extensions) or _may_sign(extensions)
    return (
        unknown_critical(extensions, authority=profile.authority)
        or (_no_authority(extensions) if profile.authority else _authority(extensions))
        or _units(certificate, profile)
        or _usage(extensions, profile)
        or _extended_usage(extensions, profile)
        or _policy(extensions, profile, test=test)
    )


def unknown_critical(extensions: x509.Extensions, *, authority: bool = False) -> str | None:
    """A critical extension that nobody here understands. `authority`: of one that is offered as an authority's."""
    understood = UNDERSTOOD | _OF_AUTHORITIES if authority else UNDERSTOOD
    known = all(not each.critical or each.oid in understood for each in extensions)
    return None if known else "unknown_critical_extension"


def _may_sign(extensions: x509.Extensions) -> str | None:
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    if usage.key_cert_sign and _authority(extensions) is None:
        return "key_usage_too_wide"  # who certifies is an authority, and says so (RFC 5280, 4.2.1.3)
    return None if usage.digital_signature or usage.content_commitment else "key_usage"


def _authority(extensions: x509.Extensions) -> str | None:
    try:
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return None
    return "is_authority" if constraints.ca else None


def _no_authority(extensions: x509.Extensions) -> str | None:
    """RFC 5280, 4.2.1.9: CA:TRUE, and critical where the key signs certificates."""
    try:
        constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return "no_authority"
    return None if constraints.value.ca and constraints.critical else "no_authority"


def _units(certificate: x509.Certificate, profile: Profile) -> str | None:
    if not profile.units:
        return None
    found = {part.value for part in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)}
    return None if profile.units & found else "other_authority"


def _usage(extensions: x509.Extensions, profile: Profile) -> str | None:
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return "key_usage_missing" if profile.key_usage else None
    if not all(getattr(usage, name) for name in profile.key_usage):
        return "key_usage"
    return "key_usage_too_wide" if any(getattr(usage, name) for name in profile.forbidden_key_usage) else None


def _extended_usage(extensions: x509.Extensions, profile: Profile) -> str | None:
    if not profile.extended_usage and not profile.forbidden_extended_usage:
        return None
    try:
        extension = extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return "extended_usage_missing" if profile.extended_usage_alone else None
    named = {usage.dotted_string for usage in extension.value}
    if named & profile.forbidden_extended_usage:
        return "extended_usage_other_key"
    if profile.extended_usage_alone and not named <= profile.extended_usage:
        return "extended_usage_too_wide"
    if profile.extended_usage and not named & profile.extended_usage:
        return "extended_usage"
    return "extended_usage_not_critical" if profile.extended_usage_critical and not extension.critical else None


def _policy(extensions: x509.Extensions, profile: Profile, *, test: bool) -> str | None:
    wanted = profile.policies | profile.test_policies if test else profile.policies
    if not profile.policies:
        return None
    try:
        policies = extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return "policy_missing"
    return None if wanted & {policy.policy_identifier.dotted_string for policy in policies} else "policy"
