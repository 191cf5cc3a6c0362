"""Several changes on the command line: in one pass, with leave and label for each, or a sentence before the check."""

import pytest

from app import codec
from app.cli import run
from app.verify import verify
from consent.types import Purpose
from tests.promises.stage import draw


@pytest.fixture
def mine(tmp_path):
    pictures = {"me.png": draw("ada", seed=8, yaw=32.0), "other.png": draw("ada", seed=9)}
    for name, pixels in pictures.items():
        (tmp_path / name).write_bytes(codec.encode(pixels, "png"))
    return [str(tmp_path / name) for name in pictures]


def test_three_changes_at_once(mine, tmp_path, door, capsys):
    out = tmp_path / "out.png"
    more = ["--swap", "--source", mine[1], "--years", "25", "--mouth", "1", "--gaze-up", "0.5"]
    assert run(["together", mine[0], "-o", str(out), *more]) == 0
    told = capsys.readouterr()
    assert told.out.strip() == str(out)
    assert "Your head is turned far to the side here" in told.err  # what cannot be done wholly
    assert door == [(Purpose.SWAP, Purpose.AGE, Purpose.EXPRESS)]
    statement = verify(out.read_bytes(), []).statement
    assert (statement.purpose, statement.source_origin) == ("swap+age+express", "photo")
    wanted = {"age_years": 25, "express_mouth": 1, "express_gaze_up": 0.5, "swap_amount": 1, "express_copy": 0}
    assert {name: statement.parameters[name] for name in wanted} == wanted


def test_of_the_live_frames(mine, tmp_path, door):
    out = tmp_path / "out.jpg"
    assert run(["together", mine[0], "-o", str(out), "--swap", "--years", "-10"]) == 0
    assert door == [(Purpose.SWAP, Purpose.AGE)]
    assert verify(out.read_bytes(), []).statement.source_origin == "live"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ([], "bad-option"),
        (["--years", "20"], "bad-option"),
        (["--years", "20", "--copy"], "no-source"),
        (["--years", "20", "--smile", "1", "--source", "x.png"], "no-use-for-source"),
        (["--years", "20", "--preset", "grin"], "bad-option"),
        (["--swap", "--years", "20", "--source", "gone.png"], "cannot-read"),
    ],
)
def test_wrong_use_is_told_before_anybody_sits_down(mine, tmp_path, door, capsys, more, code):
    assert run(["together", mine[0], "-o", str(tmp_path / "x.jpg"), *more]) == 2
    assert f"[{code}]" in capsys.readouterr().err
    assert (door, (tmp_path / "x.jpg").exists()) == ([], False)
