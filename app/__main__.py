"""`python -m app` is `selfsame`."""

from app.cli import main

main()
