"""How hypothesis draws: the same examples on every machine, however slow that is."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# For a property whose fixture may serve all of its examples
SHARED_FIXTURE = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)


def load_profiles() -> None:
    """Load the profile of the house; ``--hypothesis-profile=hunt`` draws anew.

    A run that passed passes again: what is found by luck is looked for by `hunt`, not
    by whoever waits for a green light.
    """
    settings.register_profile(
        "house",
        max_examples=50,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=(HealthCheck.too_slow,),
    )
    settings.register_profile(
        "hunt",
        deadline=None,
        max_examples=1_000,
        suppress_health_check=(HealthCheck.too_slow,),
    )
    settings.load_profile("house")
