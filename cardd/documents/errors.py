"""The errors of this room: one class, one word for each thing that can be wrong, a row of `cardd.documents.sentences` for each word."""


class DocumentError(Exception):
    """`problem`: one word of ours. `str()` is that word alone: a document's content or name never ends in an error."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)
