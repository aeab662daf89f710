"""`python -m azjobs.emulator serve`: the server process, which `launcher.start` starts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from azjobs.emulator.launcher import DEFAULT_IDLE_SECONDS, DEFAULT_SPEED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m azjobs.emulator", description="An Azure on loopback.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve in this process until it is stopped")
    serve.add_argument("--home", type=Path, required=True, help="folder for the certificate authority and the record")
    serve.add_argument("--port", type=int, default=0, help="port; any free one when not given")
    serve.add_argument("--speed", type=float, default=DEFAULT_SPEED, help="seconds of emulator time per real second")
    serve.add_argument("--state-file", type=Path, help="where resources are loaded from and saved to")
    serve.add_argument(
        "--idle-seconds", type=float, default=DEFAULT_IDLE_SECONDS, help="stop after so long without a request"
    )
    serve.add_argument("--throttle", choices=["azure"], help="limit requests as Azure does; not limited otherwise")
    serve.add_argument("--faults", type=Path, metavar="FILE", help="a JSON file with the rules of the fault plan")
    return parser


def main() -> int:
    """Run the command line.

    Returns:
        The process's exit code.
    """
    options = _parser().parse_args()
    # Loaded here, so that a wrong argument is answered without loading the server.
    from azjobs.emulator.server import Settings, main

    options.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return main(
        Settings(
            home=options.home.resolve(),
            port=options.port,
            speed=options.speed,
            state_file=options.state_file,
            idle_seconds=options.idle_seconds,
            throttled=options.throttle is not None,
            faults_file=options.faults,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
