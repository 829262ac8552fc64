"""How long the machines run: a few examples in every test run, 5,000 when somebody asks for them.

`make machines` sets HYPOTHESIS_PROFILE=machines-long. A profile is taken by each machine by name,
so that no other property test of the suite becomes longer with them.
"""

from datetime import timedelta

from hypothesis import HealthCheck, settings

QUIET = {
    # One step is several transactions on a busy disk: how long it takes says nothing.
    "deadline": timedelta(seconds=30),
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much],
    "print_blob": True,
}

settings.register_profile("machines", max_examples=20, stateful_step_count=30, **QUIET)
settings.register_profile("machines-long", max_examples=5_000, stateful_step_count=30, **QUIET)
