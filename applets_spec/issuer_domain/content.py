"""The data objects of the issuer security domain (myna-card src/mf.rs names them; the values here are made up)."""

from base64 import b64encode

from applets_spec.applet import State
from applets_spec.cv_certificate import FaceAuthority
from applets_spec.holder import Holder
from applets_spec.issuer_domain.spec import DataObject
from applets_spec.variants import ATRS

ISSUER = bytes.fromhex("9901000001")
CARD_DATA = bytes.fromhex("7300")
CARD_IMAGE_BYTES = 10
TS_BYTES = 1


def data_objects(holder: Holder, authority: FaceAuthority, number: int) -> State:
    """The domain's state. The contact ATR comes without TS and is the one without historical bytes (myna-card)."""
    objects = {
        DataObject.ISSUER_IDENTIFICATION: ISSUER,
        DataObject.CARD_IMAGE: number.to_bytes(CARD_IMAGE_BYTES),
        DataObject.CARD_DATA: CARD_DATA,
        DataObject.MUNICIPALITY: holder.municipality.encode("ascii"),
        DataObject.EXPIRY: holder.card_expiry.encode("ascii"),
        DataObject.CV_CERTIFICATE_F7: authority.certificate,
        DataObject.CV_CERTIFICATE_F8: authority.certificate,
        DataObject.CV_CERTIFICATE: authority.certificate,
        DataObject.CONTACT_ATR: ATRS["contact-plain"][TS_BYTES:],
    }
    return {"objects": {f"{tag:04X}": b64encode(value).decode() for tag, value in objects.items()}}
