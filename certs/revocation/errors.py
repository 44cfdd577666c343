"""The errors of this room. `problem` is one word of ours; nothing from a list is repeated."""

from certs.errors import CertificateError


class ListRefused(CertificateError):
    """A list was not taken in, and what was there before is untouched. The words:

    list_too_large             over 64 MiB, or over 1,500,000 entries
    list_malformed             not a DER CertificateList (RFC 5280, 5.1), or with an entry that cannot be
    list_wrong_issuer          of none of the authorities, by name or by key identifier
    list_bad_signature         the authority's key did not sign it
    list_weak_algorithm        signed with SHA-1, or with something that is not known here
    list_issuer_expired        the authority's certificate was not valid when the list was made, or is not valid now
    list_not_understood        a delta list, an indirect one, one of some reasons only, or a critical extension that is not known
    list_without_number        version 1, or without CRLNumber: going back could not be seen (RFC 5280, 5.1.2.1 and 5.2.3)
    list_without_next_update   nobody could say when it is too old (5.1.2.5)
    list_from_future           made after the present time
    list_rolled_back           its number or its thisUpdate is lower than of the list that is there
    list_number_reused         another content with the number and the time of the list that is there
    """


class FileRefused(CertificateError):
    """A file of sorted serial numbers is not read. The words:

    file_missing   there is none
    file_other     something else, or of another version of this form
    file_cut       shorter or longer than it says
    file_damaged   its SHA-256 does not fit
    """
