"""`azjobs vm create`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from azjobs.cli.acting import as_job_option, perform, say_all, say_where, who_acts
from azjobs.cli.options import group_option, location_option, name_option, parse_tags, tags_option
from azjobs.cli.parsing import Command, ListOption
from azjobs.cli.redaction import hide
from azjobs.cli.secret_input import can_ask, read_secret
from azjobs.cli.settings import Settings
from azjobs.errors import InvalidArgument, NoTerminal

if TYPE_CHECKING:
    from azjobs.accounts.credential import Credential
    from azjobs.commands.virtual_machine.options import NewVirtualMachineOptions


def _refuse_password(_context: click.Context, _option: click.Parameter, value: str | None) -> None:
    if value is not None:
        hide(value)
        raise InvalidArgument(
            "--admin-password does not exist, for every program on this machine can read an argument: "
            "use --password-file FILE or --password-stdin, and choose another password now."
        )


@click.command(
    "create",
    cls=Command,
    epilog="""
        azjobs vm create -n MyVm -u azureuser --password-file secret.txt --as-job
        azjobs vm create -n MyVm --image Ubuntu2404 --generate-ssh-keys --allow-from 203.0.113.7
        azjobs vm create -n MyVm -g MyGroup -l westeurope --size Standard_B2s --no-public-ip
    """,
)
@name_option("The name of the virtual machine and of its computer.")
@group_option("Its resource group, made when it is missing; named as the virtual machine by default.")
@location_option("The Azure region; that of the group by default, else eastus.")
@click.option("--size", metavar="SIZE", help="The size; Standard_D2s_v3 by default.")
@click.option(
    "--image",
    metavar="IMAGE",
    help="An alias such as Ubuntu2404, or publisher:offer:sku:version; Win2022AzureEdition by default.",
)
@click.option("-u", "--admin-username", metavar="USER", help="The administrator's user name.")
@click.option(
    "--password-file", metavar="FILE", help="The file with the administrator's password; - is standard input."
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--admin-password", hidden=True, expose_value=False, callback=_refuse_password)
@click.option("--ssh-key-value", metavar="KEY-OR-FILE", help="Linux: a public SSH key, or the path of its file.")
@click.option("--generate-ssh-keys", is_flag=True, help="Linux: use your own key in ~/.ssh, made when there is none.")
@click.option(
    "--open-port",
    cls=ListOption,
    metavar="PORT...",
    help="Ports and ranges to open; 3389 and 5985 by default (Windows), 22 (Linux); none.",
)
@click.option(
    "--allow-from",
    cls=ListOption,
    metavar="ADDRESS...",
    help="Who may reach them: addresses, ranges, VirtualNetwork, none; anyone by default.",
)
@click.option("--public-ip-address-dns-name", metavar="LABEL", help="The DNS label; name and group by default.")
@click.option("--no-public-ip", is_flag=True, help="No public IP address: the Internet cannot reach it.")
@click.option("-z", "--zone", metavar="ZONE", help="The availability zone: 1, 2 or 3.")
@tags_option()
@click.option("--vnet-name", metavar="NAME", help="The virtual network; named as the virtual machine by default.")
@click.option(
    "--vnet-address-prefix", metavar="CIDR", help="The range of a new virtual network; 192.168.0.0/16 by default."
)
@click.option("--subnet", metavar="NAME", help="The subnet; named as the virtual machine by default.")
@click.option("--subnet-address-prefix", metavar="CIDR", help="The range of a new subnet; 192.168.1.0/24 by default.")
@click.option(
    "--public-ip-address", metavar="NAME", help="The public IP address; named as the virtual machine by default."
)
@click.option("--nsg", metavar="NAME", help="The network security group; named as the virtual machine by default.")
@as_job_option
@click.pass_obj
def create(
    settings: Settings,
    /,
    name: str,
    admin_username: str | None,
    password_file: str | None,
    password_stdin: bool,
    ssh_key_value: str | None,
    generate_ssh_keys: bool,
    as_job: bool,
    **given: Any,
) -> None:
    """Make a virtual machine and everything that it hangs on, as one deployment.

    Parts that are there already are used as they are; a virtual machine that is there is returned unchanged. Which
    ports are opened, and to whom, is said first.

    The password is read from a file, from standard input, or asked for. There is no option that takes the password
    itself, for every program on this machine could read it there, and the shell's history would keep it.
    """
    from azjobs.commands import describe_new_vm, new_vm

    if ssh_key_value is not None and generate_ssh_keys:
        raise InvalidArgument("The SSH key was given twice: leave out --ssh-key-value or --generate-ssh-keys.")
    password = read_secret(password_file, password_stdin, what="password", file_option="--password-file")
    ssh_key = True if generate_ssh_keys else ssh_key_value
    options = _options(given)
    options["ssh_key"] = ssh_key
    if password is not None or ssh_key is None:
        options["credential"] = _credential(name, admin_username, password)
    else:
        options["admin_username"] = admin_username
    announcement = describe_new_vm(name, **options)
    options["context"] = context = who_acts()
    say_where(context)
    say_all(announcement)
    perform(settings, lambda as_job: new_vm(name, as_job=as_job, **options), as_job=as_job)


def _options(given: dict[str, Any]) -> NewVirtualMachineOptions:
    ports = _list(given["open_port"])
    return {
        "resource_group_name": given["resource_group"],
        "location": given["location"],
        "size": given["size"],
        "image": given["image"],
        "open_ports": [] if ports == ["none"] else ports,
        "allow_from": _list(given["allow_from"]),
        "domain_name_label": given["public_ip_address_dns_name"],
        "public_ip": not given["no_public_ip"],
        "zone": given["zone"],
        "tags": parse_tags(given["tags"]),
        "virtual_network_name": given["vnet_name"],
        "address_prefix": given["vnet_address_prefix"],
        "subnet_name": given["subnet"],
        "subnet_address_prefix": given["subnet_address_prefix"],
        "public_ip_address_name": given["public_ip_address"],
        "security_group_name": given["nsg"],
    }


def _list(values: tuple[str, ...]) -> list[str] | None:
    """Values may stand one after the other, repeat the option, or be divided by commas."""
    return [part for value in values for part in value.replace(",", " ").split()] or None


def _credential(name: str, user: str | None, password: str | None) -> Credential:
    from azjobs.accounts import Credential, get_credential

    if password is None:
        if not can_ask():
            raise NoTerminal(
                f"The administrator of {name} needs a password: give --password-file FILE or --password-stdin "
                "(or, for Linux, an SSH key with --ssh-key-value or --generate-ssh-keys)."
            )
        credential = get_credential(f"The administrator of {name}:", user=user)
        hide(credential.password)
        return credential
    if user is None:
        raise InvalidArgument("The password is somebody's: say whose with --admin-username.")
    return Credential(user, password)
