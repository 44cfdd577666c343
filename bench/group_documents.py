"""What signed documents cost: each format behind a card, many under one grant, checking them, and a PDF beside pyHanko alone."""

from bench import document_formats, document_grant, document_pdf
from bench.document_house import open_house
from bench.findings import Findings
from bench.place import Place
from bench.scope import Say, Scope


def measure(place: Place, scope: Scope, say: Say, findings: Findings) -> None:
    """The PDF needs neither readers nor a daemon: its key is in software for both."""
    findings.figures += document_pdf.measure(scope, say)
    with open_house(place) as house:
        findings.figures += document_formats.measure(house, scope, say)
        findings.figures += document_grant.measure(house, scope, say)
