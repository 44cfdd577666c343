"""What a run of the benchmarks found: the table's costs and the single figures, with the verdict on each promise."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.by_cardd import Collected
from bench.figures import Cost, Spread
from bench.metered_card import CONTACTLESS
from bench.rows import ADDED_LIMIT, ROWS, Client, Job

Costs = Mapping[tuple[Client, Job, str], Cost]


@dataclass(frozen=True)
class Figure:
    """One measured figure. `limit`: what was promised of the median, None where nothing was."""

    key: str
    title: str
    value: Spread
    unit: str
    how: str
    limit: float | None = None

    @property
    def kept(self) -> bool | None:
        """Whether the promise was kept."""
        return None if self.limit is None else self.value.median <= self.limit

    @property
    def ratio(self) -> float | None:
        """The median as a part of the limit."""
        return None if not self.limit else self.value.median / self.limit


@dataclass
class Findings:
    """Everything, as the groups bring it."""

    costs: dict[tuple[Client, Job, str], Cost] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)

    def take(self, collected: Collected) -> None:
        """Bring the runs of the table in."""
        self.costs = {key: Cost.of(runs) for key, runs in collected.runs.items()}

    def missed(self) -> list[str]:
        """One line for each promise that was not kept."""
        missed = []
        for row in ROWS:
            for cost in self._of(row.job):
                if row.limit is not None and cost.commands > row.limit:
                    missed.append(f"{row.title}: {cost.commands} commands, limit {row.limit}")
                if cost.added.median > ADDED_LIMIT:
                    added = f"{100 * cost.added.median:.1f} %"
                    missed.append(f"{row.title}: cardd adds {added} at the model, limit {100 * ADDED_LIMIT:.0f} %")
        return missed + [
            f"{figure.title}: {figure.value.median:.3g} {figure.unit}, limit {figure.limit:g}"
            for figure in self.figures
            if figure.kept is False
        ]

    def _of(self, job: Job) -> list[Cost]:
        cost = self.costs.get((Client.CARDD, job, CONTACTLESS.name))
        return [] if cost is None else [cost]
