"""The commands on jobs; one module a verb."""
