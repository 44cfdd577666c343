"""What the files of the office are judged by, put together from the daemon's parts."""

from cardd.audit.asynchronous import AsyncJournal
from cardd.config import Settings
from cardd.in_force import InForce
from cardd.office.at_start import seed_paths
from cardd.office.block_list import BlockList
from cardd.office.files import Folders
from cardd.office.parts import OfficeParts
from cardd.ports import Clock, Publish
from cardd.state.badges import BadgeBook
from cardd.state.versions import Versions


def office_parts(
    settings: Settings,
    in_force: InForce,
    badges: BadgeBook,
    versions: Versions,
    journal: AsyncJournal,
    publish: Publish,
    clock: Clock,
) -> OfficeParts:
    """For `cardd.office.exchange.OfficeFiles`."""
    return OfficeParts(
        Folders(settings.state_directory),
        seed_paths(settings),
        settings.operator_ca,
        settings.mode == "test",
        in_force,
        versions,
        lambda: [each.operator.id for each in badges.operators()],
        BlockList(clock),
        journal,
        publish,
        clock,
    )
