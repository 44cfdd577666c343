"""Revocation lists in the daemon: what judges certificates, put together from the daemon's parts. The certificate code comes late."""

from pathlib import Path
from typing import TYPE_CHECKING

from cardd.audit.asynchronous import AsyncJournal
from cardd.config import Settings
from cardd.in_force import InForce
from cardd.ports import Clock, Publish
from cardd.revocation.answers import AnswerFolder
from cardd.revocation.asking import Asking
from cardd.revocation.held import HeldLists
from cardd.revocation.kept import Kept
from cardd.revocation.taking import ListTaking
from cardd.revocation_settings import RESIDENTS, ListFor

if TYPE_CHECKING:
    from cardd.ports import CertificateJudge
    from cardd.verifying.service import Judge

MINUTE_S, HOUR_S = 60, 3600


def anchor_files(settings: Settings) -> dict[ListFor, tuple[Path, ...]]:
    """The PEM files of the anchors, by whose certificates they are."""
    files: dict[ListFor, tuple[Path, ...]] = {"operator_ca": settings.operator_ca}
    return files | {about: settings.revocation.anchors(about) for about in RESIDENTS}


def list_taking(settings: Settings, held: HeldLists, journal: AsyncJournal, publish: Publish) -> ListTaking:
    """What takes over new lists."""
    return ListTaking(settings.revocation, Kept(settings.revocation_path()), held, journal.state, publish)


def asking(settings: Settings, clock: Clock) -> Asking | None:
    """What asks OCSP responders; None where the settings name none: then nothing is ever asked."""
    given = settings.revocation
    if not given.responders:
        return None
    return Asking(given.asked_directory, given.directory, float(given.ocsp_wait_s), clock.boottime)


class Judges:
    """All that judge certificates. Making this brings the certificate code: once, with the use cases."""

    def __init__(self, settings: Settings, held: HeldLists, in_force: InForce, asking: Asking | None = None) -> None:
        from cardd.revocation.checking import Checker  # noqa: PLC0415
        from cardd.revocation.inquiry import Inquiry  # noqa: PLC0415
        from cardd.revocation.judge import BadgeJudge, ResidentJudge  # noqa: PLC0415
        from cardd.verifying.judging import Judging  # noqa: PLC0415

        given = settings.revocation
        self.checker: Checker = Checker(
            anchor_files(settings),
            held,
            AnswerFolder(given.directory),
            test=settings.mode == "test",
            rule_s=given.rule_hours * HOUR_S,
            listed=frozenset(each.about for each in given.lists),
            inquiry=None if asking is None else Inquiry(given.responders, asking),
            again_s=given.fetch_minutes * MINUTE_S,
        )
        has_lists = "operator_ca" in {*(each.about for each in given.lists), *(each.about for each in given.responders)}
        self.badges: BadgeJudge = BadgeJudge(self.checker, has_lists=has_lists, needs_list=given.badges_need_list)
        self.residents: CertificateJudge = ResidentJudge(self.checker, lambda: in_force.policy)
        self.certificate: Judge = Judging(self.checker, lambda: in_force.policy)
