"""Measurements as plain data: dataclasses to JSON and back, and what the frames of a recording showed as arrays."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from consent.liveness.recording import Sight

_NOT_FINITE: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def packed(value: Any) -> Any:
    """A dataclass of numbers, words, tuples and other such dataclasses as JSON data.

    Raises:
        TypeError: it holds something else, as an array: evidence is numbers with names.
    """
    if value is None or isinstance(value, bool | str) or (isinstance(value, int) and not isinstance(value, Enum)):
        return str(value) if isinstance(value, Enum) else value
    if isinstance(value, Enum):
        return packed(value.value)
    if isinstance(value, float | np.floating | np.integer):
        number = float(value)
        return number if math.isfinite(number) else repr(number)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: packed(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(packed(key)): packed(one) for key, one in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [packed(one) for one in (sorted(value) if isinstance(value, frozenset) else value)]
    raise TypeError(f"{type(value).__name__} is not kept: evidence is numbers with names")


def unpacked(kind: Any, data: Any) -> Any:
    """What `packed` wrote, as the type it was (`kind` may be a dataclass, tuple[...], X | None, an enum, float ...).

    Raises:
        TypeError, ValueError, KeyError: the data is not of that kind, as after a change of the code.
    """
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if data is None and type(None) in inner:
            return None
        return unpacked(next(one for one in inner if one is not type(None)), data)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return typing.cast("Any", kind)(
            **{f.name: unpacked(hints[f.name], data[f.name]) for f in dataclasses.fields(kind)}
        )
    if origin is tuple and inner[-1] is Ellipsis:
        return tuple(unpacked(inner[0], one) for one in data)
    if origin is tuple:
        return tuple(unpacked(one, part) for one, part in zip(inner, data, strict=True))
    if origin is not None and issubclass(origin, Mapping):
        return {unpacked(inner[0], key): unpacked(inner[1], one) for key, one in data.items()}
    if origin is not None and issubclass(origin, Sequence):
        return [unpacked(inner[0], one) for one in data]
    if kind is float:
        return _NOT_FINITE[data] if isinstance(data, str) else float(data)
    if isinstance(kind, type):
        return kind(data)
    raise TypeError(f"{kind} is not read back")


def leaves(data: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Every number in packed data with its path: `turns.beta` for each of `turns`, NaN for what is not one."""
    if isinstance(data, dict):
        for key, one in data.items():
            yield from leaves(one, f"{path}.{key}" if path else str(key))
    elif isinstance(data, list):
        for one in data:
            yield from leaves(one, path)
    elif isinstance(data, bool | int | float):
        yield path, float(data)
    elif data in _NOT_FINITE:
        yield path, _NOT_FINITE[data]


_FACE: Final = ("pose", "eyes", "mouth", "box", "score", "sharpness", "brightness", "eye_distance")
_PLAIN: Final = frozenset({"page_time", "prompt", "face", "duplicate", "grey"})


def arrays_of(sights: Sequence[Sight]) -> dict[str, NDArray[Any]]:
    """What each frame showed, first axis the frames: times from the first in seconds, prompt, duplicate, the face's
    numbers (NaN where none was seen; no mesh), and the patch colours that LIGHT keeps.
    """
    if not sights:
        return {}
    start = sights[0].page_time
    arrays: dict[str, NDArray[Any]] = {
        "times": np.array([s.page_time - start for s in sights], np.float32),
        "prompt": np.array([s.prompt for s in sights], np.int16),
        "duplicate": np.array([s.duplicate for s in sights], np.uint8),
    }
    for name in _FACE:
        arrays[f"face.{name}"] = _stacked([None if s.face is None else _row(getattr(s.face, name)) for s in sights])
    for field in dataclasses.fields(Sight):
        if field.name in _PLAIN:
            continue
        kept = [getattr(s, field.name) for s in sights]
        first = next((one for one in kept if one is not None), None)
        if first is None:
            continue
        if not dataclasses.is_dataclass(first):
            arrays[field.name] = _stacked([None if one is None else _row(one) for one in kept])
            continue
        for part in dataclasses.fields(first):
            rows = [None if one is None else _row(getattr(one, part.name)) for one in kept]
            arrays[f"{field.name}.{part.name}"] = _stacked(rows)
    return arrays


def _row(value: Any) -> NDArray[np.float32]:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = [getattr(value, field.name) for field in dataclasses.fields(value)]
    return np.asarray(value, np.float32)


def _stacked(rows: Sequence[NDArray[np.float32] | None]) -> NDArray[np.float32]:
    """(frames, ...); NaN where there is no row, and where a row is shorter than the longest."""
    shapes = [row.shape for row in rows if row is not None]
    if not shapes:
        return np.full((len(rows), 0), np.nan, np.float32)
    whole = np.full((len(rows), *np.max(shapes, axis=0).astype(int)), np.nan, np.float32)
    for number, row in enumerate(rows):
        if row is not None:
            whole[number, ...][tuple(slice(0, side) for side in row.shape)] = row
    return whole
