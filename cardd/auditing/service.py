"""All that can be asked of the record and done with it, as handlers ask for it: one part for each group of methods."""

from dataclasses import dataclass

from cardd.auditing.cutting import Cutting
from cardd.auditing.questions import Questions


@dataclass(frozen=True, slots=True)
class AuditingService:
    """The parts; `app` makes them."""

    questions: Questions
    cutting: Cutting
