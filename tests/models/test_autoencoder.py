"""The autoencoders of the personal model, and what they lose."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from models import personal_losses as losses
from models.autoencoder import SIDES, Critic, Light, Original, device, parameters

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def original():
    return Original()


@pytest.fixture(scope="module")
def features():
    return losses.Features()


def test_the_original_is_the_network_of_2017(original):
    assert parameters(original) == 82_062_470
    shapes = [tuple(one.shape) for one in original.state_dict().values() if one.ndim > 1]
    assert shapes == [
        (128, 3, 5, 5), (256, 128, 5, 5), (512, 256, 5, 5), (1024, 512, 5, 5),
        (1024, 16384), (16384, 1024), (2048, 1024, 3, 3),
        *((1024, 512, 3, 3), (512, 256, 3, 3), (256, 128, 3, 3), (3, 64, 5, 5)) * 2,
    ]  # fmt: skip
    assert all(one.stride == (2, 2) for one in original.encoder if isinstance(one, nn.Conv2d))


def test_both_decoders_of_the_original_share_its_encoder(original):
    face = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        code = original.encoder(face)
        (a, no_mask), (b, _) = original(face, 0), original(face, 1)
    assert code.shape == (1, 512, 8, 8)
    assert a.shape == b.shape == face.shape
    assert no_mask is None
    assert not torch.equal(a, b)
    assert 0 <= a.min() <= a.max() <= 1


@pytest.mark.parametrize("side", SIDES)
def test_the_light_one_is_small_and_makes_faces_and_masks(side):
    net = Light(side)
    assert 1.8e6 < parameters(net) < 2.4e6
    with torch.no_grad():
        made, mask = net(torch.rand(2, 3, side, side), 1)
    assert made.shape == (2, 3, side, side)
    assert mask.shape == (2, 1, side, side)


@pytest.mark.parametrize("side", [0, 65, 256])
def test_other_sides_there_are_none(side):
    with pytest.raises(ValueError, match="none of"):
        Light(side)


def test_training_one_look_leaves_the_other_decoder():
    net = Light(64)
    net(torch.rand(1, 3, 64, 64), 0)[0].sum().backward()
    assert all(one.grad is not None for one in (*net.encoder.parameters(), *net.decoders[0].parameters()))
    assert all(one.grad is None for one in net.decoders[1].parameters())


def test_a_critic_judges_patches():
    assert Critic()(torch.rand(2, 3, 64, 64)).shape == (2, 1, 8, 8)


@settings(max_examples=10)
@given(st.floats(0.01, 0.5), st.integers(0, 2**31))
def test_losses_are_nothing_for_the_same_and_grow_with_the_difference(by, seed):
    torch.manual_seed(seed)
    face, there = torch.rand(1, 3, 32, 32), torch.ones(1, 1, 32, 32)
    other = torch.rand_like(face)
    for loss in (losses.mae, losses.dssim):
        near, far = (loss(face + k * (other - face), face, there) for k in (by / 2, by))
        assert abs(loss(face, face, there)) < 1e-5
        assert 0 < near < far


def test_what_is_beside_the_face_counts_little():
    wanted, face = torch.zeros(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)
    face[..., :16] = 1
    inside, outside = wanted.clone(), wanted.clone()
    inside[..., :16], outside[..., 16:] = 1, 1
    assert losses.mae(inside, wanted, face) > 5 * losses.mae(outside, wanted, face)
    assert losses.dssim(outside[..., 24:], wanted[..., 24:], face[..., 24:]) == 0


def test_a_mask_is_learnt_and_no_extreme_breaks_it():
    face = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2)
    assert losses.mask(face, face) < losses.mask(1 - face, face) < 100


def test_critic_and_maker_want_the_opposite():
    real, made = torch.tensor([2.0]), torch.tensor([-2.0])
    assert losses.told_apart(real, made) == 0
    assert losses.fooled(made) > losses.fooled(real)


def test_the_perceptual_features_are_the_recogniser_s_own(features):
    """Its first layers in torch give what the network gives that the gate opens."""
    import cv2
    import numpy as np
    import onnx
    import onnxruntime

    from models.load import patterns, weights

    model = onnx.load_from_string(weights("identity"))
    wanted = [node.output[0] for node in model.graph.node if node.op_type == "PRelu"][: len(features.layers)]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in wanted)
    data = [one for one in model.graph.input if one.name == "data"]
    del model.graph.input[:]
    model.graph.input.extend(data)
    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), quiet, providers=["CPUExecutionProvider"])
    picture = patterns(112)[0]
    known = session.run(wanted, {"data": cv2.dnn.blobFromImage(picture, 1.0, (112, 112))})
    given_ = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None].float() / 255
    with torch.no_grad():
        for mine, theirs in zip(features(given_), known, strict=True):
            assert np.abs(mine.numpy() - theirs).max() < 0.02 * max(1, np.abs(theirs).max())


def test_the_perceptual_loss_trains_what_is_made_and_not_itself(features):
    made = torch.rand(1, 3, 32, 32, requires_grad=True)
    face = torch.ones(1, 1, 32, 32)
    lost = features.apart(made, torch.rand(1, 3, 32, 32), face)
    lost.backward()
    assert lost > 0
    assert made.grad is not None
    assert all(one.grad is None for one in features.parameters())
    assert features.apart(made, made.detach(), face) < 1e-5


def test_each_loss_has_a_name():
    assert tuple(vars(losses.Weights)["__slots__"]) == losses.NAMES
    assert losses.Weights(mae=1, dssim=0, mask=0) == losses.ORIGINAL


def test_networks_run_where_they_run_fastest():
    assert device().type in {"cpu", "cuda", "mps"}


def test_torch_is_not_loaded_until_a_network_is_used():
    told = "import sys, app.cli, app.flow, app.engines.personal, app.studio.server; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
