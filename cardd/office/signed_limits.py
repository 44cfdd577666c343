"""What two clocks may differ by, for the daemon and for the child that checks signatures alike."""

from datetime import timedelta
from typing import Final

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""So much may the clock of the machine where somebody signed, or put a block list together, be ahead of ours."""
