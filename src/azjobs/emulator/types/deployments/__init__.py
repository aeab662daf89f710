"""Template deployments: what they are made of, how they are checked and how they run."""

from __future__ import annotations
