"""Commands of a release; not installed."""
