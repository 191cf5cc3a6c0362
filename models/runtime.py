"""ONNX Runtime, for the user's own models alone: on a graphics card where one answers, else on the processor."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.errors import Fault

PREFERRED: Final = (
    "CUDAExecutionProvider",
    "ROCMExecutionProvider",
    "CoreMLExecutionProvider",
    "DmlExecutionProvider",
    "CPUExecutionProvider",
)
"""In this order. Never one that is not named: there are some that ask a server."""


def providers(available: Sequence[str]) -> list[str]:
    """Those of `available` that are used, the best first; the processor is always the last."""
    return [one for one in PREFERRED if one in available or one == PREFERRED[-1]]


class Runtime:
    """A network of an ONNX file. Safe to share between threads.

    Raises:
        Fault: `model-wrong`: no runtime opens it.
    """

    def __init__(self, name: str, data: bytes) -> None:
        import onnxruntime

        onnxruntime.disable_telemetry_events()  # Windows builds have some
        onnxruntime.set_default_logger_severity(4)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        self._name, self._lock = name, threading.Lock()
        wanted = providers(onnxruntime.get_available_providers())
        for some in (wanted, wanted[-1:]):  # a card that is there and does not answer is no reason to stop
            with contextlib.suppress(Exception):
                self._session: Any = onnxruntime.InferenceSession(data, options, providers=some)
                break
        else:
            raise self._wrong()
        self.providers: Final[tuple[str, ...]] = tuple(self._session.get_providers())

    @property
    def inputs(self) -> list[tuple[str, list[int | str | None]]]:
        """Name and shape of each input."""
        return [(one.name, list(one.shape)) for one in self._session.get_inputs()]

    @property
    def outputs(self) -> list[tuple[str, list[int | str | None]]]:
        """Name and shape of each output."""
        return [(one.name, list(one.shape)) for one in self._session.get_outputs()]

    def run(self, given: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        """The first output.

        Raises:
            Fault: `model-wrong`: it broke.
        """
        try:
            with self._lock:
                return np.asarray(self._session.run(None, dict(given))[0], np.float32)
        except Exception:  # noqa: BLE001 - the runtime has its own errors, of several kinds
            raise self._wrong() from None

    def _wrong(self) -> Fault:
        return Fault("model-wrong", f"Your own model {self._name} does not run here.", "Remove it, or add it again.")
