"""`session.unlock`: badge and PIN again, for the session that is there: after the inactivity lock, or before a high-risk purpose."""

from cardd.wire.methods.session_login import Params, Result

__all__ = ["METHOD", "Params", "Result"]

METHOD = "session.unlock"
