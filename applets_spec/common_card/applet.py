"""The 共通AP as its table says."""

from applets_spec.common_card.spec import TABLE
from applets_spec.jicsap import JicsapApplet


class CommonCardApplet(JicsapApplet):
    """共通AP"""

    name = TABLE.name
    aid = TABLE.aid
    table = TABLE
