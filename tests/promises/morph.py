"""Pictures that blend two people, made by their meshes, and how many of them pass the gate.

python -m tests.promises.morph        # the table of docs/attacks.md
"""

from __future__ import annotations

import cv2
import numpy as np

from consent import policy
from consent.template import score, template
from models import topology
from models.identity import Recogniser
from tests.promises.stage import draw, finder, sat

SHARES = (0.3, 0.5, 0.7)
"""How much of a blend is the first person."""


def carried(pixels, mesh, onto):
    """A face moved triangle by triangle from `mesh` (468, 2) onto another of the same picture size; black elsewhere."""
    out = np.zeros_like(pixels)
    for corners in topology.TRIANGLES:
        x, y, w, h = cv2.boundingRect(onto[corners].astype(np.float32))
        x0, y0, x1, y1 = max(x - 1, 0), max(y - 1, 0), min(x + w + 1, out.shape[1]), min(y + h + 1, out.shape[0])
        if x1 <= x0 or y1 <= y0:
            continue
        there = (onto[corners] - (x0, y0)).astype(np.float32)
        warp = cv2.getAffineTransform(mesh[corners].astype(np.float32), there)
        part = cv2.warpAffine(pixels, warp, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        mask = np.zeros(part.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, np.round(there).astype(np.int32), 1)
        out[y0:y1, x0:x1][mask > 0] = part[mask > 0]
    return out


def morph(one, other, share):
    """A picture whose face is `share` of the first person and the rest of the second, in shape and in colour.

    The rest of the picture is the first person's, or the second's where they have the greater share.
    """
    faces = [finder().find(pixels)[0].mesh[:, :2] for pixels in (one, other)]
    base = one if share >= 0.5 else other
    own = faces[0] if share >= 0.5 else faces[1]
    middle = share * faces[0] + (1 - share) * (faces[1] - faces[1].mean(0) + faces[0].mean(0))
    middle += own.mean(0) - middle.mean(0)
    pair = [carried(pixels, mesh, middle).astype(float) for pixels, mesh in zip((one, other), faces, strict=True)]
    blend = share * pair[0] + (1 - share) * pair[1]
    mask = np.zeros(base.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(middle).astype(np.int32)), 255)
    soft = cv2.GaussianBlur(cv2.erode(mask, np.ones((9, 9))), (0, 0), 4)[..., None] / 255.0
    return np.round(soft * blend + (1 - soft) * base).astype(np.uint8)


def main():
    """Every pair of the cast's adults, both ways."""
    from tests.people import ADULTS

    recogniser = Recogniser()
    known = {name: template(sat(name), [recogniser.embed(f.pixels, f.face) for f in sat(name)]) for name in ADULTS}
    print(f"pairs: {len(ADULTS) * (len(ADULTS) - 1)}; limit {policy.MATCH_COSINE}")
    for share in SHARES:
        own, both = [], 0
        for name in ADULTS:
            for other in ADULTS:
                if name == other:
                    continue
                found = finder().find(morph(draw(name, seed=1), draw(other, seed=2), share))
                if len(found) != 1:
                    continue
                vector = recogniser.embed(morph(draw(name, seed=1), draw(other, seed=2), share), found[0])
                own.append(score(known[name], vector))
                both += own[-1] >= policy.MATCH_COSINE and score(known[other], vector) >= policy.MATCH_COSINE
        passed = sum(value >= policy.MATCH_COSINE for value in own)
        print(f"{share:.0%}: {passed} of {len(own)} pass as the first person ({passed / len(own):.0%}), "
              f"{both} ({both / len(own):.0%}) as both; score median {np.median(own):.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
