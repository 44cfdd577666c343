"""The JPKI-AP as its table says."""

from applets_spec.jicsap import JicsapApplet
from applets_spec.jpki.spec import TABLE


class JpkiApplet(JicsapApplet):
    """公的個人認証AP"""

    name = TABLE.name
    aid = TABLE.aid
    table = TABLE
