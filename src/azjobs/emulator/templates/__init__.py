"""The language of ARM templates, pure: expressions, parameters, resources in order, outputs."""

from __future__ import annotations
