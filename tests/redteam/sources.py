"""Attacks with what is no picture of the person: vectors, latents, saved models, other people, moved marks."""

from __future__ import annotations

import inspect
import io
import json
import struct
import zipfile

import numpy as np

from app import flow, media
from app.engines.age import age
from app.engines.express import express
from app.engines.swap import SwapOptions, swap
from consent.enrolment import enrol
from consent.gate import Gate
from consent.types import Photo
from models.identity import Recogniser
from tests.booth import World
from tests.conftest import EVERYTHING, checked_again
from tests.promises.stage import Clock, draw, head, pasted, photo, sat
from tests.redteam.attack import Surface, answer, control, on, together

attack = on(Surface.PYTHON)


@attack("refused", cheap=True)
def embeddings_and_latents_in_a_pictures_place(ground):
    vector = Recogniser().embed(ground.mine.pixels, ground.mine.face)
    shapes = [(1, 512), (512,), (128,), (1, 18, 512), (1, 4, 64, 64), (64, 64, 4), (0, 9, 3), (9, 9)]
    things = [vector, vector.tobytes(), vector.tolist(), *(np.zeros(shape, np.float32) for shape in shapes)]
    things += [np.zeros(shape, np.uint8) for shape in shapes] + [None, {"embedding": vector}]
    control(answer(ground.ada.match, photo(ground.mine.pixels)) == "done", "a genuine photograph does not match")
    tries = {answer(ground.ada.match, Photo(thing)) for thing in things} | {answer(ground.ada.match, vector)}
    tries |= {answer(swap, ground.ada, thing, SwapOptions()) for thing in things}
    return "refused" if "done" not in tries else together(tries)


@attack("not-a-picture", cheap=True)
def saved_face_models_as_picture_files(ground):
    control(answer(media.read, media.encode(ground.mine.pixels, "png")) == "done", "no picture can be read")
    return together(answer(media.read, data) for data in face_models().values())


@attack("none", cheap=True)
def a_public_function_that_takes_a_vector(ground):
    """Neither the gate, nor an engine, nor the way through has a parameter for anything but what was matched."""
    takes = {
        Gate.match: {"self", "photo", "choose"},
        Gate.grant: {"self", "source", "target", "purpose", "preview"},
        Gate.__init__: {"self", "live", "receipt", "ledger", "clock"},
        enrol: {"live", "receipt", "ledger", "clock"},
        **{engine: {"gate", "grant", "options"} for engine in (swap, age, express)},
        flow.change: {"gate", "source", "target", "options", "signer", "fmt"},
    }
    has = {function: set(inspect.signature(function).parameters) for function in takes}
    control(all(has.values()), "no parameters can be read")
    more = {f"{one.__qualname__}: {name}" for one, names in has.items() for name in names - takes[one]}
    return together(more) if more else "none"


@attack("not-you")
def a_stranger_as_source_and_as_target(ground):
    names = ("bram", "edda", "chima", "dilan")
    return together(answer(ground.ada.match, photo(draw(name, seed=1))) for name in names)


@attack("not-you, several-faces")
def a_stranger_beside_the_person(ground):
    both = pasted(draw("ada", seed=1), head("bram", 40), 8, 8)
    known = ground.ada.match
    said = [answer(known, photo(both), choose) for choose in (None, 0, 1)]
    control("done" in said, "the person herself cannot be chosen")
    return together(one for one in said if one != "done")


@attack("no-such-face")
def choices_that_are_no_plain_number(ground):
    pixels = photo(draw("ada", seed=1))
    odd = (-1, 1, 2**70, True, 0.0, float("nan"), "0", "", b"0", [0], (0,))
    return together(answer(ground.ada.match, pixels, choose) for choose in odd)


@attack("not-you", cheap=True)
def an_array_that_lies_about_its_pixels(ground):
    class Liar(np.ndarray):
        def tobytes(self, *_, **__):
            return draw("bram", seed=1).tobytes()

    return answer(ground.ada.match, Photo(draw("ada", seed=1).view(Liar)))


@attack("not-you")
def a_picture_changed_after_it_was_handed_in(ground):
    """The match holds its own copy: what is written into the array later changes nothing, and is judged anew."""
    pixels = draw("ada", seed=1).copy()
    match = ground.ada.match(Photo(pixels))
    pixels[:] = draw("bram", seed=1)
    control((match.pixels == draw("ada", seed=1)).all(), "the match followed the change")
    return answer(ground.ada.match, Photo(pixels))


@attack("looks-under-age")
def somebody_who_looks_like_a_child_enrols(ground):
    def tried(years):
        clock = Clock()
        live = checked_again(sat("ada"), clock, years=years)
        return answer(enrol, live, ground.notary.sign(EVERYTHING, clock), ground.ledger, clock)

    control(tried(40.0) == "done", "an adult cannot enrol either")
    return together(map(tried, (3.0, 12.0, 17.0, float("nan"), -1.0)))


@attack("bad-mark, other-world")
def marks_of_the_demonstration_moved_to_other_pictures(ground):
    """The demonstration's person lives in a world of their own; nothing from there opens a picture here, or back."""
    world = World()
    drawn = world.photograph("ada", seed=3)
    tries = [drawn, Photo(draw("ada", seed=1), drawn.mark), Photo(drawn.pixels, b"x" * 96), Photo(drawn.pixels, b"x")]
    return together(answer(ground.ada.match, one) for one in tries)


def face_models():
    """Files that other programs keep faces in, by their names."""
    arrays, archive = io.BytesIO(), io.BytesIO()
    np.savez(arrays, embedding=np.ones(512, np.float32))
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
    single = io.BytesIO()
    np.save(single, np.ones((1, 18, 512), np.float32))
    header = json.dumps({"embedding": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    return {
        "face.npz": arrays.getvalue(),
        "latent.npy": single.getvalue(),
        "face.safetensors": struct.pack("<Q", len(header)) + header + bytes(16),
        "lora.pt": archive.getvalue(),
        "face.pkl": b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00K\x01.",
        "model.onnx": b"\x08\x07\x12\x07pytorch" + bytes(64),
        "face.json": json.dumps({"embedding": [0.1] * 512}).encode(),
        "face.dfm": b"DFM1" + bytes(64),
    }
