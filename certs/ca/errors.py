"""What goes wrong at the operator CA. `problem` is one word of ours; no secret, name or number stands in a message."""

from certs.errors import CertificateError


class CaKeyError(CertificateError):
    """The CA's key cannot be used.

    File: `absent`, `unreadable`, `exists`, `wrong_mode`, `wrong_owner`, `not_a_key`, `not_encrypted`, `damaged`, `passphrase`;
    for a new one `passphrase_short`, `passphrase_long`, `passphrase_characters`, `unwritable`.
    Token: `module_absent`, `token_absent`, `token_ambiguous`, `token_not_ready`, `token_pin`, `token_pin_shape`, `token_pin_final_try`,
    `token_locked`, `token_busy`, `token_failed`, `key_absent`, `key_ambiguous`, `key_exists`.
    Both: `key_kind` (no P-256, P-384 or RSA of 3072 bits), `key_mismatch` (not the key of the CA's certificate),
    `signature` (what the key made does not verify),
    `key_of_before` (a next generation needs a key of its own).
    """


class CaRefused(CertificateError):
    """The CA does not issue this.

    The request: `request_malformed`, `request_signature`, `weak_key`, `key_in_use`.
    The subject: `name`, `office`, `operator_id`, `guid`, `validity`.
    The CA: `ca_malformed`, `ca_not_an_authority`, `ca_expired`, `ca_not_yet_valid`, `same_folder`.
    Renewing: `not_issued` (not by this CA), `not_a_badge`, `previous_malformed`, `previous_expired`, `revoked`.
    Revoking: `not_issued`, `already_revoked`, `not_held`.
    Lists and answers: `list_days`, `clock_behind`, `responder_days`, `responder_malformed`, `responder_other_ca`,
    `responder_not_valid`, `answer_hours`, `request_empty`, `out_unwritable`.
    Its certificate's file: `certificate_absent`, `certificate_unreadable`, `certificate_exists`, `certificate_unwritable`.
    """


class BookError(CertificateError):
    """A book cannot be used: `book_unreadable`, `book_unwritable`, `book_damaged`.

    The book of revocations and that of lists: also `revoked_damaged`, `lists_damaged`.
    """
