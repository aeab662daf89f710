"""Resource ids: what a path below ARM's root names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

RESOURCES = "Microsoft.Resources"
CANONICAL_NAMESPACES = (
    RESOURCES,
    "Microsoft.Authorization",
    "Microsoft.Compute",
    "Microsoft.ContainerService",
    "Microsoft.DocumentDB",
    "Microsoft.KeyVault",
    "Microsoft.Network",
    "Microsoft.Sql",
    "Microsoft.Storage",
    "Microsoft.Web",
)
_NAMESPACE_CASING = {namespace.lower(): namespace for namespace in CANONICAL_NAMESPACES}
_FORBIDDEN_IN_A_SEGMENT = re.compile(r"[\x00-\x1f\x7f<>%&\\?#]")


class InvalidPath(ValueError):
    """A path that is no resource id."""


@dataclass(frozen=True, kw_only=True)
class ResourcePath:
    """A parsed path.

    Types and names pair up. A path with one type more than names is a collection (GET) or an action (POST):
    `…/virtualMachines` and `…/virtualMachines/vm1/start`. Subscriptions and resource groups are resources of
    Microsoft.Resources here, with ids of their own form.

    Args:
        scope: The id of what the resource lies in: "", a subscription, a resource group, or the resource that an
            extension resource (such as a lock) extends.
        subscription: The subscription's id, as it came.
        group: The resource group's name, as it came.
        namespace: The resource provider.
        types: The type, one part a level.
        names: The name, one part a level.
        rooted: Whether the path has no `/providers/` of its own.
    """

    scope: str
    subscription: str | None
    group: str | None
    namespace: str
    types: tuple[str, ...]
    names: tuple[str, ...]
    rooted: bool = False

    @cached_property
    def type(self) -> str:
        """The full type, e.g. `Microsoft.Compute/virtualMachines`."""
        return "/".join((self.namespace, *self.types))

    @cached_property
    def type_key(self) -> str:
        """The full type in lower case."""
        return self.type.lower()

    @cached_property
    def id(self) -> str:
        """The resource id."""
        parts = [self.scope] if self.rooted else [self.scope, "providers", self.namespace]
        for position, segment in enumerate(self.types):
            parts.append(segment)
            parts.extend(self.names[position : position + 1])
        return "/".join(parts)

    @cached_property
    def key(self) -> str:
        """The id in lower case: the identity of the resource, as ids are case-insensitive."""
        return self.id.lower()

    @property
    def name(self) -> str:
        """The last part of the name; empty for a collection at the top."""
        return self.names[-1] if self.names else ""

    @property
    def full_name(self) -> str:
        """The name with its parents' names."""
        return "/".join(self.names)

    @property
    def is_collection(self) -> bool:
        """Whether the path ends in a type (or an action) and not in a name."""
        return len(self.types) > len(self.names)

    @property
    def tail(self) -> str:
        """The last type segment: of a collection its type or the action's name."""
        return self.types[-1]

    @property
    def parent(self) -> ResourcePath:
        """One level up: of a collection or an action the resource that it belongs to, of a child its parent."""
        return ResourcePath(
            scope=self.scope,
            subscription=self.subscription,
            group=self.group,
            namespace=self.namespace,
            types=self.types[:-1],
            names=self.names[: len(self.types) - 1],
            rooted=self.rooted,
        )

    @property
    def group_id(self) -> str | None:
        """The id of the resource group that the path lies in."""
        if self.subscription is None or self.group is None:
            return None
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"

    def child(self, child_type: str, name: str) -> ResourcePath:
        """The path of a child resource."""
        return ResourcePath(
            scope=self.scope,
            subscription=self.subscription,
            group=self.group,
            namespace=self.namespace,
            types=(*self.types, child_type),
            names=(*self.names, name),
            rooted=self.rooted,
        )


def parse(path: str) -> ResourcePath:
    """The resource path that a URL's path names.

    Doubled and trailing slashes are accepted, as ARM does, and the words of the path in any casing.

    Args:
        path: A decoded URL path or a resource id.

    Raises:
        InvalidPath: The path is no resource id.

    Example:
        >>> parse("/subscriptions/s/resourcegroups/g/providers/Microsoft.Compute/virtualMachines/v/start").tail
        'start'
    """
    segments = [segment for segment in path.split("/") if segment]
    if not segments or len(segments) > 40 or any(_FORBIDDEN_IN_A_SEGMENT.search(segment) for segment in segments):
        raise InvalidPath(path)
    positions = [index for index, segment in enumerate(segments) if segment.lower() == "providers"]
    starts = [index for index in positions if index % 2 == 0 and index + 2 < len(segments)]
    if starts:
        return _parse_provider_path(segments, starts[-1])
    return _parse_root_path(segments)


def _parse_provider_path(segments: list[str], start: int) -> ResourcePath:
    subscription, group, scope = _scope(segments[:start])
    namespace, rest = segments[start + 1], segments[start + 2 :]
    return ResourcePath(
        scope=scope,
        subscription=subscription,
        group=group,
        namespace=_NAMESPACE_CASING.get(namespace.lower(), namespace),
        types=tuple(rest[0::2]),
        names=tuple(rest[1::2]),
    )


def _scope(segments: list[str]) -> tuple[str | None, str | None, str]:
    if not segments:
        return None, None, ""
    words = [segment.lower() for segment in segments[0:3:2]]
    if words[0] != "subscriptions" or len(segments) < 2:
        return None, None, "/" + "/".join(segments)
    subscription = segments[1]
    scope = f"/subscriptions/{subscription}"
    if len(segments) == 2:
        return subscription, None, scope
    if words[1] == "providers":
        return subscription, None, "/".join((scope, *segments[2:]))
    if words[1] != "resourcegroups" or len(segments) < 4:
        raise InvalidPath("/".join(segments))
    group = segments[3]
    return subscription, group, "/".join((f"{scope}/resourceGroups/{group}", *segments[4:]))


def _parse_root_path(segments: list[str]) -> ResourcePath:
    """Paths without a provider: tenants, subscriptions, resource groups and what hangs directly on them."""
    word = segments[0].lower()
    if word != "subscriptions" or len(segments) == 1:
        return _root("", None, None, segments)
    subscription = segments[1]
    if len(segments) == 2:
        return _root("", subscription, None, ["subscriptions", subscription])
    scope, rest = f"/subscriptions/{subscription}", segments[2:]
    if rest[0].lower() != "resourcegroups":
        return _root(scope, subscription, None, rest)
    rest[0] = "resourceGroups"
    if len(rest) <= 3:
        return _root(scope, subscription, rest[1] if len(rest) > 1 else None, rest)
    group_scope = f"{scope}/resourceGroups/{rest[1]}"
    # The deployments of the oldest api-versions have no provider in their path.
    return ResourcePath(
        scope=group_scope,
        subscription=subscription,
        group=rest[1],
        namespace=RESOURCES,
        types=tuple(rest[2::2]),
        names=tuple(rest[3::2]),
    )


def _root(scope: str, subscription: str | None, group: str | None, rest: list[str]) -> ResourcePath:
    return ResourcePath(
        scope=scope,
        subscription=subscription,
        group=group,
        namespace=RESOURCES,
        types=tuple(rest[0::2]),
        names=tuple(rest[1::2]),
        rooted=True,
    )


_RESOURCE_ID = re.compile(r"/subscriptions/[^/]+(/resourceGroups/[^/]+)?/providers/[^/]+/[^/]+/[^/]+", re.IGNORECASE)


def looks_like_resource_id(value: object) -> bool:
    """Whether a value in a document names another resource."""
    return isinstance(value, str) and value[:15].lower() == "/subscriptions/" and bool(_RESOURCE_ID.match(value))


def ancestors(resource_id: str) -> list[str]:
    """The key of a resource id and those of the resources that it is a child of, the topmost first.

    Example:
        >>> ancestors("/subscriptions/s/resourceGroups/g/providers/N/vnets/v/subnets/b")[0]
        '/subscriptions/s/resourcegroups/g/providers/n/vnets/v'
    """
    key = resource_id.lower().rstrip("/")
    head, separator, tail = key.rpartition("/providers/")
    segments = tail.split("/")
    return [head + separator + "/".join(segments[:length]) for length in range(3, len(segments) + 1, 2)]
