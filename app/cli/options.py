"""Options and arguments that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Port = Annotated[int, typer.Option(min=0, max=65535, help="Port on this computer; 0 chooses a free one.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Print the link, open nothing.")]
Out = Annotated[Path, typer.Option("-o", "--out", help="The file to write: .jpg, .png or .webp; of a film .mp4.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")]
Face = Annotated[
    int | None, typer.Option(min=1, help="Which face is yours, from left to right, when there are several.")
]
SourceFace = Annotated[int | None, typer.Option(min=1, help="The same for SOURCE.")]
Target = Annotated[
    Path, typer.Argument(metavar="TARGET", help="A picture or a film (MP4, MOV) of yourself.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
