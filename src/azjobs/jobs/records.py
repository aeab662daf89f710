"""What a job says: records on seven streams, each with a payload that another process can read."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from azjobs.jobs import registry


class Stream(StrEnum):
    """The seven streams of a job, in PowerShell's words."""

    OUTPUT = "output"
    ERROR = "error"
    WARNING = "warning"
    VERBOSE = "verbose"
    DEBUG = "debug"
    INFORMATION = "information"
    PROGRESS = "progress"


class Encoding(StrEnum):
    """How a payload is written down."""

    TEXT = "text"
    JSON = "json"
    PICKLE = "pickle"
    # A raw ARM body with the name of its type: a pickle of one SDK version cannot be read by another.
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Payload:
    """An object as bytes, with the encoding that reads them."""

    encoding: Encoding
    data: bytes = field(repr=False)

    @classmethod
    def text(cls, text: str) -> Payload:
        """Return the payload of a text."""
        return cls(Encoding.TEXT, text.encode("utf-8", "surrogatepass"))

    @classmethod
    def json(cls, value: Any) -> Payload:
        """Return the payload of a JSON value."""
        return cls(Encoding.JSON, _json(value))

    @classmethod
    def model(cls, type_path: str, body: Any, extras: Mapping[str, Any] | None = None) -> Payload:
        """Return the payload of a raw ARM body whose type is named by `package.module:Name`."""
        value = {"type": type_path, "body": body, "extras": dict(extras or {})}
        return cls(Encoding.MODEL, _json(value))

    @classmethod
    def pickled(cls, value: object) -> Payload:
        """Return the payload of any object that can be pickled (by value where its module cannot be imported)."""
        import cloudpickle

        return cls(Encoding.PICKLE, cloudpickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL))

    def value(self) -> Any:
        """Return the object; a model is read by the decoder that `azjobs.jobs.registry` names."""
        match self.encoding:
            case Encoding.TEXT:
                return self.data.decode("utf-8", "surrogatepass")
            case Encoding.JSON:
                return json.loads(self.data)
            case Encoding.MODEL:
                value = json.loads(self.data)
                return registry.model_decoder()(value["type"], value["body"], value["extras"])
            case Encoding.PICKLE:
                return pickle.loads(self.data)


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a job is, as PowerShell's progress record.

    Attributes:
        activity: what is being done.
        status: the state of it in words.
        percent: 0 to 100, or None when only words are known.
        estimated: whether percent is a guess from elapsed time, and must be shown as one.
        items: name → state of each part (of a deployment's resources).
    """

    activity: str
    status: str = ""
    percent: float | None = None
    estimated: bool = False
    items: Mapping[str, str] = field(default_factory=dict)

    def to_payload(self) -> Payload:
        """Return the payload of a record on the progress stream."""
        return Payload.json(
            {
                "activity": self.activity,
                "status": self.status,
                "percent": self.percent,
                "estimated": self.estimated,
                "items": dict(self.items),
            }
        )

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> Progress:
        """Return the progress that a record's payload holds."""
        return cls(**value)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRecord:
    """A record that is still to be written."""

    stream: Stream
    payload: Payload
    time: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One thing a job said.

    Attributes:
        job_id: the job.
        sequence: its place among the job's records, from 1, without gaps.
        stream: which of the seven streams.
        time: when it was said, UTC.
        payload: what was said; `value` reads it.
        received: whether `receive_job` has handed it out.
    """

    job_id: int
    sequence: int
    stream: Stream
    time: datetime
    payload: Payload
    received: bool = False

    @property
    def value(self) -> Any:
        """The object that was said: a text, a Progress, or any output object."""
        value = self.payload.value()
        return Progress.from_value(value) if self.stream is Stream.PROGRESS else value


def _json(value: Any) -> bytes:
    # A file's name that is no UTF-8 reaches Python as lone surrogates, and json.loads reads them back.
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def from_epoch(seconds: float) -> datetime:
    """Return a time with its time zone (UTC) from seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)
