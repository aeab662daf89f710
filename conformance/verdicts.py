"""What became of one recorded exchange when the emulator was asked the same."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.bodies import BodyDifference
from conformance.recordings import Exchange


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One exchange, compared.

    Args:
        recording: The recording's name.
        position: Its place there.
        exchange: What was recorded.
        what: Its method and type, for reports.
        incomparable: Why it cannot be compared; None when it was.
        status: The status that the emulator answered.
        detail: What the emulator said, when it refused.
        lro_headers: Which of Azure-AsyncOperation and Location were sent, recorded and ours: "A", "L", "AL", "".
        retry_after: What Retry-After said, recorded and ours; None when the recording does not keep it.
        bodies: What the bodies have in common, by what they are of.
        invalid: What the schemas say against our body.
    """

    recording: str
    position: int
    exchange: Exchange
    what: str
    incomparable: str | None = None
    status: int = 0
    detail: str = ""
    lro_headers: tuple[str, str] = ("", "")
    retry_after: tuple[str | None, str | None] | None = None
    bodies: tuple[tuple[str, BodyDifference], ...] = ()
    invalid: tuple[str, ...] = field(default=())

    @property
    def status_matches(self) -> bool:
        """Whether both answered the same status."""
        return self.status == self.exchange.status

    @property
    def lro_headers_match(self) -> bool:
        """Whether both sent the same poll headers."""
        return self.lro_headers[0] == self.lro_headers[1]

    @property
    def retry_after_matches(self) -> bool:
        """Whether both named the same time to wait, or none."""
        return self.retry_after is None or self.retry_after[0] == self.retry_after[1]
