"""`audit.export_part`: the bytes of an export, part by part."""

from typing import Annotated

from pydantic import Field

from cardd.wire.base import CallParams, WireModel
from cardd.wire.methods.audit_export import ExportWord
from cardd.wire.methods.audit_head import LongBase64

METHOD = "audit.export_part"


class Params(CallParams):
    export: ExportWord
    offset: Annotated[int, Field(ge=0, le=2**53 - 1)]


class Result(WireModel):
    octets: LongBase64
    last: bool
