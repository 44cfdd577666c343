"""`cardctl audit`: the group of commands about the record. Each part has a file of its own."""

import click

from cardd.cli.audit_ask import head, proof, query, tail
from cardd.cli.audit_disclose import disclose
from cardd.cli.audit_export import export
from cardd.cli.audit_keeping import cut, report
from cardd.cli.audit_watch import alarms, replay, review, watch_list
from cardd.cli.export_head import export_head


@click.group()
def audit() -> None:
    """The record: questions, proofs, heads, alarms, what is kept and what goes, and the monthly report.

    Whether a log is whole, `cardd-verify` says, which needs nothing of cardd.
    """


for _command in (
    tail,
    query,
    head,
    proof,
    export,
    disclose,
    export_head,
    cut,
    report,
    alarms,
    review,
    watch_list,
    replay,
):
    audit.add_command(_command)
