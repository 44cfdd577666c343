"""What a word of the CA's errors means to the person at the command, and what to do."""

from collections.abc import Mapping
from types import MappingProxyType

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "absent": "There is no key in that file.",
        "unreadable": "The key's file cannot be read: who are you, and may you?",
        "exists": "There is a file already where the key would go; it stays as it is. Choose another place.",
        "wrong_mode": "Others can read the key's file. Close it: chmod 600 FILE. If somebody may have copied it, make a new CA.",
        "wrong_owner": "The key's file belongs to another user.",
        "not_a_key": "The file holds no private key.",
        "not_encrypted": "The key in the file is not encrypted: openssl pkcs8 -topk8 -scrypt -in FILE -out NEW",
        "damaged": "The key's file is damaged. Take it from the backup.",
        "passphrase": "The passphrase is wrong.",
        "passphrase_short": "A passphrase has at least 12 characters. Five words nobody would guess are easier to type than signs.",
        "passphrase_long": "A passphrase has at most 64 characters.",
        "passphrase_characters": "A passphrase is made of letters, digits, signs and spaces of ASCII: every seat can type those.",
        "unwritable": "The key's file cannot be written there.",
        "module_absent": "The PKCS#11 module is not there, or cannot be loaded.",
        "token_absent": "No token has this label. What is there: pkcs11-tool --module MODULE -L",
        "token_ambiguous": "Several tokens have this label. Pull the others.",
        "token_not_ready": "The token has no user PIN yet. Set it with the vendor's program.",
        "token_pin": "The token refused the PIN. Each wrong one counts: do not guess.",
        "token_pin_shape": "A token's PIN has 4 to 32 characters. It was not tried.",
        "token_pin_final_try": "One more wrong PIN would lock the token: it was not tried. Give the right one in the vendor's program.",
        "token_locked": "The token is locked. Its security officer can set a new PIN.",
        "token_busy": "Another part of this program uses the token.",
        "token_failed": "The token did not do what it was asked to do.",
        "key_absent": "The token holds no key pair of this label.",
        "key_ambiguous": "The token holds several keys of this label.",
        "key_exists": "The token holds a key of this label already; it stays as it is. Choose another label.",
        "key_kind": "A CA's key is P-256, P-384, or RSA of 3072 bits.",
        "key_mismatch": "The key is not the one of this certificate.",
        "signature": "What the key made does not verify: it must not be used.",
        "secret_missing": "No passphrase or PIN was given.",
        "secret_long": "More than 64 characters were given.",
        "secrets_differ": "The two are not the same. Nothing was made.",
        "no_terminal": "There is no terminal to ask at. Give --passphrase-fd.",
        "name": "A name has 1 to 64 characters, none of them invisible or of private use, and no space at its ends.",
        "validity": "A CA lives 1 to 30 years.",
        "ca_malformed": "The file holds no certificate in PEM, or one that cannot be read.",
        "ca_not_an_authority": "The certificate is no CA's.",
        "certificate_absent": "There is no certificate in that file.",
        "certificate_unreadable": "The certificate's file cannot be read.",
        "certificate_exists": "There is a file already where the certificate would go; it stays as it is.",
        "certificate_unwritable": "The certificate's file cannot be written there.",
        "book_unreadable": "The book of issued certificates cannot be read.",
        "book_unwritable": "The book of issued certificates cannot be written.",
        "book_damaged": "The book of issued certificates is damaged. Keep the file, and take its last good state from the backup.",
    }
)


def sentence(problem: str) -> str:
    """The word itself where it has no sentence."""
    return SENTENCES.get(problem, problem)
