"""Find faces and measure them: detect -> mesh -> iris -> pose -> quality.

Networks, on the CPU: YuNet (detector), run by ONNX Runtime; MediaPipe face mesh and iris, run by LiteRT. Measured on
real faces (docs/models.md): YuNet found 177 of 177 photographs; the mesh's points lie within 0.034 eye distances of
dlib's.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models import topology
from models.detector import Yunet
from models.load import Lite

Image = NDArray[np.uint8]
"""`uint8 RGB (H, W, 3)`."""
Points = NDArray[np.float64]

SIDE: Final = 640
"""Pixels of the longer side of what the detector looks at: it finds faces with at least 8 between the eyes there."""
DETECTOR_SCORE: Final = 0.6
"""YuNet's own default is 0.9; 0.6 finds tilted and dark faces (so that a second face is not overlooked)."""
MESH_SCORE: Final = 0.5
_MESH_SIDE: Final = 192
_IRIS_SIDE: Final = 64
_COARSE: Final = 3.0
"""Pixels of the picture for one of a crop, along a line, from which a measure averages. Webcam frames stay below."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Direction of the head against the camera axes, in degrees.

    Convention: yaw > 0 the nose points to the image's right (the person's own left); pitch > 0 the face looks up;
    roll > 0 the head is tilted clockwise as seen in the image.
    """

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """What the detector alone sees: `box` (x, y, w, h), `points` (5, 2) and `score` 0..1, in pixels.

    The five points are right eye, left eye, nose tip, right and left mouth corner (the person's own right and left).
    """

    box: tuple[float, float, float, float]
    points: Points
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One measured face. All coordinates are pixels of the picture it was found in, pixel centres at integers.

    Attributes:
        box: x, y, width, height of the detection (of the mesh, when followed).
        points: (5, 2) float64; see `Detection`.
        mesh: (468, 3) float64; z has the scale of x, smaller is nearer the camera.
        pose: head direction.
        eyes: openness (lid gap over eye width) of the right and left eye; about 0.2 to 0.5 open, under 0.12 closed.
        mouth: inner-lip gap over inner-mouth width; under 0.05 closed, over 0.3 wide open.
        score: detector score 0..1 (mesh score when followed).
        sharpness: standard deviation of the Laplacian at 60 px eye distance, in grey levels; blurred faces are under 4.
        brightness: mean luma of the face, 0..1.
        eye_distance: between the eye centres, pixels.
    """

    box: tuple[float, float, float, float]
    points: Points
    mesh: Points
    pose: Pose
    eyes: tuple[float, float]
    mouth: float
    score: float
    sharpness: float
    brightness: float
    eye_distance: float


def similarity(source: Points, target: Points) -> Points:
    """Least-squares similarity (2, 3) that maps `source` (N, 2) onto `target` (N, 2) (Umeyama 1991)."""
    mean_s, mean_t = source.mean(0), target.mean(0)
    s, t = source - mean_s, target - mean_t
    u, singular, vt = np.linalg.svd(t.T @ s)
    flip = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = u @ np.diag(flip) @ vt
    scale = (singular * flip).sum() / max(float((s**2).sum()), 1e-12)
    return np.column_stack([scale * rotation, mean_t - scale * rotation @ mean_s])


def warped(image: Image, into: Points, side: int, most: float = 1.0) -> Image:
    """The `side` x `side` crop of `image` (`uint8 RGB (H, W, 3)`) under the similarity `into` (2, 3): all pixels count.

    A bilinear warp alone reads four pixels for each that it makes. Of a large face it skips most, and a picture of one
    person with another person's face in just the pixels that are read would be judged by those, which nobody sees. So
    what lies closer than `1 / most` pixels of the crop is averaged by area first.
    """
    pitch = 1 / max(float(np.sqrt(abs(np.linalg.det(into[:, :2])))), 1e-9)
    if not pitch > most:
        return np.asarray(cv2.warpAffine(image, into, (side, side)), np.uint8)
    ends = np.array(image.shape[1::-1])
    corners = np.array([[0, 0], [side, 0], [0, side], [side, side]]) - 0.5
    seen = (corners - into[:, 2]) @ np.linalg.inv(into[:, :2]).T
    low = np.clip(np.floor(seen.min(0) - 2 * pitch), 0, ends - 1).astype(int)
    high = np.clip(np.ceil(seen.max(0) + 2 * pitch), low + 1, ends).astype(int)
    size = np.maximum(1, np.round((high - low) / pitch)).astype(int)
    part = image[low[1] : high[1], low[0] : high[0]]
    small = cv2.resize(part, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
    by = (high - low) / size
    shift = into[:, :2] @ ((by - 1) / 2 + low) + into[:, 2]  # pixel centres are at integers
    return np.asarray(cv2.warpAffine(small, np.column_stack([into[:, :2] * by, shift]), (side, side)), np.uint8)


def _crop(centre: Points, size: float, angle: float, side: int) -> Points:
    """Affine (2, 3) from the picture into an upright `side` x `side` crop of `size` pixels round `centre`."""
    k = side / size
    cos, sin = np.cos(angle) * k, np.sin(angle) * k
    turn = np.array([[cos, sin], [-sin, cos]])
    return np.column_stack([turn, side / 2 - turn @ centre])


def _tilt(mesh: Points) -> float:
    """Angle of the line through the outer eye corners, radians."""
    across = mesh[263, :2] - mesh[33, :2]
    return float(np.arctan2(across[1], across[0]))


def pose_of(mesh: Points, shape: tuple[int, ...]) -> Pose:
    """Head direction by perspective fit of the canonical face (focal length 1.2 times the longer side), or NaN."""
    height, width = shape[:2]
    focal = 1.2 * max(height, width)
    camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1.0]])
    basis = topology.POSE_BASIS
    nowhere = Pose(float("nan"), float("nan"), float("nan"))
    try:
        good, rotation, _ = cv2.solvePnP(
            topology.CANONICAL[basis], np.ascontiguousarray(mesh[basis, :2]), camera, None, flags=cv2.SOLVEPNP_SQPNP
        )
    except cv2.error:  # the points of a face of a few pixels lie too close together
        return nowhere
    if not good:
        return nowhere
    turn = cv2.Rodrigues(rotation)[0]
    nose, across = turn @ (0, 0, -1.0), turn @ (1.0, 0, 0)
    angles = (np.arctan2(nose[0], -nose[2]), np.arcsin(np.clip(-nose[1], -1, 1)), np.arctan2(across[1], across[0]))
    return Pose(*(float(a) for a in np.degrees(angles)))


class Finder:
    """Finds and measures faces. Holds its own networks; safe to share between threads.

    Raises:
        Fault: at construction, when a weight file is missing or altered.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._detector = Yunet(DETECTOR_SCORE)
        self._mesh_net, self._iris_net = Lite("mesh"), Lite("iris")

    def detect(self, image: Image, side: int = SIDE) -> tuple[Detection, ...]:
        """Every face the detector sees, left to right; `side` is the longer side it looks at, in pixels.

        A picture without a hit is tried once more with a border, for crops that cut the head.
        """
        with self._lock:
            return self._detect(image, side, 0) or self._detect(image, side, max(image.shape[:2]) // 2)

    def find(self, image: Image, side: int = SIDE) -> tuple[Face, ...]:
        """Every face, measured, left to right. `image` is `uint8 RGB (H, W, 3)`."""
        faces = (self.measure(image, detection) for detection in self.detect(image, side))
        return tuple(face for face in faces if face is not None)

    def measure(self, image: Image, detection: Detection) -> Face | None:
        """The mesh and all measures of one detection; None where the mesh network sees no face."""
        right, left = detection.points[:2]
        x, y, width, height = detection.box
        centre, size = np.array([x + width / 2, y + height / 2]), 1.5 * max(width, height)
        angle = float(np.arctan2(left[1] - right[1], left[0] - right[0]))
        with self._lock:
            mesh, score = self._mesh(image, centre, size, angle)
            mesh, score = self._mesh(image, *self._region(mesh))  # again on its own crop: the detector's box is loose
            if not score >= MESH_SCORE:
                return None
            return self._face(image, mesh, detection.box, detection.points, detection.score)

    def follow(self, image: Image, previous: Face) -> Face | None:
        """The same face in the next frame of a video, found from where it was; about half the cost of `find`.

        None when the mesh network no longer sees a face there. It follows a place, not an identity.
        """
        with self._lock:
            mesh, score = self._mesh(image, *self._region(previous.mesh))
            if not score >= MESH_SCORE:
                return None
            low, high = mesh[:, :2].min(0), mesh[:, :2].max(0)
            box = (float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))
            return self._face(image, mesh, box, five_points(mesh), score)

    def _detect(self, image: Image, side: int, border: int) -> tuple[Detection, ...]:
        scale = min(1.0, side / (max(image.shape[:2]) + 2 * border))
        if min(image.shape[:2]) * scale < 1:  # a strip, of which nothing would be left
            return ()
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
        edge = round(border * scale)  # shrunk first: a border round a large photo would take gigabytes
        if edge:
            small = cv2.copyMakeBorder(small, edge, edge, edge, edge, cv2.BORDER_CONSTANT)
        found = []
        for row in self._detector.see(np.asarray(small, np.uint8)):
            x, y, width, height = row[:4] - (edge, edge, 0, 0)
            points = (row[4:14].reshape(5, 2) - edge) / scale
            box = (float(x / scale), float(y / scale), float(width / scale), float(height / scale))
            found.append(Detection(box, points, float(row[14])))
        return tuple(sorted(found, key=lambda d: d.box[0]))

    def _mesh(self, image: Image, centre: Points, size: float, angle: float) -> tuple[Points, float]:
        into = _crop(centre, max(size, 1.0), angle, _MESH_SIDE)
        crop = warped(image, into, _MESH_SIDE, _COARSE)
        seen = self._mesh_net.see(crop)
        raw, flag = seen["conv2d_21"].astype(np.float64).reshape(468, 3), float(seen["conv2d_31"][0])
        back = cv2.invertAffineTransform(into)
        mesh = np.column_stack([raw[:, :2] @ back[:, :2].T + back[:, 2], raw[:, 2] * size / _MESH_SIDE])
        return mesh, float(1 / (1 + np.exp(-flag)))

    @staticmethod
    def _region(mesh: Points) -> tuple[Points, float, float]:
        """Upright square 1.5 times the mesh: centre, size, angle."""
        angle = _tilt(mesh)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        upright = mesh[:, :2] @ turn.T
        low, high = upright.min(0), upright.max(0)
        return ((low + high) / 2) @ turn, 1.5 * float((high - low).max()), angle

    def _openness(self, image: Image, mesh: Points, corners: tuple[int, int], *, mirror: bool) -> float:
        """Lid gap over eye width from the iris network's contour (the plain mesh cannot see a closed eye)."""
        a, b = mesh[corners[0], :2], mesh[corners[1], :2]
        angle = float(np.arctan2(b[1] - a[1], b[0] - a[0]))
        into = _crop((a + b) / 2, max(2.3 * float(np.linalg.norm(b - a)), 1.0), angle, _IRIS_SIDE)
        if mirror:  # the network was trained on one side only
            into = np.array([[-1.0, 0, _IRIS_SIDE - 1], [0, 1, 0]]) @ np.vstack([into, (0, 0, 1)])
        crop = warped(image, into, _IRIS_SIDE, _COARSE)
        rims = self._iris_net.see(crop)["output_eyes_contours_and_brows"]
        contour = rims.astype(np.float64).reshape(71, 3)[:, :2]
        gaps = np.linalg.norm(contour[3:6] - contour[11:14], axis=1).mean()
        return float(gaps / max(float(np.linalg.norm(contour[0] - contour[8])), 1e-6))

    def _face(
        self, image: Image, mesh: Points, box: tuple[float, float, float, float], points: Points, score: float
    ) -> Face:
        eyes = (
            self._openness(image, mesh, (33, 133), mirror=False),
            self._openness(image, mesh, (362, 263), mirror=True),
        )
        gap = np.linalg.norm(mesh[13, :2] - mesh[14, :2])
        mouth = float(gap / max(float(np.linalg.norm(mesh[78, :2] - mesh[308, :2])), 1e-6))
        eye_distance = float(np.linalg.norm(points[1] - points[0]))
        sharpness, brightness = _quality(image, points, eye_distance)
        for array in (mesh, points):
            array.setflags(write=False)
        return Face(
            box, points, mesh, pose_of(mesh, image.shape), eyes, mouth, score, sharpness, brightness, eye_distance
        )


def five_points(mesh: Points) -> Points:
    """The detector's five points (5, 2) as the mesh has them."""
    eyes = [(mesh[a, :2] + mesh[b, :2]) / 2 for a, b in ((33, 133), (362, 263))]
    return np.array([*eyes, mesh[topology.NOSE_TIP, :2], mesh[61, :2], mesh[291, :2]])


def disagreement(face: Face) -> float:
    """Mean distance of the mesh from the detector's five points, in sizes of the box; NaN for a mesh with no place."""
    if not np.isfinite(face.mesh).all():
        return float("nan")
    return float(np.linalg.norm(five_points(face.mesh) - face.points, axis=1).mean()) / max(*face.box[2:], 1e-9)


def length(face: Face) -> float:
    """From between the eyes to the chin, in pixels, which turning the head does not shorten."""
    return float(np.linalg.norm(face.mesh[topology.CHIN, :2] - face.points[:2].mean(0)))


def _quality(image: Image, points: Points, eye_distance: float) -> tuple[float, float]:
    """Sharpness and brightness on a crop with 60 px between the eyes."""
    middle = points.mean(0)
    angle = float(np.arctan2(*(points[1] - points[0])[::-1]))
    crop = warped(image, _crop(middle, max(eye_distance, 1.0) * 112 / 60, angle, 112), 112, _COARSE)
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).std()), float(grey.mean() / 255)
