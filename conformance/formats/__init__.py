"""The formats in which recordings are kept."""
