"""Where measured sessions are kept: numbers only, one file a session, so a killed run loses only what was under way.

    FOLDER/about.json                                  what this is
    FOLDER/<code>/<instrument>/<assurance>-<seed>.npz  one session; <code> is the version of the code that ran it

A file holds what judging again needs: outcome, code, the evidence of every check, and per-frame measurements as compact
arrays. No frame, no mesh and no embedding is ever written, and everybody in it is synthetic.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from consent.errors import Refusal
from tests.pad.conditions import split_of

ROOT: Final = Path(__file__).resolve().parents[2]
FORMAT: Final = 2
BONA_FIDE: Final = "bona_fide"
"""Names of presentations by living people begin with this; all others are instruments."""
_ABOUT: Final = {"format": FORMAT, "what": "selfsame bench liveness: measurements of synthetic people, no pictures"}
_CODE: Final = ("consent", "models", "tests/people", "tests/pad", "tests/booth.py")
_ONLY_TELLS: Final = (
    "test_*",
    "report.py",
    "store.py",
    "bench.py",
    "bench_pool.py",
    "bench_measures.py",
    "bench_picture.py",
    "bench_pretended.py",
    "published.py",
    "gallery.py",
    "footage.py",
    "film.py",
)
"""Files of `tests/pad` that only plan and tell: changing them spoils no session."""


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """One session to run. The seed decides everything in it, the drawn challenge too.

    Attributes:
        name: the instrument, or `bona_fide_normal` / `bona_fide_hard`.
        seed: development or test, by `conditions.split_of`.
        assurance: which kind of challenge (`consent.types.Assurance`).
    """

    name: str
    seed: int
    assurance: str

    @property
    def split(self) -> str:
        """Whose seed it is: `development` or `test`."""
        return str(split_of(self.seed))


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """What is kept of one session.

    Attributes:
        job: which session.
        code: of the refusal; "" when the check passed.
        outcome: how the recording ended (`consent.liveness.recording.Outcome`).
        at: what was asked then.
        seconds: from the first frame to the last, by the session's own clock.
        frames: how many were taken.
        frame_ms: CPU milliseconds to look at one frame, mean.
        verdict_ms, verdict_cpu_ms: milliseconds from the last frame to the verdict, on the wall's clock and of CPU.
        tags: plain words: who, skin tone, conditions.
        prompts: (index, action, seconds, colour or "") of each prompt shown.
        kept: `evidence`, `rest` and `path` of the recording, as `bench_numbers.packed` writes them.
        arrays: per-frame measurements, float32 or small integers, first axis is the frame.
    """

    job: Job
    code: str
    outcome: str
    at: str
    seconds: float
    frames: int
    frame_ms: float
    verdict_ms: float
    verdict_cpu_ms: float
    tags: Mapping[str, str] = field(default_factory=dict)
    prompts: tuple[tuple[int, str, float, str], ...] = ()
    kept: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict, repr=False)


_PLAIN: Final = ("code", "outcome", "at", "seconds", "frames", "frame_ms", "verdict_ms", "verdict_cpu_ms")


def code_version() -> str:
    """Twelve hex digits over everything that decides how a session goes: gate, models, people and instruments."""
    whole = hashlib.sha256()
    for part in _CODE:
        place = ROOT / part
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            tells = part == "tests/pad" and any(path.match(name) for name in _ONLY_TELLS)
            if path.is_file() and path.suffix not in {".md", ".part"} and "__pycache__" not in path.parts and not tells:
                whole.update(f"{path.relative_to(ROOT).as_posix()} {path.stat().st_size}\n".encode())
                whole.update(path.read_bytes())
    return whole.hexdigest()[:12]


class Store:
    """The sessions of one version of the code in one folder.

    Raises:
        Refusal: at construction: `store-inside` the repository, `not-a-store`, or `cannot-write`.
    """

    def __init__(self, folder: Path, version: str) -> None:
        self.folder, self.version = folder.resolve(), version
        if self.folder.is_relative_to(ROOT):
            raise Refusal(
                "store-inside", "Measurements are not kept inside the repository.", "Name a folder elsewhere."
            )
        about = self.folder / "about.json"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not about.exists():
                if any(self.folder.iterdir()):
                    raise Refusal("not-a-store", f"{folder} holds other things.", "Name a new folder.")
                _write(about, json.dumps(_ABOUT).encode())
            if json.loads(about.read_text()).get("format") != FORMAT:
                raise Refusal("not-a-store", f"{folder} was written in another format.", "Name a new folder.")
        except OSError as error:
            raise Refusal("cannot-write", f"{folder} cannot be used ({error.strerror}).", "Name another.") from None
        except (ValueError, AttributeError):
            raise Refusal("not-a-store", f"{about} cannot be read.", "Name a new folder.") from None

    def versions(self) -> tuple[str, ...]:
        """Versions of the code that left sessions here, the newest first."""
        folders = [p for p in self.folder.iterdir() if p.is_dir() and any(p.iterdir())]
        found = [(max(name.stat().st_mtime for name in p.iterdir()), p.name) for p in folders]
        return tuple(name for _, name in sorted(found, reverse=True))

    def path(self, job: Job) -> Path:
        """The file of one session."""
        return self.folder / self.version / job.name / f"{job.assurance.replace('+', '_')}-{job.seed:05d}.npz"

    def has(self, job: Job) -> bool:
        """Whether that session was run already."""
        return self.path(job).is_file()

    def put(self, record: Record) -> None:
        """Keep a session: whole or not at all.

        Raises:
                TypeError: an array has the form of pictures, or is no numbers.
        """
        for name, values in record.arrays.items():
            _numbers_only(name, values, record.frames)
        path = self.path(record.job)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        with part.open("wb") as file:
            text = np.frombuffer(as_text(record).encode(), np.uint8)
            np.savez_compressed(file, about=text, **record.arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def get(self, job: Job, *, arrays: bool = False) -> Record:
        """The record of one session; with or without its per-frame arrays.

        Raises:
            Refusal: `broken-store`, naming the file, when it is not whole.
        """
        record = _read(self.path(job), arrays=arrays)
        if record.job != job:
            raise _broken(self.path(job))
        return record

    def records(self) -> Iterator[Record]:
        """Every session of this version, by instrument and seed, without arrays.

        Raises:
            Refusal: `broken-store`, naming the first file that is not whole.
        """
        for path in sorted((self.folder / self.version).glob("*/*.npz")):
            record = _read(path, arrays=False)
            if self.path(record.job) != path:
                raise _broken(path)
            yield record


def as_text(record: Record) -> str:
    """Everything of a session but its per-frame arrays, as one line of JSON."""
    about = {name: getattr(record, name) for name in _PLAIN}
    about |= {"job": [record.job.name, record.job.seed, record.job.assurance], "tags": dict(record.tags)}
    return json.dumps(about | {"prompts": record.prompts, "kept": dict(record.kept)})


def from_text(text: str, arrays: Mapping[str, NDArray[Any]] | None = None) -> Record:
    """What `as_text` wrote.

    Raises:
        ValueError, KeyError, TypeError: it is not that.
    """
    about = json.loads(text)
    name, seed, assurance = about["job"]
    plain = {key: about[key] for key in _PLAIN}
    prompts = tuple((int(i), str(a), float(s), str(c)) for i, a, s, c in about["prompts"])
    job = Job(str(name), int(seed), str(assurance))
    return Record(job, **plain, tags=about["tags"], prompts=prompts, kept=about["kept"], arrays=arrays or {})


def _numbers_only(name: str, values: NDArray[Any], frames: int) -> None:
    """Refuse what has the form of pixels, whoever hands it in."""
    small = values.ndim >= 1 and values.shape[0] <= frames and values[:1].size <= _MOST
    if values.dtype.kind not in "fiub" or not small:
        raise TypeError(f"{name} {values.dtype} {values.shape} is no per-frame measurement")


_MOST: Final = 600
"""Numbers a frame and measurement: patches of skin need some hundred; the smallest face picture thousands."""


def _read(path: Path, *, arrays: bool) -> Record:
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            frames = {name: file[name] for name in file.files if name != "about"} if arrays else {}
            return from_text(file["about"].tobytes().decode(), frames)
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error):
        raise _broken(path) from None


def _broken(path: Path) -> Refusal:
    return Refusal(
        "broken-store",
        f"{path} is damaged: it is not a whole session.",
        "Delete it; the run will make it again.",
    )


def _write(path: Path, data: bytes) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)
