"""Somebody else's small face held before one's own, as on a phone or a print: it stays as it is, to the bit."""

import pytest

from consent.enrolment import enrol
from consent.types import Action, LiveFrame, Purpose, freeze
from models.faces import SIDE
from tests.conftest import EVERYTHING, checked_again
from tests.promises.stage import Clock, draw, finder, gate_of, head, pasted, photo, sat

HELD = [(14, 0.5, 0.12), (12, 0.78, 0.62), (16, 0.5, 0.12), (16, 0.78, 0.62), (20, 0.5, 0.8)]
"""Pixels between the eyes, and where on the face, in shares of its box."""


def held(eyes, across, down):
    """The picture, one's own face in it, and the box of the other."""
    pixels = draw("ada", seed=5)
    x, y, w, h = finder().find(pixels)[0].box
    patch = head("gita", eyes)
    corner = (round(x + across * w - patch.shape[1] / 2), round(y + down * h - patch.shape[0] / 2))
    sheet = pasted(pixels, patch, *corner)
    mine = max(finder().find(sheet), key=lambda face: face.box[2])
    return sheet, mine, (*corner, *patch.shape[1::-1])


def stays(gate, match, place):
    """Whatever an engine hands in."""
    work = gate.redeem(gate.grant(match, match, Purpose.AGE), Purpose.AGE)
    out = gate.release(work.draft(255 - match.pixels, "engine", {})).pixels
    x, y, w, h = place
    inner = (slice(y + h // 3, y + 2 * h // 3), slice(x + w // 4, x + 3 * w // 4))
    assert (out[inner] == match.pixels[inner]).all()
    assert (out != match.pixels).any()


@pytest.mark.parametrize(("eyes", "across", "down"), HELD)
def test_in_a_live_frame(notary, ledger, eyes, across, down):
    """Too small for the live check to stop for it."""
    sheet, mine, place = held(eyes, across, down)
    clock = Clock()
    frames = [*sat("ada"), LiveFrame(freeze(sheet), mine, Action.CENTRE)]
    gate = enrol(checked_again(frames, clock), notary.sign(EVERYTHING, clock), ledger, clock)
    (shown,) = [match for match in gate.live() if (match.pixels == sheet).all()]
    stays(gate, shown, place)


@pytest.mark.parametrize(("eyes", "across", "down"), [(8, 0.5, 0.12), *HELD])
def test_in_a_photograph(notary, ledger, eyes, across, down):
    sheet, mine, place = held(eyes, across, down)
    gate = gate_of("ada", notary, ledger)
    seen = [detection.box for detection in finder().detect(sheet, SIDE)]
    stays(gate, gate.match(photo(sheet), seen.index(mine.box)), place)
