"""What goes wrong with signatures and certificates: a part of the tree of `cardd.errors`, from where it is imported."""

from cardd.error_families import AskAgain, CallSupport, ChangeCard, FixProgram

# --- signing -------------------------------------------------------------------------------------------------------


class SignatureMismatch(ChangeCard):
    code = "sign.mismatch"


class WrongCertificate(AskAgain):
    """The card's certificate is not the one whose fingerprint the caller showed to the person."""

    code = "sign.wrong_certificate"


class AlgorithmUnsupported(FixProgram):
    code = "sign.algorithm"


class SignOutcomeUnknown(AskAgain):
    code = "sign.outcome_unknown"


class SignUnknown(AskAgain):
    """No signature that was begun under this handle on this connection, or its time is over."""

    code = "sign.unknown"


class ConsentRefused(AskAgain):
    """The person was shown what is to be signed and said no, or said nothing in time."""

    code = "sign.not_agreed"


# --- certificates --------------------------------------------------------------------------------------------------


class CertificateBad(ChangeCard):
    """Not readable, too weak, or of no authority that is trusted here; `problem` says which."""

    code = "cert.bad"


class CertificateWrongKind(ChangeCard):
    code = "cert.wrong_kind"


class CertificateRevoked(ChangeCard):
    code = "cert.revoked"


class CertificateExpired(ChangeCard):
    code = "cert.expired"


class CertificateNotYetValid(ChangeCard):
    code = "cert.not_yet_valid"


class CertificateUnknown(CallSupport):
    """The purpose asks for an answer about revocation, and there is none: no list, a list too old. `problem` says which."""

    code = "cert.unknown"
