"""`azjobs connect`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import click

from azjobs.cli.contexts import print_context
from azjobs.cli.failures import say
from azjobs.cli.parsing import Command
from azjobs.cli.redaction import hide
from azjobs.cli.secret_input import can_ask, read_secret
from azjobs.cli.settings import Settings
from azjobs.errors import InvalidArgument, NoTerminal


@dataclass(frozen=True, kw_only=True, slots=True)
class _Principal:
    """The service principal to log in as; empty for a user."""

    tenant: str | None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)


@click.command(
    "connect",
    cls=Command,
    epilog="""
        azjobs connect --environment Emulator
        azjobs connect --subscription Production
        azjobs connect -t contoso.com --client-id 0a1b... --client-secret-file secret.txt
    """,
)
@click.option(
    "-e",
    "--environment",
    default="AzureCloud",
    metavar="NAME",
    help="AzureCloud (the default), AzureUSGovernment, AzureChinaCloud, or Emulator.",
)
@click.option("-t", "--tenant", metavar="ID-OR-DOMAIN", help="The tenant; a service principal needs one.")
@click.option("-s", "--subscription", metavar="ID-OR-NAME", help="The subscription to act in; the first by default.")
@click.option("-u", "--client-id", "--username", metavar="ID", help="Log in as this service principal.")
@click.option("--client-secret-file", metavar="FILE", help="The file with its secret; - is standard input.")
@click.option("--client-secret-stdin", is_flag=True, help="Read its secret from standard input.")
@click.option("--use-device-code", is_flag=True, help="Log in with a code that you enter in a browser elsewhere.")
@click.pass_obj
def connect(
    settings: Settings,
    environment: str,
    tenant: str | None,
    subscription: str | None,
    client_id: str | None,
    client_secret_file: str | None,
    client_secret_stdin: bool,
    use_device_code: bool,
) -> None:
    """Log in to Azure, or to the emulator (which is started when it does not run).

    A user logs in in a browser. A service principal's secret is read from a file, from standard input or from the
    variable AZURE_CLIENT_SECRET; where a terminal is there, it is asked for. There is no option that takes the secret
    itself, for every program on this machine could read it there.

    Without --client-id, the variables AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET name the service
    principal when all three are set (not for the emulator).
    """
    from azjobs import accounts

    secret = read_secret(
        client_secret_file, client_secret_stdin, what="client secret", file_option="--client-secret-file"
    )
    if secret is not None and client_id is None:
        raise InvalidArgument("A client secret is a service principal's: say which one with --client-id.")
    if client_id is not None:
        principal = _Principal(tenant=tenant, client_id=client_id, client_secret=secret or _secret_of(client_id))
    elif use_device_code or environment.casefold() == "emulator":
        principal = _Principal(tenant=tenant)
    else:
        principal = _from_variables(tenant)
    context = accounts.connect(
        environment=environment,
        tenant=principal.tenant,
        client_id=principal.client_id,
        client_secret=principal.client_secret,
        subscription=subscription,
        use_device_code=use_device_code,
    )
    print_context(settings, context)
    _say_when_not_saved()


def _secret_of(client_id: str) -> str:
    if secret := os.environ.get("AZURE_CLIENT_SECRET"):
        return hide(secret)
    if not can_ask():
        raise NoTerminal(
            f"The secret of {client_id} is missing: give --client-secret-file FILE or --client-secret-stdin, "
            "or set AZURE_CLIENT_SECRET."
        )
    typed: str = click.prompt(f"Secret of {client_id}", hide_input=True, err=True)
    return hide(typed)


def _from_variables(tenant: str | None) -> _Principal:
    client_id, secret = os.environ.get("AZURE_CLIENT_ID"), os.environ.get("AZURE_CLIENT_SECRET")
    tenant = tenant or os.environ.get("AZURE_TENANT_ID")
    if not (client_id and secret and tenant):
        return _Principal(tenant=tenant)
    say(f"Logging in as the service principal {client_id}, from AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.")
    return _Principal(tenant=tenant, client_id=client_id, client_secret=hide(secret))


def _say_when_not_saved() -> None:
    from azjobs.accounts import session

    if not session.saves():
        say(
            "Context autosave is off, so this login ends with this command: "
            "call azjobs.enable_context_autosave() in Python to keep logins."
        )
