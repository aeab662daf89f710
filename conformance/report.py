"""The table that a run prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.figures import Figures, keys_present

NAMED = {
    "microsoft.resources/resourcegroups": "resource group",
    "operations": "operations",
    "errors": "errors",
    "microsoft.compute/virtualmachines": "virtual machine",
    "microsoft.network/networkinterfaces": "network interface",
    "microsoft.network/virtualnetworks": "virtual network",
    "microsoft.network/publicipaddresses": "public IP address",
    "microsoft.network/networksecuritygroups": "network security group",
    "microsoft.compute/disks": "disk",
    "microsoft.resources/deployments": "deployment",
}
"""The subjects that have a target of their own."""


def lines(figures: Figures, *, most: int = 15) -> Iterator[str]:
    """The table of a run, line by line.

    Args:
        figures: What was found.
        most: How many of each kind of difference are listed.
    """
    yield f"{'exchanges':34}{figures.exchanges:,}"
    yield f"{'comparable':34}{figures.comparable}"
    yield f"{'status':34}{figures.status}"
    yield f"{'LRO headers':34}{figures.lro_headers}"
    yield f"{'  where either sends any':34}{figures.lro_headers_sent}"
    yield f"{'Retry-After':34}{figures.retry_after}"
    yield f"{'  where either names a time':34}{figures.retry_after_sent}"
    yield f"{'key paths present':34}{figures.keys}"
    yield f"{'keys that Azure does not send':34}{figures.surplus}"
    yield f"{'values of the right type and enum':34}{figures.values}"
    yield f"{'bodies valid against the schemas':34}{figures.valid}"
    yield from _subjects(figures)
    yield from _listed("not comparable", figures.reasons, most)
    yield from _listed("status differs", figures.wrong_statuses, most)
    yield from _listed("LRO headers differ", figures.wrong_headers, most)
    yield from _listed("Retry-After differs", figures.wrong_retry_after, most)
    yield from _listed("against the schemas", figures.invalid, most)
    for title, name in (("missing most", "missing"), ("not sent by Azure", "surplus"), ("wrong values", "wrong")):
        found: Counter[str] = Counter()
        for subject, difference in figures.subjects.items():
            found.update({f"{subject}: {path}": times for path, times in getattr(difference, name).items()})
        yield from _listed(title, found, most)


def _subjects(figures: Figures) -> Iterator[str]:
    yield ""
    yield f"{'key paths present, of':62}present     missing  surplus  wrong"
    others = sorted(
        (subject for subject in figures.subjects if subject not in NAMED),
        key=lambda subject: -figures.subjects[subject].missing.total(),
    )
    for subject in [*(name for name in NAMED if name in figures.subjects), *others]:
        difference = figures.subjects[subject]
        yield (
            f"  {NAMED.get(subject, subject)[:58]:60}{keys_present(difference).percent:6.2f} %"
            f"{difference.missing.total():10,}{difference.surplus.total():9,}{difference.wrong.total():7,}"
        )


def _listed(title: str, found: Counter[str], most: int) -> Iterator[str]:
    if not found:
        return
    yield ""
    yield f"{title} ({found.total():,} times, {len(found):,} kinds)"
    for what, times in found.most_common(most):
        yield f"{times:7,}  {what}"
