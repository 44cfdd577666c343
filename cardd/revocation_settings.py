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


class Responder(TomlModel):
    """One OCSP responder that this office may ask (RFC 6960). The helper asks; the daemon has no network."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    """Names its questions and answers in the folders, and the responder in the log."""
    about: Annotated[ListFor, Field(alias="for")]
    ca: _Path
    """PEM: the authority whose certificates are asked about, all generations of its key."""
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=400)]
    """Where questions are posted (RFC 6960, A.1). http will do: the answer is signed."""
    url_ca: _Path | None = None
    """PEM of the CA of that server's TLS certificate; None = the system's."""
    id_hash: Annotated[Literal["sha1", "sha256"], Field(alias="hash")] = "sha1"
    """What names the certificate's issuer in a question; it protects nothing. RFC 5019, 2.1.1 asks for sha1, RFC 9919 would rather have
    sha256, which not every responder answers to."""


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
    asked_directory: _Path = Path("/run/cardd-asked")
    """Where the daemon puts questions for OCSP responders: it alone writes there, the helper reads."""
    ocsp_wait_s: Annotated[int, Field(ge=0, le=10)] = 5
    """How long a question may wait for its answer, seconds; 0: it is asked, and its answer counts from the next time on."""
    responders: Annotated[tuple[Responder, ...], Field(max_length=8)] = ()

    @model_validator(mode="after")
    def _agree(self) -> Self:
        problem = next(self._problems(), None)
        if problem is not None:
            raise ValueError(problem)
        return self

    def _problems(self) -> Iterator[str]:
        for key, names in (
            ("lists", [each.name for each in self.lists]),
            ("responders", [each.name for each in self.responders]),
        ):
            if len(set(names)) < len(names):
                yield f"two of `{key}` have one name"
        if self.rule_hours < self.warn_hours:
            yield "`rule_hours` is shorter than `warn_hours`"
        for about in RESIDENTS:
            if not self.anchors(about) and any(each.about == about for each in self.lists):
                yield f"a list for {about} without `{about}_ca` answers no question"
            if not self.anchors(about) and any(each.about == about for each in self.responders):
                yield f"a responder for {about} without `{about}_ca` is asked no question"
        if self.responders and self.asked_directory == self.directory:
            yield "`asked_directory` is the daemon's and `directory` the helper's: they must be two folders"

    def anchors(self, about: ListFor) -> tuple[Path, ...]:
        """The anchors of residents' certificates of a kind; none for badges, whose anchors are `operator_ca` of the settings."""
        given = {"jpki_signature": self.jpki_signature_ca, "jpki_authentication": self.jpki_authentication_ca}
        return given.get(about, ())
