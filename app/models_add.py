"""`selfsame models ...`: the user's own weight files, looked at, pinned and put into their home. Nothing is downloaded.

A file comes from wherever its user got it. It is read as data: an ONNX graph that holds its weights itself, of one of
two known shapes, taken out of a zip by name. It is run for the first time only after its licence was accepted.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from app.engines import _inswapper
from app.files import write_atomic
from consent.errors import Fault, Refusal
from models import added, arcface
from models.added import ARCFACE, INSWAPPER, Added
from models.identity import SECOND
from models.runtime import Runtime

MOST: Final = 800 << 20
"""Bytes of a file: inswapper_128 has 554 million, a whole pack 288."""
MEMBERS: Final = ("w600k_r50.onnx", "glintr100.onnx", "w600k_mbf.onnx")
"""The recognisers of InsightFace's packs, the most capable first."""
KNOWN: Final = {
    added.SWAPPING[ARCFACE]: "w600k_r50 of buffalo_l",
    "9cc6e4a75f0e2bf0b1aed94578f144d15175f357bdc05e815e5c4a02b319eb4f": "w600k_mbf of buffalo_s",
    added.SWAPPING[INSWAPPER]: "inswapper_128",
}
"""By SHA-256, as many public projects pin them; none was here to be looked at. Another recogniser is taken, and said
so: it can only refuse more. Another swap is not."""
_SAME: Final = 0.98
"""Likeness of the two fixed pictures from which a network says the same of everything."""
_TERMS: Final = """\
InsightFace's pretrained models are for NON-COMMERCIAL RESEARCH ONLY, whether they were downloaded automatically or by
hand. That is what InsightFace's licence says; it holds for the recognition packs (buffalo, antelopev2) and for
inswapper_128. The code around them is under the MIT licence, the weights are not.

  - You may not use them, or pictures made or checked with them, for anything commercial. Who wants to has to
    ask InsightFace for a licence: https://www.insightface.ai
  - They were trained on photographs of many people, collected from the web. Those people were not asked by you,
    and data sets of that kind carry terms of their own.
  - Selfsame does not ship, download or pass on these files, and is not licensed by InsightFace. You got the
    file yourself, and answer for having it.
  - Your file is copied into your own home, its SHA-256 is pinned, and it is opened only while it is the same.
"""
_ROLE: Final = {
    ARCFACE: "This one becomes a second recogniser behind the gate: from now on both must say that a face is yours.\n"
    "It can make the gate stricter, never looser.\n",
    INSWAPPER: "This one becomes a swap engine behind the same gate as the others: your own face in your own\n"
    "pictures, labelled, watermarked and signed. Its name goes into every picture's manifest.\n",
}
LICENCE: Final = "InsightFace-models-non-commercial-research"


@dataclass(frozen=True, slots=True)
class Found:
    """A weight file that was looked at and not yet run.

    Attributes:
        name: `arcface` or `inswapper`.
        data: the whole ONNX file.
        came: the name it came under.
        raw: see `models.added.Added`.
    """

    name: str
    data: bytes
    came: str
    raw: bool

    @property
    def sha256(self) -> str:
        """Of the file."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def terms(self) -> str:
        """What is shown before it is taken."""
        return f"{_TERMS}\n{_ROLE[self.name]}"


def look(path: Path) -> Found:
    """Read a file, or the recogniser out of a pack, and say what it is. Nothing of it is run.

    Raises:
        Refusal: `cannot-read`, `not-a-model` or `too-large`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST + 1)
    except OSError as error:
        raise Refusal(
            "cannot-read", f"{path} cannot be read ({error.strerror}).", "Check the name and that it is a file."
        ) from None
    came = path.name
    if data[:4] == b"PK\x03\x04":
        data, came = _member(data, path.name)
    if len(data) > MOST:
        raise Refusal("too-large", f"{path.name} is larger than {MOST >> 20} MiB.", "None of the known models is.")
    name, raw = _kind(data, path.name)
    return Found(name, data, came, raw)


def add(found: Found) -> Added:
    """Run a network on two fixed pictures, pin it, and put it into the user's home; one of the same name goes.

    Raises:
        Refusal: `not-a-model`: it does not run, or says the same of everything; `not-the-known-model`: a swap that
            is not the known one.
        Fault: `own-models-broken` or `cannot-write`.
    """
    rows = added.added()
    if found.name == INSWAPPER and found.sha256 != added.SWAPPING[INSWAPPER]:
        raise Refusal(
            "not-the-known-model",
            f"{found.came} has the shape of inswapper_128 and is another file: it could draw somebody else's face.",
            "Only InsightFace's own inswapper_128.onnx is taken.",
        )
    try:
        probe = _probe(found)
    except Fault:
        probe = math.nan
    if not probe < _SAME:
        raise Refusal(
            "not-a-model", f"{found.came} does not run, or gives the same answer to everything.", "Get the file again."
        )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    known = KNOWN.get(found.sha256, "")
    row = Added(
        found.name, f"{found.name}.onnx", found.sha256, known, found.came, now, LICENCE, found.terms, probe, found.raw
    )
    added.folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(added.folder() / row.file, found.data, mode=0o600, overwrite=True)
    write({**rows, row.name: row})
    return row


def remove(name: str) -> None:
    """Take a model away: the row first, so that a kill between leaves a file that nobody opens.

    Raises:
        Refusal: `no-such-model`.
    """
    rows = added.added()
    if name not in rows:
        raise Refusal("no-such-model", f"You added no model of the name {name}.", "Say `selfsame models`.")
    write({one: row for one, row in rows.items() if one != name})
    (added.folder() / rows[name].file).unlink(missing_ok=True)


def write(rows: dict[str, Added]) -> None:
    """Write the registry, 0600."""
    table = {name: {k: v for k, v in asdict(row).items() if k != "name"} for name, row in rows.items()}
    write_atomic(added.folder() / "registry.json", json.dumps(table, indent=1).encode(), mode=0o600, overwrite=True)


def _member(data: bytes, name: str) -> tuple[bytes, str]:
    """The best recogniser of a pack, unpacked in memory, by the name at the end of its path."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            inside = {Path(one.filename).name: one for one in pack.infolist() if not one.is_dir()}
            for member in MEMBERS:
                if member in inside:
                    with pack.open(inside[member]) as file:
                        return file.read(MOST + 1), member
    except Exception:  # noqa: BLE001 - a stranger's bytes, and unpackers with errors of their own
        raise Refusal("not-a-model", f"{name} is a damaged archive.", "Get it again.") from None
    raise Refusal(
        "not-a-model",
        f"{name} holds none of {', '.join(MEMBERS)}.",
        "Name a pack of InsightFace's, or the file itself.",
    )


def _kind(data: bytes, name: str) -> tuple[str, bool]:
    """Which of the two known shapes a graph has, and whether it takes 0..255."""
    import onnx

    try:
        graph = onnx.load_model_from_string(data).graph
        if any(True for _ in _outside(graph)):
            raise ValueError("weights elsewhere, or a graph in a graph")
        own = {one.name for one in graph.initializer}
        shapes = [_shape(one) for one in graph.input if one.name not in own]
        out = [_shape(one) for one in graph.output]
        last = list(graph.initializer[-1].dims) if graph.initializer else []
    except Exception:  # noqa: BLE001 - a stranger's bytes, and a parser with errors of its own
        raise Refusal(
            "not-a-model", f"{name} is no ONNX file that holds its weights itself.", "Name the file you downloaded."
        ) from None
    if len(out) == 1 and len(shapes) == 1 and _fits(shapes[0], [3, 112, 112]) and _fits(out[0], [SECOND]):
        ops = [node.name for node in graph.node[:8]]
        raw = any(n.startswith(("Sub", "_minus")) for n in ops) and any(n.startswith(("Mul", "_mul")) for n in ops)
        return ARCFACE, raw
    swaps = len(shapes) == 2 and _fits(shapes[0], [3, 128, 128]) and _fits(shapes[1], [SECOND])
    if swaps and len(out) == 1 and _fits(out[0], [3, 128, 128]) and last == [SECOND] * 2:
        return INSWAPPER, False
    raise Refusal(
        "not-a-model",
        f"{name} is neither an ArcFace recogniser (3x112x112 to 512) nor inswapper_128 (3x128x128 and 512).",
        "Other models are not taken: nobody looked at what they do.",
    )


def _outside(graph: Any) -> Iterator[str]:
    """What a graph may not have: weights in another file, code of others, graphs in its nodes."""
    for node in graph.node:
        if node.domain not in {"", "ai.onnx"}:
            yield node.domain
        for attribute in node.attribute:
            if attribute.HasField("g") or attribute.graphs:
                yield attribute.name
            tensors = [*attribute.tensors, *([attribute.t] if attribute.HasField("t") else [])]
            yield from (tensor.name for tensor in tensors if tensor.data_location)
    yield from (tensor.name for tensor in graph.initializer if tensor.data_location)


def _shape(one: Any) -> list[int]:
    """Of an input or output; 0 where it is open."""
    if one.type.tensor_type.elem_type != 1:  # FLOAT
        raise ValueError("another kind of number")
    return [int(size.dim_value) for size in one.type.tensor_type.shape.dim]


def _fits(shape: list[int], wanted: list[int]) -> bool:
    """Whether it is one of `wanted`: the first size may be open."""
    return len(shape) == len(wanted) + 1 and shape[0] in {0, 1} and shape[1:] == wanted


def _probe(found: Found) -> float:
    net = Runtime(found.came, found.data)
    return (
        arcface.probe(net, raw=found.raw)
        if found.name == ARCFACE
        else _inswapper.probe(net, _inswapper.emap(found.data))
    )
