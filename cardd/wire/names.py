"""The names that a client itself must know to hold a conversation. Plain words, so that a client need not load the models."""

from typing import Final

LEVEL: Final = 1
"""The API level spoken here."""

GREETING: Final = "server.greeting"
HELLO: Final = "hello"
CLOSING: Final = "server.closing"

CANCEL: Final = "request.cancel"
PROGRESS: Final = "request.progress"

SUBSCRIBE: Final = "events.subscribe"
CHANGED: Final = "events.changed"
LAGGED: Final = "events.lagged"

AGENT_REGISTER: Final = "agent.register"
AGENT_PIN: Final = "agent.pin"
AGENT_CONFIRM: Final = "agent.confirm"
AGENT_CANCEL: Final = "agent.cancel"
