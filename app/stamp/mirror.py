"""The only way out for the frames of a mirror: each is labelled, watermarked and signed like a picture that is kept.

A frame is there to be looked at: `Shown` has bytes and no way to save them. All frames of one mirror carry one
watermark, which is remembered once, with the first; so is the salt that says what the first was made from. That of the
others is thrown away: what they were made from is kept nowhere.

A frame shows the person as a mirror does, left and right exchanged, and its statement says so; the label is not.

A finished picture is read back before it leaves. Twenty-four times a second that is too slow, so here the first frame
is read back before it leaves, and then `look_back` reads one now and then; what does not hold ends the mirror.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass, field, replace
from typing import Final, final

import cv2
import numpy as np

from app import codec
from app.stamp import label, manifest
from app.stamp.context import open_context
from app.stamp.marking import Marker
from app.stamp.plate import Language
from app.stamp.proof import SALT_BYTES, Pixels, Proof, Role, commit
from app.stamp.registry import fingerprint
from app.stamp.signer import Signer
from app.stamp.statement import Statement
from app.stamp.writer import STRENGTHS, _accept, _sign, _statement
from app.verify import Verdict, read_back
from consent.errors import Box, Forgery, Refusal
from consent.gate import Gate
from consent.types import Draft, Facts, Purpose, Released, Seal, Sealed

QUALITY: Final = 90
_JPEG: Final = codec.Format.JPEG
_SEAL: Final = Seal()


@final
@dataclass(frozen=True, slots=True, eq=False)
class Shown(Sealed):
    """One labelled, watermarked and signed frame. Made by `MirrorStamp` only.

    Attributes:
        data: the bytes of a JPEG file.
        statement: what its manifest says.
    """

    data: bytes = field(repr=False)
    statement: Statement = field(repr=False)
    seal: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _SEAL.check(self.seal, self.data)


@final
class MirrorStamp:
    """Stamps the frames of one mirror, in their order.

    Args:
        gate: the gate whose work the drafts are.
        signer: this installation's signer.
        language: of the label: `en` or `zh`.

    Raises:
        Refusal: `purpose-not-agreed`: a mirror was not agreed to.
        Forgery: `forged`: no gate.
    """

    def __init__(self, gate: Gate, signer: Signer, language: Language = "en") -> None:
        if type(gate) is not Gate:  # a look-alike could release anything
            raise Forgery.of("forged")
        if Purpose.MIRROR not in gate.purposes:
            raise Refusal.of("purpose-not-agreed")
        self._gate, self._signer, self._language = gate, signer, language
        self._ident = signer.registry.fresh()
        self._context = open_context([signer.anchor_pem], reads_back=False)  # `look_back` does
        self._salt = secrets.token_bytes(SALT_BYTES)
        self._source: tuple[Pixels, str] | None = None
        self._strength = 0
        self._marking: tuple[tuple[int, int, float], Marker] | None = None
        self._clear: Box | None = None
        self._is_remembered = False

    def stamp(self, draft: Draft) -> Shown:
        """Open a draft, which can be done once, and turn it into a file to look at.

        Args:
            draft: the engine's result for one frame.

        Returns:
            The stamped frame; the first after `app.verify` has found it to be ours.

        Raises:
            Refusal: `not-marked`: the first is so plain that no watermark can be read in it; what the gate says of a
                draft, or of a session that is over.
            Fault: anything that went wrong in between; there are no bytes then.
        """
        released = self._gate.release(draft)
        facts, proof = _mirrored(released.facts, released.pixels.shape[1]), self._proof(released)
        statement = _statement(facts, proof, self._ident)
        turned = np.asarray(cv2.flip(released.pixels, 1), np.uint8)  # 20 times quicker than a reversed view made whole
        labelled = self._labelled(turned, facts, statement)
        if self._is_remembered:
            signed, _ = self._signed(labelled, statement)
        else:
            signed = self._first(labelled, statement, proof)
        self._gate.live()  # refuses when the person has withdrawn meanwhile: nothing may come out after that
        return Shown(signed, statement, _SEAL.over(signed))

    def look_back(self, shown: Shown) -> None:
        """Read a frame back as anybody would, in any thread. A watermark that was not read is drawn stronger from now.

        Raises:
            Refusal: `not-marked`: no watermark can be read in this scene, however strong.
            Fault: `stamp-not-sound`: it is not what we say it is.
        """
        report, _ = read_back(shown.data, [self._signer.anchor_pem])
        if report.verdict is Verdict.OURS and report.watermark is None and self._strength + 1 < len(STRENGTHS):
            self._strength += 1
            return
        _accept(report, shown.statement, self._language)

    def _first(self, labelled: Pixels, statement: Statement, proof: Proof) -> bytes:
        """Find the strength at which the mark is read, and remember the mirror by its first frame."""
        for strength in range(len(STRENGTHS)):
            self._strength = strength
            signed, store = self._signed(labelled, statement)
            report, seen = read_back(signed, [self._signer.anchor_pem])
            if report.verdict is not Verdict.OURS or report.watermark == statement.watermark:
                break
        _accept(report, statement, self._language)
        self._gate.live()  # nothing is remembered after that
        self._signer.registry.keep(proof, statement.consent, self._ident, store, [fingerprint(seen[0])])
        self._is_remembered = True
        return signed

    def _signed(self, labelled: Pixels, statement: Statement) -> tuple[bytes, bytes]:
        marked = self._marker(labelled.shape[:2]).mark(labelled)
        jpeg = codec.encode(marked, _JPEG, QUALITY)
        definition = manifest.build(statement, _JPEG, dt.datetime.now(dt.UTC))
        return _sign(jpeg, definition, self._signer, _JPEG, within=self._context)

    def _marker(self, size: tuple[int, ...]) -> Marker:
        """Hides the id in frames of this size, as strong as it is now."""
        key = size[0], size[1], STRENGTHS[self._strength]
        if self._marking is None or self._marking[0] != key:
            self._marking = key, Marker(self._ident, key[:2], key[2])
        return self._marking[1]

    def _proof(self, released: Released) -> Proof:
        """What this frame was made from; the source is the same in frame after frame."""
        if self._source is None or self._source[0] is not released.source:
            self._source = released.source, commit(self._salt, Role.SOURCE, [released.source])
        return Proof(self._salt, self._source[1], commit(self._salt, Role.TARGET, [released.original]))

    def _labelled(self, pixels: Pixels, facts: Facts, statement: Statement) -> Pixels:
        """The label stays in its corner as long as it covers no face, so that it does not jump."""
        text = label.lines(statement.purpose, demo=statement.domain == "demo", language=self._language)
        size = pixels.shape[0], pixels.shape[1]
        if self._clear is None or label.overlap(label.place(size, text, self._clear), facts.face_box):
            self._clear = facts.face_box
        return label.draw(pixels, text, self._clear)


def _mirrored(facts: Facts, width: int) -> Facts:
    """The facts of a picture whose left and right are exchanged."""
    x, y, wide, high = facts.face_box
    told = {**facts.parameters, "mirrored": "yes"}
    return replace(facts, face_box=(width - x - wide, y, wide, high), parameters=told)
