"""Which of the places that the detector found are faces: the surrogates have a say.

The length of what a recogniser sees, before it is brought to unit length, tells a face from
anything else that looks a little like one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine.align import frame_face
from fawkes_host.engine.cloak import Cloaker
from fawkes_host.engine.detect import Face, look
from fawkes_host.photo.decode import Limits
from fawkes_host.protocol.errors import TooManyFaces

CERTAIN = 0.99
"""A face that MTCNN is less sure of is shown to the surrogates, and so is every turned one."""

A_FACE, HARDLY_A_FACE = 1.0, 0.9
"""What the surrogates say of it (``Cloaker.face_likeness``).  Of 53 faces, upright, lying, small
and dark, the least was 1.06; of 12 places in grass, gravel, text and stars that MTCNN took for a
face the most was .95.  What MTCNN finds upright needs less, since a face that is left out goes up
as it is."""

DOUBTFUL = "face_doubtful"
"""The notice where a place may show a face and was left as it is."""


def take_faces(
    pixels: NDArray[np.uint8], cloaker: Cloaker, limit: int = Limits.max_faces
) -> tuple[list[Face], int]:
    """Return the faces of a photo uint8 [h, w, 3], largest first, and in how many other places
    there may be one.  Raises ``TooManyFaces``."""
    height, width = pixels.shape[:2]

    def likeness(face: Face) -> float:
        frame = frame_face(face.landmarks, width, height)
        return cloaker.face_likeness(frame.extract(pixels), frame)

    found, candidates = look(pixels)
    if len(found) > limit:
        raise TooManyFaces(faces=len(found), limit=limit)
    faces, doubtful = [], 0
    for face in found:
        certain = face.confidence >= CERTAIN and not face.turned
        if certain or likeness(face) >= HARDLY_A_FACE:
            faces.append(face)
        else:
            doubtful += 1
    for face in candidates[: limit - len(faces)]:
        alike = likeness(face)
        if alike >= A_FACE:
            faces.append(face)
        elif alike >= HARDLY_A_FACE:
            doubtful += 1
    return sorted(faces, key=lambda face: -face.box[2] * face.box[3]), doubtful
