"""`python -m azjobs` is the command `azjobs`."""

from __future__ import annotations

import sys

from azjobs.cli import main

if __name__ == "__main__":
    sys.exit(main())
