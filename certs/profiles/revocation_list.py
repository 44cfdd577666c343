"""What a revocation list must look like before it is taken as one authority's complete word (RFC 5280, 5)."""

from cryptography import x509

UNDERSTOOD_OF_LISTS = frozenset(
    {x509.AuthorityKeyIdentifier.oid, x509.CRLNumber.oid, x509.IssuingDistributionPoint.oid}
)
"""Critical extensions of a list that are looked at. Delta lists mark themselves by another critical one (5.2.4)."""


def list_nonconformity(crl: x509.CertificateRevocationList) -> str | None:
    """The first thing in which the list is not of the profile, as a word; None when it is.

    RFC 5280, 5.1.2.5: nextUpdate must be there; 5.2.1 and 5.2.3: so must AuthorityKeyIdentifier and a CRLNumber that is not
    critical. Lists of one authority's several keys, and a list older than the last one, could not be told otherwise.
    Words: `extensions`, `next_update_missing`, `key_identifier_missing`, `number_missing`, `number_critical`,
    `unknown_critical_extension`.
    """
    try:
        extensions = crl.extensions
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return "extensions"
    known = {each.oid: each.critical for each in extensions}
    if crl.next_update_utc is None:
        return "next_update_missing"
    if x509.AuthorityKeyIdentifier.oid not in known:
        return "key_identifier_missing"
    if x509.CRLNumber.oid not in known:
        return "number_missing"
    if known[x509.CRLNumber.oid]:
        return "number_critical"
    odd = any(critical and oid not in UNDERSTOOD_OF_LISTS for oid, critical in known.items())
    return "unknown_critical_extension" if odd else None
