"""The owner of an output can prove which pictures it was made from; nobody else can even try guesses out."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import cli, codec, original, told
from app.home import Home
from app.stamp.proof import SALT, Proof, Role, commit, roles
from app.stamp.signer import Signer
from app.verify import Verdict, verify
from consent.errors import Refusal
from tests.app.stamp_helpers import facts, picture, signer, stamped, write

TARGET = picture()[::-1]


def report(name="ours", data=None):
    pen = signer(name)
    return verify(data or stamped("png"), [pen.anchor_pem], registry=pen.registry)


def compare(pixels, salt=None, name="ours", seen=None):
    return original.compare(seen or report(name), [pixels], signer(name).registry, salt)


def test_the_target_and_the_source_are_known_again():
    assert compare(TARGET).roles == (Role.TARGET,)
    assert compare(picture()).roles == (Role.SOURCE,)
    assert compare(TARGET).sentence == "the target of this, to the last pixel"


def test_one_grey_level_less_is_another_picture():
    close = TARGET.copy()
    close[0, 0, 0] ^= 1
    assert compare(close).roles == ()
    assert compare(TARGET.reshape(TARGET.shape[1], TARGET.shape[0], 3)).roles == (), "nor the same bytes in other rows"
    assert "another picture" in compare(close).sentence


def test_a_picture_may_be_both():
    pixels = picture(seed=4)
    proof = Proof.over(pixels, [pixels])
    assert proof.source != proof.target, "and the manifest does not show it"
    assert roles(proof.salt, proof.source, proof.target, [pixels]) == (Role.SOURCE, Role.TARGET)


def test_two_outputs_of_the_same_pictures_show_nothing_in_common():
    first, second = Proof.over(TARGET, [TARGET]), Proof.over(TARGET, [TARGET])
    assert len({first.source, first.target, second.source, second.target}) == 4
    assert len(first.salt) == 32
    assert first.salt.hex() not in repr(first)


def test_a_stranger_cannot_try_pictures_out():
    with pytest.raises(Refusal) as no:
        original.compare(report(), [TARGET], signer("stranger").registry)
    assert no.value.code == "no-salt"
    with pytest.raises(Refusal) as no:
        original.compare(report(), [TARGET], None)
    assert no.value.code == "no-salt"


def test_the_salt_is_in_no_byte_of_the_file():
    data = stamped("png")
    salt = bytes.fromhex(compare(TARGET).salt)
    for form in (salt, salt.hex().encode(), salt.hex().upper().encode(), json.dumps(list(salt)).encode()):
        assert form not in data
    stated = report().statement
    kept = signer().registry.salt(stated.target_hmac)
    assert kept not in data
    assert stated.target_hmac == commit(kept, Role.TARGET, [TARGET])
    assert stated.target_hmac.encode() in data


def test_without_the_salt_no_usual_hash_tells_a_guess():
    import hashlib

    seen = report().statement
    for name in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b"):
        for guess in (TARGET.tobytes(), codec.encode(TARGET, "png")):
            assert hashlib.new(name, guess).hexdigest()[:64] not in {seen.source_hmac, seen.target_hmac}


def test_who_was_given_the_salt_can_tell_too():
    salt = compare(TARGET).salt
    assert SALT.fullmatch(salt)
    elsewhere = verify(stamped("png"), [])
    assert elsewhere.verdict is Verdict.SELFSAME_ELSEWHERE
    assert original.compare(elsewhere, [TARGET], None, salt).roles == (Role.TARGET,)
    assert original.compare(elsewhere, [TARGET], None, "0" * 64).roles == ()


def test_who_was_given_it_for_one_picture_cannot_try_out_the_other():
    """To show which photo was changed says nothing about whose picture the face was taken from; nor the other way."""
    seen, given = (
        report(),
        {role: compare(pixels).salt for role, pixels in ((Role.TARGET, TARGET), (Role.SOURCE, picture()))},
    )
    for role, pixels in ((Role.TARGET, picture()), (Role.SOURCE, TARGET)):
        assert original.compare(seen, [pixels], None, given[role]).roles == ()
    assert original.compare(seen, [TARGET], None, given[Role.TARGET]).roles == (Role.TARGET,)
    assert original.compare(seen, [picture()], None, given[Role.SOURCE]).roles == (Role.SOURCE,)
    assert compare(picture(seed=9)).salt == "", "and for a wrong picture there is none"


@pytest.mark.parametrize("salt", ["", "0" * 63, "G" * 64, "0" * 64 + "\n", "A" * 64])
def test_what_is_no_salt(salt):
    with pytest.raises(Refusal) as no:
        compare(TARGET, salt)
    assert no.value.code == "bad-salt"


def test_what_states_nothing_cannot_be_compared():
    plain = codec.encode(picture(), "png")
    with pytest.raises(Refusal) as no:
        original.compare(report(data=plain), [TARGET], signer().registry)
    assert no.value.code == "nothing-to-compare"


@given(st.binary(min_size=32, max_size=32), st.integers(1, 5), st.integers(1, 5))
def test_frames_are_bound_in_their_order(salt, height, width):
    frames = [np.full((height, width, 3), n, np.uint8) for n in (1, 2)]
    whole = commit(salt, Role.TARGET, frames)
    assert whole == commit(salt, Role.TARGET, iter(frames))
    assert whole != commit(salt, Role.TARGET, frames[::-1])
    assert whole != commit(salt, Role.TARGET, [np.concatenate(frames)])


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A home in which a picture was stamped, the picture, and the photo that it was made from."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    output, photo = tmp_path / "out.png", tmp_path / "photo.png"
    output.write_bytes(write(picture(), facts(), Signer.open(Home.open().keys), "png").data)
    photo.write_bytes(codec.encode(TARGET, "png"))
    return output, photo


def say(capsys, *arguments):
    code = cli.run([str(one) for one in arguments])
    return code, *capsys.readouterr()


def test_the_command(capsys, made, tmp_path):
    output, photo = made
    code, out, _ = say(capsys, "verify", output, "--original", photo)
    assert code == 0
    assert "original  the target of this, to the last pixel" in out
    assert not re.search("[0-9a-f]{64}", out), "neither HMACs nor the salt"
    code, out, _ = say(capsys, "verify", output, "--original", photo, "--reveal")
    salt = re.search("salt +([0-9a-f]{64})", out)[1]
    other = tmp_path / "other.png"
    other.write_bytes(codec.encode(picture(seed=8), "png"))
    code, out, _ = say(capsys, "verify", output, "--original", other, "--reveal")
    assert (code, "not what this was made from" in out, salt in out) == (1, True, False)
    (Home.open().keys / "stamped.db").unlink()  # as at somebody else's
    code, out, _ = say(capsys, "verify", output, "--original", photo)
    assert (code, "made and signed here" in out, "only with the salt that its maker kept" in out) == (3, True, True)
    code, out, _ = say(capsys, "verify", output, "--original", photo, "--salt", salt, "--json")
    (told_,) = json.loads(out)
    assert (code, told_["roles"], told_["verdict"]) == (0, ["target"], "ours")
    assert "salt" not in told_


@pytest.mark.parametrize("more", [["--salt", "0" * 64], ["--reveal"]])
def test_nothing_to_compare_with(capsys, made, more):
    code, _, err = say(capsys, "verify", made[0], *more)
    assert (code, "[no-original]" in err) == (2, True)


def test_an_original_that_is_no_picture(capsys, made, tmp_path):
    (tmp_path / "x").write_bytes(b"x")
    code, _, err = say(capsys, "verify", made[0], "--original", tmp_path / "x")
    assert (code, "[not-a-picture]" in err) == (2, True)


def test_the_facts_in_lines():
    lines = "\n".join(told.lines(report()))
    for fact in (
        "what      swap, live, made 20",
        "(ours)",
        "actions   c2pa.opened; c2pa.edited: The face was replaced",
        "receipt   c0ffee, live check motion, likeness at least 0.85 (source) and 0.70 (target)",
        "label     found, says swap",
        "watermark not found",
    ):
        assert fact in lines
    assert "changed" not in lines
