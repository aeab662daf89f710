"""The rows of the behaviour table, by provider."""
