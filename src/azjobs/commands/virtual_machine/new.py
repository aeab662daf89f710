"""`new_vm`: a virtual machine and everything that it hangs on, as one ARM deployment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack, overload

from azjobs.commands.performing import acting, perform
from azjobs.commands.rules.ports import DEFAULT_PORTS
from azjobs.commands.virtual_machine.specification import Specification, specify

if TYPE_CHECKING:
    from azjobs.accounts.context import Context
    from azjobs.accounts.credential import Credential
    from azjobs.commands.virtual_machine.model import VirtualMachine
    from azjobs.commands.virtual_machine.options import NewVirtualMachineOptions
    from azjobs.jobs.job import Job


@overload
def new_vm(
    name: str, *, as_job: Literal[False] = False, **options: Unpack[NewVirtualMachineOptions]
) -> VirtualMachine: ...
@overload
def new_vm(name: str, *, as_job: Literal[True], **options: Unpack[NewVirtualMachineOptions]) -> Job[VirtualMachine]: ...
@overload
def new_vm(
    name: str, *, as_job: bool, **options: Unpack[NewVirtualMachineOptions]
) -> VirtualMachine | Job[VirtualMachine]: ...
def new_vm(
    name: str,
    *,
    resource_group_name: str | None = None,
    location: str | None = None,
    size: str | None = None,
    image: str | None = None,
    credential: Credential | None = None,
    admin_username: str | None = None,
    ssh_key: str | Path | bool | None = None,
    open_ports: Iterable[int | str] | None = None,
    allow_from: str | Iterable[str] | None = None,
    domain_name_label: str | None = None,
    virtual_network_name: str | None = None,
    subnet_name: str | None = None,
    public_ip_address_name: str | None = None,
    security_group_name: str | None = None,
    address_prefix: str | None = None,
    subnet_address_prefix: str | None = None,
    tags: Mapping[str, str] | None = None,
    zone: str | int | None = None,
    public_ip: bool = True,
    context: Context | None = None,
    as_job: bool = False,
) -> VirtualMachine | Job[VirtualMachine]:
    """Make a virtual machine and what it hangs on (PowerShell: `New-AzVM -Name`, its simple parameter set).

    The resource group is made when it is missing; then one deployment makes virtual network, subnet, public IP address,
    network security group, network interface and VM. Parts of those names that are there already are used as they are;
    a VM that is there already is returned unchanged, with a warning. Arguments and login are checked before the job
    starts. Azure has at most 980 groups in a subscription and refuses more; it keeps at most 800 deployments in a
    group, deletes the oldest by itself, and refuses more where it cannot (under a lock). The job's `reason` says so.

    Args:
        name: the VM's name and its computer's (Windows: at most 15 characters, Linux: at most 64).
        resource_group_name: the resource group; by default named as the VM.
        location: the Azure region; by default that of a part that is there already, else the group's, else `eastus`.
        size: the VM size; `Standard_D2s_v3` (2 cores, 8 GiB) by default.
        image: an alias such as `Ubuntu2404` or a URN `publisher:offer:sku:version`; by default `Win2022AzureEdition`
            (Windows Server 2022 Datacenter Azure Edition). Images that can are launched trusted (vTPM, secure boot).
        credential: the administrator's user name and password; needed for Windows.
        admin_username: the administrator of a Linux VM with an SSH key alone; `azureuser` by default.
        ssh_key: for Linux: the text or path of a public key, or True (or `"generate"`) for the user's own in `~/.ssh`,
            made there when there is none. Together with `credential` both ways to log in work.
        open_ports: TCP ports and ranges (`"8000-8100"`) that are opened; by default 3389 and 5985 for Windows, 22 for
            Linux. An empty list opens none.
        allow_from: who may reach them: addresses, ranges in CIDR notation, `"VirtualNetwork"`, `"none"`; by default
            anyone on the Internet, as with New-AzVM.
        domain_name_label: the DNS label of the public IP address. By default name and group in lower case, as in
            `myvmmyvm.eastus.cloudapp.azure.com`, with six more hexadecimal digits when that is taken.
        virtual_network_name: the virtual network; by default named as the VM.
        subnet_name: the subnet in it; by default named as the VM. It is added to a network that is there without it.
        public_ip_address_name: the public IP address (Standard, static); by default named as the VM.
        security_group_name: the network security group; by default named as the VM.
        address_prefix: the range of a new virtual network; `192.168.0.0/16` by default.
        subnet_address_prefix: the range of a new subnet; `192.168.1.0/24` by default, or one that is free.
        tags: tags of everything that is made, except the resource group.
        zone: the availability zone: 1, 2 or 3; by default none.
        public_ip: False makes a VM that the Internet cannot reach: without public IP address and DNS label.
        context: as whom; the current context by default.
        as_job: return a job at once instead of waiting for the VM.

    Returns:
        The VM, or with `as_job=True` the job that makes it.

    Raises:
        InvalidArgument: an argument breaks a rule of Azure's; nothing was sent.
        NotLoggedIn: nobody is logged in.
        JobFailed: Azure could not make the VM; `reason` says why.

    Example:
        >>> job = new_vm("MyVm", credential=get_credential(), as_job=True)  # doctest: +SKIP
        >>> job.result().fully_qualified_domain_name  # doctest: +SKIP
        'myvmmyvm.eastus.cloudapp.azure.com'
    """
    specification = specify(
        name,
        resource_group_name=resource_group_name,
        location=location,
        size=size,
        image=image,
        credential=credential,
        admin_username=admin_username,
        ssh_key=None if ssh_key is None else str(ssh_key),
        open_ports=open_ports,
        allow_from=allow_from,
        domain_name_label=domain_name_label,
        virtual_network_name=virtual_network_name,
        subnet_name=subnet_name,
        public_ip_address_name=public_ip_address_name,
        security_group_name=security_group_name,
        address_prefix=address_prefix,
        subnet_address_prefix=subnet_address_prefix,
        tags=tags,
        zone=zone,
        public_ip=public_ip,
    )
    who, subscription = acting(context)
    if ssh_key is not None:
        # Last of the checks: it may make a key pair, which nothing that is refused should do.
        from azjobs.commands.rules.ssh_keys import public_key

        specification = replace(specification, login=replace(specification.login, ssh_key=public_key(ssh_key)))
    return _perform(who, subscription, specification, as_job=as_job)


def _perform(
    context: Context, subscription: str, specification: Specification, *, as_job: bool
) -> VirtualMachine | Job[VirtualMachine]:
    from azjobs.commands.virtual_machine import pending
    from azjobs.commands.virtual_machine.creation import creation
    from azjobs.operations.plan import OperationPlan

    plan: OperationPlan[VirtualMachine] = OperationPlan(
        command=pending.COMMAND,
        resource=specification.name,
        context=context,
        prepare=creation(subscription, specification),
        result_type="azjobs.commands.virtual_machine.model:VirtualMachine",
        detail=pending.describe(subscription, specification),
    )
    return perform(plan, as_job=as_job)


def describe_new_vm(name: str, **options: Unpack[NewVirtualMachineOptions]) -> list[str]:
    """Return what `new_vm` with these arguments would open to the Internet, in sentences; nothing is sent.

    Raises:
        InvalidArgument: an argument breaks a rule of Azure's.

    Example:
        >>> describe_new_vm("MyVm", ssh_key="~/.ssh/id_rsa.pub", image="Ubuntu2404", allow_from="203.0.113.7")
        ['The port 22 of MyVm is opened to 203.0.113.7.']
    """
    told = {key: value for key, value in options.items() if key != "context"}
    if (key := told.get("ssh_key")) is not None:
        told["ssh_key"] = str(key)
    specification = specify(name, **told)  # type: ignore[arg-type]
    return [sentence for sentence in (_announce_ports(specification),) if sentence]


def _announce_ports(specification: Specification) -> str:
    name, sources = specification.name, specification.sources
    if not sources or specification.ports == ():
        return f"No port of {name} is opened."
    if specification.ports is not None:
        ports = list(specification.ports)
    elif specification.system is not None:
        ports = list(DEFAULT_PORTS[specification.system])
    else:
        ports = ["3389 and 5985 (Windows) or 22 (Linux)"]
    which = f"The port {ports[0]} of {name} is" if len(ports) == 1 else f"The ports {', '.join(ports)} of {name} are"
    if sources != ("*",):
        return f"{which} opened to {', '.join(sources)}."
    if not specification.public_ip:
        return f"{which} opened to its virtual network and what is connected to it; it has no public IP address."
    return f"{which} opened to the whole Internet; allow_from restricts who may reach them."
