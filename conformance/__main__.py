"""`python -m conformance`: replay recordings of the real Azure, print how true the emulator is, hold a floor."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance import floor, sources
from conformance.figures import Figures
from conformance.recordings import UnreadableRecording, read
from conformance.replay import Replay
from conformance.report import lines
from conformance.schemas import Schemas
from conformance.verdicts import Verdict


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 when every figure holds its floor, 1 when one dropped, 2 when there was nothing to replay.
    """
    options = _parser().parse_args(arguments)
    try:
        found = [*sources.in_folder(options.recordings)] if options.recordings else [*_default_sources(options)]
    except sources.SourceMissing as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2
    schemas = Schemas()
    verdicts: list[Verdict] = []
    unreadable = []
    for name, path in found:
        if options.only and options.only.lower() not in name.lower():
            continue
        try:
            verdicts.extend(Replay(read(path, name), schemas).run())
        except UnreadableRecording as error:
            unreadable.append(str(error))
    if not verdicts:
        print("conformance: no recording could be read.", *unreadable, sep="\n  ", file=sys.stderr)
        return 2
    figures = Figures.of(verdicts)
    print(*lines(figures, most=options.most), sep="\n")
    print(*unreadable, sep="\n")
    return _hold(options, figures)


def _default_sources(options: argparse.Namespace) -> list[tuple[str, Path]]:
    shared = [*sources.in_folder(sources.SHARED)] if sources.SHARED.is_dir() else []
    return [*sources.distributions(), *((f"shared/{name}", path) for name, path in shared)]


def _hold(options: argparse.Namespace, figures: Figures) -> int:
    if options.write_floor:
        floor.write(options.write_floor, figures)
        return 0
    if options.floor is None:
        return 0
    try:
        lowest = floor.read(options.floor)
    except floor.FloorUnreadable as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2
    dropped = floor.dropped(lowest, figures)
    for sentence in dropped:
        print(f"conformance: {sentence}", file=sys.stderr)
    return 1 if dropped else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    parser.add_argument(
        "--recordings", type=Path, metavar="DIR", help="replay this folder instead of Azure's source distributions"
    )
    parser.add_argument("--floor", type=Path, metavar="FILE", help="fail when a figure is below the one in this file")
    parser.add_argument("--write-floor", type=Path, metavar="FILE", help="write the figures of this run as the floor")
    parser.add_argument("--most", type=int, default=15, metavar="N", help="how many differences of each kind to list")
    parser.add_argument("--only", metavar="WORD", help="replay the recordings that have this word in their names")
    return parser


if __name__ == "__main__":
    sys.exit(main())
