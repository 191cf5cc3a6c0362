"""What all tests share. Timings belong in benchmarks, so no example has a deadline."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "selfsame",
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("selfsame")
