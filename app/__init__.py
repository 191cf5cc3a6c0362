"""ACT: what a person runs. Read `app.flow` first."""
