"""`[revocation]`: lists of revoked certificates that this machine holds, whose they are, when they are too old. `docs/revocation.md`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from cardd.tomlfile import TomlModel

ListFor = Literal["operator_ca", "jpki_signature", "jpki_authentication"]
"""Whose certificates a list is about: badges (and the keys of operators), residents' signature or authentication certificates."""
RESIDENTS: tuple[ListFor, ...] = ("jpki_signature", "jpki_authentication")


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("must be an absolute path")
    return path


_Path = Annotated[Path, AfterValidator(_absolute)]


class RevocationList(TomlModel):
    """One list of one authority. An authority that changed its key has two, each with its own file of the key."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    """Names the files of this list, and the list in the record."""
    about: Annotated[ListFor, Field(alias="for")]
    ca: _Path
    """PEM: the authority's certificates, all generations of its key that may sign this list."""
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=400)] | None = None
    """Where the helper fetches it. None: somebody else puts the file into the folder."""
    url_ca: _Path | None = None
    """PEM of the CA of that server's TLS certificate; None = the system's."""


class Revocation(TomlModel):
    """All about revocation."""

    directory: _Path = Path("/var/lib/cardd-lists")
    """Where new lists are put by the helper, or by whoever brings them. Nothing there is believed but signatures."""
    fetch_minutes: Annotated[int, Field(ge=5, le=1440)] = 60
    largest_mib: Annotated[int, Field(ge=1, le=64)] = 64
    """Of one list; 1,000,000 entries with the longest serial numbers have 51 MiB."""
    warn_hours: Annotated[int, Field(ge=1, le=24)] = 24
    """A list older than this is a warning in `health`."""
    rule_hours: Annotated[int, Field(ge=1, le=72)] = 72
    """A list older than this answers nothing any more about residents' certificates: the rule of the purpose holds (K4)."""
    badges_need_list: bool = False
    """Whether nobody logs in while the operator CA's list is missing or beyond its own end. The office's block list counts in any case."""
    jpki_signature_ca: tuple[_Path, ...] = ()
    """PEM files: anchors of residents' signature certificates. None: these certificates are not checked."""
    jpki_authentication_ca: tuple[_Path, ...] = ()
    lists: Annotated[tuple[RevocationList, ...], Field(max_length=16)] = ()

    @model_validator(mode="after")
    def _agree(self) -> Self:
        problem = next(self._problems(), None)
        if problem is not None:
            raise ValueError(problem)
        return self

    def _problems(self) -> Iterator[str]:
        names = [each.name for each in self.lists]
        if len(set(names)) < len(names):
            yield "two of `lists` have one name"
        if self.rule_hours < self.warn_hours:
            yield "`rule_hours` is shorter than `warn_hours`"
        for about in RESIDENTS:
            if not self.anchors(about) and any(each.about == about for each in self.lists):
                yield f"a list for {about} without `{about}_ca` answers no question"

    def anchors(self, about: ListFor) -> tuple[Path, ...]:
        """The anchors of residents' certificates of a kind; none for badges, whose anchors are `operator_ca` of the settings."""
        given = {"jpki_signature": self.jpki_signature_ca, "jpki_authentication": self.jpki_authentication_ca}
        return given.get(about, ())
