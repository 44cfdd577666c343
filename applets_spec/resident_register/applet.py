"""The 住基AP as its table says."""

from applets_spec.jicsap import JicsapApplet
from applets_spec.resident_register.spec import TABLE


class ResidentRegisterApplet(JicsapApplet):
    """住基AP"""

    name = TABLE.name
    aid = TABLE.aid
    table = TABLE
