"""`azjobs demo`."""

from __future__ import annotations

import click

from azjobs.cli.parsing import Command


@click.command("demo", cls=Command, epilog="azjobs demo --vms 3 --speed 60")
@click.option("--vms", type=click.IntRange(1, 100), default=10, show_default=True, help="How many virtual machines.")
@click.option(
    "--speed",
    type=click.FloatRange(min=1, max=1000),
    default=25,
    show_default=True,
    help="How many seconds of Azure's time pass in a second.",
)
def demo(vms: int, speed: float) -> None:
    """Ten virtual machines at once, as jobs, on an Azure that runs on this machine.

    It costs nothing, needs no account, and touches neither your logins nor your jobs: it happens in a folder of its
    own, and everything that it starts and writes is gone at the end.
    """
    from azjobs.cli.demo.play import play
    from azjobs.cli.demo.stage import stage

    with stage(speed=speed) as emulator:
        play(emulator, vms)
