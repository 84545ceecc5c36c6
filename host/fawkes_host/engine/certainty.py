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

CERTAIN = 0.96
"""An upright face that MTCNN is less sure of is shown to the surrogates, and so is every turned
one."""

A_FACE, HARDLY_A_FACE = 1.0, 0.9
"""What the surrogates say of it (``Cloaker.face_likeness``).  Of 344 photos of people the least was
.94; of places in grass, gravel, text and stars that MTCNN took for a face the most was .95."""

LEAST_UPRIGHT = 0.75
"""An upright face needs no more than this, since one that is left out goes up as it is: with
``CERTAIN`` it takes away one of some 2,000 faces in dark, noisy, blurred and much compressed photos
of people, where what recognisers see is short too, and most of what MTCNN takes for a face in
pictures without people."""

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
    for one in found:
        # What MTCNN sees upright and lying lies as the surrogates say.
        face = one if one.instead is None else max(one, one.instead, key=likeness)
        needed = HARDLY_A_FACE if one.turned and one.instead is None else LEAST_UPRIGHT
        certain = face.confidence >= CERTAIN and not face.turned
        if certain or likeness(face) >= needed:
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
