"""The pretend vendor: the vendor's documents as a server of its own, failing on demand.

Tests, benchmarks and `framegate pretend-vendor` put it behind a gateway. It is the outside truth:
it knows nothing of the gateway above `domain`, and what it bought and what it was sent stands in a
log that it syncs to disk before it answers.
"""
