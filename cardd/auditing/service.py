"""All that can be asked of the record and done with it, as handlers ask for it: one part for each group of methods."""

from dataclasses import dataclass

from cardd.auditing.alarms import Alarms
from cardd.auditing.cases import Cases
from cardd.auditing.cutting import Cutting
from cardd.auditing.disclosure import Disclosure
from cardd.auditing.exports import Exports
from cardd.auditing.head_export import HeadExport
from cardd.auditing.own_day import OwnDays
from cardd.auditing.proofs import Proofs
from cardd.auditing.questions import Questions
from cardd.auditing.watch_list import WatchLists


@dataclass(frozen=True, slots=True)
class AuditingService:
    """The parts; `app` makes them."""

    questions: Questions
    own_days: OwnDays
    head_export: HeadExport
    proofs: Proofs
    exports: Exports
    disclosure: Disclosure
    cutting: Cutting
    alarms: Alarms
    watch_lists: WatchLists
    cases: Cases
