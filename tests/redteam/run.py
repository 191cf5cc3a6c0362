"""Carry out the attacks, one after the other, and tell what happened."""

from __future__ import annotations

import os
import time
import warnings

import cv2

from app.redteam import Outcome
from tests.redteam.attack import NotAttacked
from tests.redteam.every import EVERY
from tests.redteam.ground import Ground


def run(words=(), say=None):
    """Carry out every attack whose name or surface has one of the words in it; all of them where there is none.

    Args:
        words: of the names.
        say: gets each attack as it is done.

    Returns:
        One `Outcome` for each.
    """
    os.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"  # nobody's keyring is written to
    cv2.setNumThreads(1)
    wanted = [one for one in EVERY if not words or any(w.lower() in f"{one.name} {one.surface}".lower() for w in words)]
    ground, outcomes = Ground(), []
    try:
        for one in wanted:
            outcomes.append(carried_out(one, ground))
            if say is not None:
                done = outcomes[-1]
                say(f"{'ok' if done.is_withstood else 'NO'}  {done.seconds:5.1f} s  {one.surface}: {one.name}")
    finally:
        ground.close()
    return outcomes


def carried_out(attack, ground):
    """One attack and its outcome; what breaks in it has happened, too."""
    began = time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            happened = attack.run(ground)
    except NotAttacked as why:
        happened = f"not attacked: {why}"
    except Exception as error:  # noqa: BLE001 - it is told, and counts as not withstood
        happened = f"broke: {type(error).__name__}: {str(error)[:120]}"
    return Outcome(attack.name, str(attack.surface), attack.expected, happened, time.monotonic() - began)
