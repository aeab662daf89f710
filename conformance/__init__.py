"""How true the emulator is: recordings of the real Azure, replayed against its core and compared.

A developer's tool, run by `make conformance`; no part of what is shipped.
"""
