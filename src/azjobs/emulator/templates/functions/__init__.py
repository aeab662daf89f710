"""The functions of the template language, one module for each of the families in Azure's reference."""

from __future__ import annotations
