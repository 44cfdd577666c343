"""All profiles."""

from collections.abc import Mapping

from certs.profiles.jpki_authentication import JPKI_AUTHENTICATION
from certs.profiles.jpki_signature import JPKI_SIGNATURE
from certs.profiles.operator_badge import OPERATOR_BADGE
from certs.profiles.operator_signature import OPERATOR_SIGNATURE
from certs.profiles.profile import Kind, Profile

PROFILES: Mapping[Kind, Profile] = {
    profile.kind: profile for profile in (OPERATOR_BADGE, OPERATOR_SIGNATURE, JPKI_SIGNATURE, JPKI_AUTHENTICATION)
}
