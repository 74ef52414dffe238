"""`mooring report`: what the pages under Reports show, as tables for other programs."""

from __future__ import annotations

import csv
import sys
from datetime import UTC, datetime

import click

from mooring.config.commands.chosen import account_named
from mooring.config.commands.starting import start_up_to_date

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def report() -> None:
    """Print reports."""


@report.command("synced-emails")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated, as spreadsheets read it; else separated by tabs.")
@click.option("--since", type=DAY, help="Only letters of this day (UTC) or later.")
@click.option("--before", type=DAY, help="Only letters before this day (UTC).")
@click.option("--account", help="Only letters in this mail account (number or address).")
@click.option("--linked/--not-linked", default=None, help="Only letters that are, or are not, linked to a record.")
@click.option("--rule", default="", help="Only letters linked by this rule, such as customer_email or manual.")
@click.option("--text", default="", help="Only letters in which these words are found.")
def synced_emails(
    as_csv: bool,
    since: datetime | None,
    before: datetime | None,
    account: str | None,
    linked: bool | None,
    rule: str,
    text: str,
) -> None:
    """Print every archived letter: where it lies, what it is linked to, and why.

    A letter that lies in two places or is linked to two records has as many lines. Cells that a spreadsheet would take
    for a formula begin with an apostrophe.
    """
    start_up_to_date()
    from mooring.letters.report import ReportFilters, report_records

    filters = ReportFilters(
        since=since.replace(tzinfo=UTC) if since else None,
        before=before.replace(tzinfo=UTC) if before else None,
        account_id=account_named(account).pk if account else None,
        is_linked=linked,
        rule=rule,
        text=text,
    )
    writer = csv.writer(sys.stdout, delimiter="," if as_csv else "\t", lineterminator="\n")
    writer.writerows(report_records(reader=None, filters=filters))
