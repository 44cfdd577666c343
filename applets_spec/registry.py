"""The list of all applets, by the name they have in card files. A new applet is one line here."""

from applets_spec.applet import Applet

_ALL: tuple[type[Applet], ...] = ()

APPLETS: dict[str, type[Applet]] = {applet.name: applet for applet in _ALL}
