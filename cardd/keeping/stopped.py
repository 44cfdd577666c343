"""What ends a backup or a restoration before its end."""


class Stopped(Exception):
    """Somebody must put something right first. `key`: the sentence in `cardd.keeping.texts`; `facts`: what stands in it."""

    def __init__(self, key: str, **facts: object) -> None:
        self.key, self.facts = key, facts
        super().__init__(key)
