"""The 券面事項確認AP as its table says."""

from applets_spec.card_surface.spec import TABLE
from applets_spec.jicsap import JicsapApplet


class CardSurfaceApplet(JicsapApplet):
    """券面事項確認AP"""

    name = TABLE.name
    aid = TABLE.aid
    table = TABLE
