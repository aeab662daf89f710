"""Faults that a test declares: an ordered list of rules, each with what it matches and what it does."""

from __future__ import annotations

from azjobs.emulator.faults.plan import Fault, Faults
from azjobs.emulator.faults.reading import InvalidRules, read_rules
from azjobs.emulator.faults.rules import Match, Phase, Rule

__all__ = ["Fault", "Faults", "InvalidRules", "Match", "Phase", "Rule", "read_rules"]
