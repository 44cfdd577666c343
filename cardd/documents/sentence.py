"""What a person reads when a document cannot be signed or checked: what happened and what to do, in Japanese and English."""

from typing import NamedTuple


class Sentence(NamedTuple):
    """One row of `cardd.documents.sentences`, for one word of `DocumentError`."""

    ja: str
    """What happened."""
    en: str
    ja_remedy: str
    """What to do."""
    en_remedy: str
