"""Names in certificates: which fit, and how they are written.

Longest values: RFC 5280, appendix A.1 (ub-common-name and ub-organization-name 64), RFC 4519, 2.39 (uid, 256).
"""

import unicodedata

from asn1crypto import x509

LONGEST_NAME = 64
LONGEST_OFFICE = 64
LONGEST_OPERATOR_ID = 64
COUNTRY = "JP"
_UNWANTED = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Categories of Unicode that no name needs: controls, invisible signs, surrogates, private use (外字), line ends."""
_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
"""Variation selectors tell the forms of a character in Japanese names apart (Unicode 23.4); they are category Mn, kept."""


def fits(text: str, longest: int) -> bool:
    """1 to `longest` characters, none of them invisible, no space at either end, and not of variation selectors alone."""
    seen = [char for char in text if not any(ord(char) in each for each in _SELECTORS)]
    return (
        len(seen) >= 1
        and len(text) <= longest
        and text == text.strip()
        and not any(unicodedata.category(char) in _UNWANTED for char in text)
    )


def badge_name(office: str, name: str, operator_id: str) -> x509.Name:
    """C=JP, O, CN, UID; all but the country UTF8String (RFC 5280, 4.1.2.4)."""
    return x509.Name.build(
        {"country_name": COUNTRY, "organization_name": office, "common_name": name, "user_id": operator_id}
    )


def authority_name(name: str) -> x509.Name:
    """C=JP, CN."""
    return x509.Name.build({"country_name": COUNTRY, "common_name": name})


def request_name(name: str) -> x509.Name:
    """CN alone: what stands in a request decides nothing, the CA writes the subject itself."""
    return x509.Name.build({"common_name": name})
