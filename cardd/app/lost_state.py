"""Whether the durable state was taken away while the record of earlier runs is there.

Who removes state.db lifts an emergency stop, opens locks, and makes badges good again that were reported lost. A first start has
neither; the set-up makes both.
"""

from cardd.app.state import NAME
from cardd.audit.chain import segments
from cardd.config import Settings
from cardd.state.store import StateBroken


def state_lost(settings: Settings) -> bool:
    """To be asked before the store is opened, which makes a new one. Raises `StateBroken` (`lost`) in production."""
    path = settings.state_directory / NAME
    if path.is_symlink() or path.exists() or not segments(settings.audit.directory):
        return False
    if settings.mode == "production":
        raise StateBroken("lost", path)
    return True
