"""Compares a certificate with the profile of the kind it is offered as."""

from cryptography import x509

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
        unknown_critical(extensions)
        or _authority(extensions)
        or _usage(extensions, profile)
        or _extended_usage(extensions, profile)
        or _policy(extensions, profile, test=test)
    )


def unknown_critical(extensions: x509.Extensions) -> str | None:
    """A critical extension that nobody here understands."""
    known = all(not each.critical or each.oid in UNDERSTOOD for each in extensions)
    return None if known else "unknown_critical_extension"


def _may_sign(extensions: x509.Extensions) -> str | None:
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    return None if usage.digital_signature or usage.content_commitment else "key_usage"


def _authority(extensions: x509.Extensions) -> str | None:
    try:
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return None
    return "is_authority" if constraints.ca else None


def _usage(extensions: x509.Extensions, profile: Profile) -> str | None:
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return "key_usage_missing"
    if not all(getattr(usage, name) for name in profile.key_usage):
        return "key_usage"
    return "key_usage_too_wide" if any(getattr(usage, name) for name in profile.forbidden_key_usage) else None


def _extended_usage(extensions: x509.Extensions, profile: Profile) -> str | None:
    if not profile.extended_usage and not profile.forbidden_extended_usage:
        return None
    try:
        usages = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return None
    named = {usage.dotted_string for usage in usages}
    if named & profile.forbidden_extended_usage:
        return "extended_usage_other_key"
    return None if not profile.extended_usage or named & profile.extended_usage else "extended_usage"


def _policy(extensions: x509.Extensions, profile: Profile, *, test: bool) -> str | None:
    wanted = profile.policies | profile.test_policies if test else profile.policies
    if not profile.policies:
        return None
    try:
        policies = extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return "policy_missing"
    return None if wanted & {policy.policy_identifier.dotted_string for policy in policies} else "policy"
