"""`usi-fed doctor`."""

import sys

import click

from usi_fed.config import load_settings
from usi_fed.logs import configure_logging
from usi_fed.upkeep.checkup import as_chosen
from usi_fed.upkeep.doctor import examine
from usi_fed.upkeep.findings import Grade

SIGNS = {Grade.OK: ("ok     ", "green"), Grade.WARNING: ("warning", "yellow"), Grade.FAULT: ("FAULT  ", "red")}


@click.command()
@click.option("--mail-to", default="", metavar="ADDRESS", help="Also send a mail there, to see that it arrives.")
def doctor(mail_to: str) -> None:
    """Say what is wrong with this server, and what to do about it. Ends with 1 when there is a fault."""
    settings = as_chosen(load_settings())
    configure_logging("error", readable=True)
    grades = set()
    for finding in examine(settings, mail_to):
        sign, colour = SIGNS[finding.grade]
        click.echo(f"{click.style(sign, fg=colour)}  {finding.sentence}")
        if finding.remedy:
            click.echo(f"         -> {finding.remedy}")
        grades.add(finding.grade)
    sys.exit(Grade.FAULT in grades)
