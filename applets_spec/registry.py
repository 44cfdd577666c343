"""The list of all applets, by the name they have in card files. A new applet is one line here."""

from applets_spec.applet import Applet
from applets_spec.card_info.applet import CardInfoApplet
from applets_spec.card_surface.applet import CardSurfaceApplet
from applets_spec.common_card.applet import CommonCardApplet
from applets_spec.issuer_domain.applet import IssuerDomainApplet
from applets_spec.jpki.applet import JpkiApplet
from applets_spec.piv.applet import Piv
from applets_spec.resident_register.applet import ResidentRegisterApplet

_ALL: tuple[type[Applet], ...] = (
    JpkiApplet,
    CardInfoApplet,
    CardSurfaceApplet,
    ResidentRegisterApplet,
    CommonCardApplet,
    IssuerDomainApplet,
    Piv,
)

APPLETS: dict[str, type[Applet]] = {applet.name: applet for applet in _ALL}
