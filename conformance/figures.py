"""The figures: how much of what Azure answered the emulator answers too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.bodies import BodyDifference
from conformance.verdicts import Verdict


@dataclass(kw_only=True)
class Ratio:
    """How many of how many."""

    good: int = 0
    all: int = 0

    def count(self, good: bool) -> None:
        """Count one."""
        self.good += good
        self.all += 1

    @property
    def percent(self) -> float:
        """In hundred; 100 of none."""
        return 100.0 * self.good / self.all if self.all else 100.0

    def __str__(self) -> str:
        return f"{self.percent:6.2f} %  {self.good:,} of {self.all:,}"


@dataclass(kw_only=True)
class Figures:
    """What a number of verdicts come to."""

    exchanges: int = 0
    comparable: Ratio = field(default_factory=Ratio)
    status: Ratio = field(default_factory=Ratio)
    lro_headers: Ratio = field(default_factory=Ratio)
    lro_headers_sent: Ratio = field(default_factory=Ratio)
    """Among the exchanges in which either side sends any."""
    retry_after: Ratio = field(default_factory=Ratio)
    retry_after_sent: Ratio = field(default_factory=Ratio)
    """Among the exchanges in which either side names a time."""
    valid: Ratio = field(default_factory=Ratio)
    subjects: dict[str, BodyDifference] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    wrong_statuses: Counter[str] = field(default_factory=Counter)
    wrong_headers: Counter[str] = field(default_factory=Counter)
    wrong_retry_after: Counter[str] = field(default_factory=Counter)
    invalid: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> Figures:
        """The figures of some verdicts."""
        figures = cls()
        for verdict in verdicts:
            figures.add(verdict)
        return figures

    def add(self, verdict: Verdict) -> None:
        """Count one verdict."""
        self.exchanges += 1
        self.comparable.count(verdict.incomparable is None)
        if verdict.incomparable is not None:
            self.reasons[verdict.incomparable] += 1
            return
        self.status.count(verdict.status_matches)
        if not verdict.status_matches:
            was = f"{verdict.what}: {verdict.exchange.status} is {verdict.status} {verdict.detail[:110]}"
            self.wrong_statuses[was] += 1
            return
        self._add_headers(verdict)
        for subject, difference in verdict.bodies:
            self.subjects.setdefault(subject, BodyDifference()).add(difference)
        if verdict.bodies:
            self.valid.count(not verdict.invalid)
            subject = verdict.bodies[0][0]
            self.invalid.update(f"{subject}: {complaint}" for complaint in set(verdict.invalid))

    def _add_headers(self, verdict: Verdict) -> None:
        recorded, ours = verdict.lro_headers
        self.lro_headers.count(verdict.lro_headers_match)
        if recorded or ours:
            self.lro_headers_sent.count(verdict.lro_headers_match)
        if not verdict.lro_headers_match:
            self.wrong_headers[f"{verdict.what}: {recorded or '-'} is {ours or '-'}"] += 1
        if verdict.retry_after is None:
            return
        self.retry_after.count(verdict.retry_after_matches)
        if any(verdict.retry_after):
            self.retry_after_sent.count(verdict.retry_after_matches)
        if not verdict.retry_after_matches:
            named, answered = verdict.retry_after
            self.wrong_retry_after[f"{verdict.what}: {named or '-'} is {answered or '-'}"] += 1

    @property
    def keys(self) -> Ratio:
        """The key paths of recorded bodies that ours have."""
        found = Ratio()
        for difference in self.subjects.values():
            found.good += difference.present
            found.all += difference.present + difference.missing.total()
        return found

    @property
    def surplus(self) -> Ratio:
        """The key paths of our bodies that Azure does not send."""
        found = Ratio()
        for difference in self.subjects.values():
            found.good += difference.surplus.total()
            found.all += difference.total
        return found

    @property
    def values(self) -> Ratio:
        """The values that have the type, and where it is from a closed list the value, that Azure's has."""
        found = Ratio()
        for difference in self.subjects.values():
            found.good += difference.values - difference.wrong.total()
            found.all += difference.values
        return found


def keys_present(difference: BodyDifference) -> Ratio:
    """The key paths of the recorded bodies of one subject that ours have."""
    return Ratio(good=difference.present, all=difference.present + difference.missing.total())
