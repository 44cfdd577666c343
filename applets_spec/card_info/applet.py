"""The 券面事項入力補助AP as its table says."""

from applets_spec.card_info.spec import TABLE
from applets_spec.jicsap import JicsapApplet


class CardInfoApplet(JicsapApplet):
    """券面事項入力補助AP"""

    name = TABLE.name
    aid = TABLE.aid
    table = TABLE
