"""Which of gradio's scripts and styles the studio's page asks for, in the order in which it does.

    python -m tests.studio_chunks      writes them down for `app.studio.head`, after gradio was changed

What gradio's own page names already (`index-...`) is left out.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from app.studio import head
from tests.flow.browser import Program, chromium, visit

CHUNKS: Final = Path(head.__file__).parent / "static" / "chunks.txt"
ASKED: Final = "() => performance.getEntriesByType('resource').map(one => new URL(one.name).pathname)"


def asked_for(page: Any) -> list[str]:
    """Names of the files in gradio's `/assets/` that a page has loaded, but for the two that its HTML names."""
    page.wait_for_selector("#agree-text h2")
    asked = dict.fromkeys(path.removeprefix("/assets/") for path in page.evaluate(ASKED) if path.startswith("/assets/"))
    return [name for name in asked if not name.startswith("index-") and Path(name).suffix in head.KINDS]


def main() -> None:
    """Write them down."""
    CHUNKS.write_text("", "ascii")
    with TemporaryDirectory(prefix="selfsame-chunks-") as folder:
        program = Program(Path(folder), "studio", "--port", "0", "--no-browser")
        try:
            with chromium() as browser:
                names = asked_for(visit(browser, program.link()))
        finally:
            program.stop()
    CHUNKS.write_text("".join(f"{name}\n" for name in names), "ascii")


if __name__ == "__main__":
    main()
