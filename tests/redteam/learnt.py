"""Attacks on what is learnt of a face: outside its session, after it was forgotten, or built by somebody else."""

from __future__ import annotations

import copy
import pickle

from app.engines.combine import CombineOptions, combine
from app.engines.express import ExpressOptions
from app.engines.motion import Player
from app.engines.personal import PersonalOptions, learn, personal
from app.engines.swap import SwapOptions
from consent.types import Photo, Purpose
from tests.promises.stage import Clock, draw
from tests.redteam.attack import Surface, answer, control, on, together

attack = on(Surface.PYTHON)


def learnt(gate):
    own = gate.live()[0]
    return learn(gate, [gate.grant(own, own, Purpose.MODEL)])


def on_picture(ground, gate, match, model):
    """Draw a model on a picture."""
    return answer(personal, gate, ground.leave(gate, match, Purpose.SWAP), PersonalOptions(model))


def together_with(ground, gate, match, model):
    """Draw it with an expression."""
    options = CombineOptions(swap=PersonalOptions(model), express=ExpressOptions(smile=0.5))
    grants = {one: ground.leave(gate, match, one) for one in options.purposes}
    return answer(combine, gate, grants, options)


def in_motion(gate, model):
    """Draw it on a film and in the mirror."""
    for where in (Purpose.VIDEO, Purpose.MIRROR):
        following = gate.follow(gate.live()[0], (Purpose.SWAP,), where)
        step = following.look(Photo(draw("ada", seed=1)), 0.0)
        yield answer(Player(gate, PersonalOptions(model)).draw, step, 0.0)


def every_way(ground, gate, match, model):
    return [on_picture(ground, gate, match, model), together_with(ground, gate, match, model), *in_motion(gate, model)]


@attack("forged")
def what_was_learnt_in_another_session_drawn(ground):
    """Of somebody else, and of the same person, on pictures, films, in the mirror and with an expression."""
    own = learnt(ground.ada)
    control(set(every_way(ground, ground.ada, ground.mine, own)) == {"done"}, "a genuine model is not drawn")
    others = [learnt(ground.bram), learnt(ground.gate())]
    said = [said for one in others for said in every_way(ground, ground.ada, ground.mine, one)]
    step = ground.ada.follow(ground.ada.live()[0], (Purpose.SWAP,), Purpose.VIDEO).look(Photo(draw("ada", seed=1)), 0.0)
    for_bram = (Player(ground.bram, options) for options in (PersonalOptions(others[0]), SwapOptions()))
    return together([*said, *(answer(player.draw, step, 0.0) for player in for_bram)])


@attack("model-forgotten")
def what_was_forgotten_drawn(ground):
    model = learnt(ground.ada)
    model.forget()
    return together(every_way(ground, ground.ada, ground.mine, model))


@attack("session-withdrawn")
def what_was_learnt_drawn_after_withdraw(ground):
    gate = ground.gate(clock=Clock())
    own, model = gate.live()[0], learnt(gate)
    grant = ground.leave(gate, own, Purpose.SWAP)
    step = gate.follow(own, (Purpose.SWAP,), Purpose.VIDEO).look(Photo(draw("ada", seed=1)), 0.0)
    player = Player(gate, PersonalOptions(model))
    gate.withdraw()
    return together([answer(personal, gate, grant, PersonalOptions(model)), answer(player.draw, step, 0.0)])


@attack("spent, wrong-purpose")
def leave_for_one_used_for_the_other(ground):
    """Leave to draw is none to learn, nor the other way round; and each picture is learnt from once."""
    gate, once = ground.ada, ground.leave(purpose=Purpose.MODEL)
    control(answer(learn, gate, [once]) == "done", "nothing can be learnt")
    swap, model = ground.leave(purpose=Purpose.SWAP), ground.leave(purpose=Purpose.MODEL)
    drawn = answer(personal, gate, model, PersonalOptions(learnt(gate)))
    return together([answer(learn, gate, [once]), answer(learn, gate, [swap]), drawn])


@attack("TypeError, bad-option")
def models_copied_pickled_and_from_elsewhere(ground):
    model = learnt(ground.ada)
    copies = [answer(way, model) for way in (copy.copy, copy.deepcopy, pickle.dumps)]
    other = (None, b"model", "model.safetensors", {"decoder": [0.0]}, object(), type(model))
    return together([*copies, *(answer(PersonalOptions, one) for one in other)])
