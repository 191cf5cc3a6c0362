"""What makes `make mutants` cheap: what a network says of a picture is worked out once, and not again for each change.

A plugin of pytest for that run alone. No network is changed by it, so what it said of these very bytes still holds;
mutmut forks each run from one that knows it. Left out is what plays a whole live check, or needs processes of its own.
"""

from __future__ import annotations

import copy
import functools
import hashlib

import numpy as np

from models.age import AgeEstimator
from models.faces import Finder
from models.identity import Recogniser

SLOW = ("kill", "processes", "full_disk")


def _key(value):
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, hashlib.sha256(value.tobytes()).digest()
    if hasattr(value, "points") and hasattr(value, "box"):  # a face or a detection
        return value.box, _key(value.points), _key(getattr(value, "mesh", None))
    return value


def _remember(kind, name):
    """Replace one method of a class by itself with a memory."""
    real, known = getattr(kind, name), {}

    @functools.wraps(real)
    def method(self, *given):
        key = tuple(map(_key, given))
        if key not in known:
            known[key] = real(self, *given)
        return copy.deepcopy(known[key])

    setattr(kind, name, method)


def _share(kind):
    """Let all objects of a class have the networks of the first."""
    real, first = kind.__init__, []

    def begin(self):
        if not first:
            real(self)
            first.append(dict(vars(self)))
        vars(self).update(first[0])

    kind.__init__ = begin


def pytest_configure():
    for kind, names in ((Finder, ("detect", "measure")), (Recogniser, ("embed",)), (AgeEstimator, ("years",))):
        _share(kind)
        for name in names:
            _remember(kind, name)


def pytest_collection_modifyitems(items):
    items[:] = [i for i in items if "met" not in i.fixturenames and not any(word in i.name for word in SLOW)]
