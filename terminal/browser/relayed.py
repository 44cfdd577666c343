"""Which methods a web page may ever be given, whatever the settings say."""

from typing import Final

RELAYED: Final = frozenset({
    "approval.give", "approval.list", "approval.refuse", "card.certificate", "card.change_pin", "card.pin_status", "card.read",
    "card.token_info", "cards.list", "case.close", "certificate.check", "errors.list", "events.subscribe", "health", "policy.explain",
    "policy.show", "queue.show", "readers.list", "session.activity", "session.login", "session.logout", "session.status",
    "session.unlock", "sign.begin", "sign.digest", "sign.finish", "sign.grant", "sign.revoke_grant", "whoami",
})  # fmt: skip
"""Named one by one, so that a method that is new in the daemon is not open to pages by itself. Never among them: asking for PINs
(`agent`), the office's files, the life of badges, the record, the emergency stop and the override."""
EVENTS: Final = "events.subscribe"
