"""`rpc.discover`: the OpenRPC document, made from the table of methods."""

from typing import Any

from cardd.wire.base import WireModel

METHOD = "rpc.discover"


class Result(WireModel):
    document: dict[str, Any]
