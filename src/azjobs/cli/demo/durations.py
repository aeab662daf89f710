"""How long jobs took, and would have taken one after another."""

from __future__ import annotations

from collections.abc import Sequence

from azjobs.jobs.rows import JobRow


def together_and_apart(rows: Sequence[JobRow], speed: float) -> tuple[float, float]:
    """Return how long jobs took together and the sum of what each took, in seconds of Azure's time.

    Args:
        rows: jobs that have ended.
        speed: seconds of Azure's time in a second.
    """
    spans = [(row.begin_time, row.end_time) for row in rows]
    done = [(begin, end) for begin, end in spans if begin is not None and end is not None]
    if not done:
        return 1.0, 1.0
    together = (max(end for _, end in done) - min(begin for begin, _ in done)).total_seconds()
    apart = sum((end - begin).total_seconds() for begin, end in done)
    return max(together, 0.001) * speed, apart * speed


def spoken(seconds: float) -> str:
    """Return a time as a person says it.

    Example:
        >>> spoken(1241)
        '20 min 41 s'
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {whole % 60} s"
