"""What `cardctl verify` says by itself; a part of `cardd.cli.texts`. What a report says stands in `cardd.documents.checking`."""

from collections.abc import Mapping
from types import MappingProxyType

VERIFY_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # key: (ja, en)
        "no_documents_extra": (
            "文書の署名を扱う部品がこの端末に入っていません。",
            "The part of cardd that handles signed documents is not installed here.",
        ),
        "no_documents_extra.remedy": (
            "管理者が pip install 'cardd[documents]' で追加できます。",
            "An administrator adds it with: pip install 'cardd[documents]'",
        ),
    }
)
