"""All profiles."""

from collections.abc import Mapping

from certs.profiles.jpki_authentication import JPKI_AUTHENTICATION
from certs.profiles.jpki_authority import JPKI_AUTHENTICATION_AUTHORITY, JPKI_SIGNATURE_AUTHORITY
from certs.profiles.jpki_signature import JPKI_SIGNATURE
from certs.profiles.ocsp_responder import OCSP_RESPONDER
from certs.profiles.operator_badge import OPERATOR_BADGE
from certs.profiles.operator_signature import OPERATOR_SIGNATURE
from certs.profiles.profile import Kind, Profile
from certs.profiles.time_stamp_authority import TIME_STAMP_AUTHORITY

PROFILES: Mapping[Kind, Profile] = {
    profile.kind: profile
    for profile in (
        OPERATOR_BADGE,
        OPERATOR_SIGNATURE,
        JPKI_SIGNATURE,
        JPKI_AUTHENTICATION,
        JPKI_SIGNATURE_AUTHORITY,
        JPKI_AUTHENTICATION_AUTHORITY,
        OCSP_RESPONDER,
        TIME_STAMP_AUTHORITY,
    )
}
