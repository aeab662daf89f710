"""Sentences that speak of Python's arguments, said in the words of the command line."""

from __future__ import annotations

import re

_OPTIONS = {
    "open_ports": "--open-port",
    "domain_name_label": "--public-ip-address-dns-name",
    "ssh_key": "--ssh-key-value",
    "resource_group_name": "--resource-group",
    "virtual_network_name": "--vnet-name",
    "subnet_name": "--subnet",
    "public_ip_address_name": "--public-ip-address",
    "security_group_name": "--nsg",
    "address_prefix": "--vnet-address-prefix",
    "subnet_address_prefix": "--subnet-address-prefix",
    "admin_username": "--admin-username",
    "allow_from": "--allow-from",
    "client_id": "--client-id",
    "client_secret": "--client-secret-file",
    "name": "--name",
    "newest": "--newest",
}
_PHRASES = (
    ("allow_from= (--allow-from)", "--allow-from"),
    ("get_vm() or `azjobs vm list` lists", "`azjobs vm list` lists"),
    ("get_resource_group() lists", "`azjobs group list` lists"),
    ("With with_dependents=True, remove_vm also", "With --with-dependents, `azjobs vm delete` also"),
    ("stop_vm without stay_provisioned", "`azjobs vm stop` without --stay-provisioned"),
    ("set_context(subscription=…) or `azjobs context set", "`azjobs context set"),
    (
        "choose the subscription with set_context, or pass context=",
        "choose it with `azjobs context set --subscription`",
    ),
    ("; result() gives it again", ""),
    ("ssh_key='generate'", "--generate-ssh-keys"),
    ("ssh_key=True", "--generate-ssh-keys"),
    ("public_ip=False", "--no-public-ip"),
    ("Credential(user, password)", "--admin-username and --password-file"),
    ('call connect() or run `azjobs connect` (environment="Emulator"', "run `azjobs connect` (--environment Emulator"),
    ("call connect() or run `azjobs connect`", "run `azjobs connect`"),
)
_CONNECT = re.compile(r"`?\bconnect\(([^()]*)\)`?(?: or `azjobs connect`)?")
_FLAGS = ("wait", "keep", "force", "cancel", "use_device_code", "stay_provisioned", "with_dependents")
_FLAG = re.compile(rf"\b({'|'.join(_FLAGS)})=True\b")
_PLAIN = ("image", "size", "location", "zone", "tags", "tenant", "subscription", "state", "timeout", *_OPTIONS)
_ARGUMENT = re.compile(rf"\b({'|'.join(_PLAIN)})=(?=['\"\[\d])")
_NAMED = re.compile(rf"(?<![\w`'\"/.-])({'|'.join(name for name in _OPTIONS if '_' in name)})\b(?!=)")


def for_shell(text: str) -> str:
    """Return a sentence with the options of the command line in place of Python's arguments.

    Example:
        >>> for_shell("stop it first, or remove it with force=True")
        'stop it first, or remove it with --force'
    """
    for phrase, ours in _PHRASES:
        text = text.replace(phrase, ours)
    text = _CONNECT.sub(lambda found: f"`azjobs connect{_connect_options(found[1])}`", text)
    text = _FLAG.sub(lambda found: f"--{found[1].replace('_', '-')}", text)
    text = _ARGUMENT.sub(lambda found: f"{_OPTIONS.get(found[1], '--' + found[1].replace('_', '-'))} ", text)
    text = _NAMED.sub(lambda found: _OPTIONS[found[1]], text)
    return text.replace("--force (--force)", "--force")


def _connect_options(arguments: str) -> str:
    options = []
    for argument in filter(None, (part.strip() for part in arguments.split(","))):
        name, _, value = argument.partition("=")
        options.append(
            f" --{name.replace('_', '-')}" + ("" if value in ("", "True") else f" {value.strip(chr(39) + chr(34))}")
        )
    return "".join(options)
