"""`mooring staff`: who may sign in."""

from __future__ import annotations

import sys

import click

from mooring.config.commands.starting import UnableToRun, current_time, start_up_to_date

ROLES = ("administrator", "sales_person", "read_only")


@click.group()
def staff() -> None:
    """Add and list the people who may sign in."""


@staff.command("add")
@click.argument("email")
@click.option("--name", required=True, help="As colleagues see it.")
@click.option("--role", type=click.Choice(ROLES), default="sales_person", show_default=True)
@click.option("--password", envvar="MOORING_STAFF_PASSWORD", show_envvar=True, help="Asked for when not given.")
def add(email: str, name: str, role: str, password: str | None) -> None:
    """Let somebody sign in with EMAIL."""
    start_up_to_date()
    from mooring.users.journal import Actor
    from mooring.users.staff import add_user

    user = add_user(
        email=email,
        name=name,
        role=role,
        password=password or ask_password("MOORING_STAFF_PASSWORD"),
        by=Actor(user=None, source="command"),
        now=current_time(),
    )
    click.echo(f"{user.email} may sign in.")


@staff.command("list")
def list_staff() -> None:
    """Print address, role, state and name, one person a line, separated by tabs."""
    start_up_to_date()
    from mooring.users.models import User

    for user in User.objects.order_by("email"):
        click.echo(f"{user.email}\t{user.role}\t{'active' if user.is_active else 'deactivated'}\t{user.name}")


@staff.command("reset-second-step")
@click.argument("email")
def reset_second_step(email: str) -> None:
    """Let EMAIL sign in with the password alone again, and end all their sessions: for whoever lost every means."""
    start_up_to_date()
    from django.utils.translation import gettext_lazy

    from mooring.desk.signing_in_letters import tell_of_reset
    from mooring.users.journal import Actor
    from mooring.users.models import User
    from mooring.users.second_steps import UnableToResetSecondStep
    from mooring.users.second_steps import reset_second_step as reset

    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        raise UnableToRun(f"Nobody signs in with {email}.")
    try:
        reset(user=user, by=Actor(user=None, source="command"), now=current_time())
    except UnableToResetSecondStep as error:
        raise UnableToRun(str(error)) from error
    is_told = tell_of_reset(user, who=gettext_lazy("somebody at the machine itself"))
    click.echo(f"{user.email} signs in with the password alone now{', and was told so by email' if is_told else ''}.")


def ask_password(variable: str) -> str:
    """Ask twice at the terminal, without showing it. Raises UnableToRun where there is no terminal."""
    if not sys.stdin.isatty():
        raise UnableToRun(f"Give the password in the environment variable {variable}.")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password
