"""The head start: our own numbers, from people who do not exist, checked before they are used."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from safetensors.torch import load

from models import personal_headstart as headstart
from models.autoencoder import Light
from models.errors import Fault
from tests import pretrain

torch.set_num_threads(1)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """What a training that has only begun would write."""
    torch.manual_seed(3)
    net = Light(64)
    pretrain.write(net, tmp_path, 64)
    file = tmp_path / "light-64.safetensors"
    monkeypatch.setattr(headstart, "HERE", tmp_path)
    monkeypatch.setattr(headstart, "KNOWN", {64: hashlib.sha256(file.read_bytes()).hexdigest()})
    return net, file


def test_both_looks_begin_alike_with_what_was_learnt(written):
    first, file = written
    net = Light(64)
    assert headstart.begin(net)
    for mine, theirs in ((net.encoder, first.encoder), *((one, first.decoders[0]) for one in net.decoders)):
        for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
            assert torch.allclose(a, b, atol=1e-3)
    assert file.stat().st_size < 8e6


def test_it_holds_numbers_and_nothing_of_the_second_decoder(written):
    table = load(written[1].read_bytes())
    assert {name.split(".")[0] for name in table} == {"encoder", "decoder"}
    assert all(values.dtype == torch.float16 for values in table.values())


def test_without_one_a_network_begins_from_nothing():
    net = Light(128)
    before = [one.clone() for one in net.parameters()]
    if 128 not in headstart.KNOWN:
        assert not headstart.begin(net)
        assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))


def test_a_file_that_is_altered_or_missing_is_never_used(written):
    file = written[1]
    data = file.read_bytes()
    file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(Fault, match="weights-altered"):
        headstart.begin(Light(64))
    file.unlink()
    with pytest.raises(Fault, match="weights-missing"):
        headstart.begin(Light(64))


def test_what_is_shipped_is_what_this_version_was_made_for():
    for side in headstart.KNOWN:
        assert headstart.begin(Light(side))
        assert (headstart.HERE / f"light-{side}.safetensors").stat().st_size < 8e6


def test_stopped_and_gone_on_with_it_learns_the_same(tmp_path, monkeypatch):
    """Who is drawn, and what a step sees, follow from its number."""
    for name, value in {"KEPT": 3, "BEGIN": 2, "EVERY": 2, "AHEAD": 1, "KEEP": 3, "BATCH": 2, "FACES": 3}.items():
        monkeypatch.setattr(pretrain, name, value)
    monkeypatch.setattr(pretrain, "ProcessPoolExecutor", lambda *_: ThreadPoolExecutor(1))
    whole = pretrain.pretrain(6, 64, 1, tmp_path / "a.pt")
    seen, batch = [], pretrain.People.batch

    def counted(self):
        seen.append(self.step)
        if len(seen) == 5:
            raise KeyboardInterrupt
        return batch(self)

    monkeypatch.setattr(pretrain.People, "batch", counted)
    with pytest.raises(KeyboardInterrupt):
        pretrain.pretrain(6, 64, 1, tmp_path / "b.pt")
    again = pretrain.pretrain(6, 64, 1, tmp_path / "b.pt")
    assert seen == [0, 1, 2, 3, 4, 3, 4, 5]
    pairs = zip(whole.encoder.parameters(), again.encoder.parameters(), strict=True)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in pairs)


def test_the_people_it_is_learnt_from_exist_nowhere_else():
    people = pretrain.People(64, 0, 0)
    assert people.first >= 1_000_000
    scenes = [pretrain.scene(np.random.default_rng(k)) for k in range(20)]
    assert len({one.light for one in scenes}) > 1
    assert max(abs(one.yaw) for one in scenes) > 10
