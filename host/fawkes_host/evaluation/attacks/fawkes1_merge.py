"""How Fawkes 1.0 puts its cloak into a photo: its frame, and its merge with and without the fault.

The box of the detector, grown by 30 px and squared, is shrunk to 112 px whatever its size; the
difference of the enlarged chips is added to the photo.  Release 1.0 enlarged by way of a function
that stretches every image to its own darkest and brightest sample, so that the difference also held
a change of gain; ``stretched`` repeats that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fawkes_host.engine.detect import Face

CHIP_PX = 112
BOX_MARGIN_PX = 30


@dataclass(frozen=True)
class Fawkes1Frame:
    """A square of a photo; it may leave it, and the photo's edge is repeated there."""

    left: int
    top: int
    edge: int

    def cut(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the chip float32 [112, 112, 3], 0..255, of a photo uint8 [h, w, 3]."""
        height, width = pixels.shape[:2]
        rows = np.clip(np.arange(self.top, self.top + self.edge), 0, height - 1)
        columns = np.clip(np.arange(self.left, self.left + self.edge), 0, width - 1)
        square = Image.fromarray(pixels[rows][:, columns])
        chip = square.resize((CHIP_PX, CHIP_PX), Image.Resampling.BILINEAR)
        return np.asarray(chip, np.float32)

    def merge(
        self,
        pixels: NDArray[np.uint8],
        chip: NDArray[np.float32],
        cloaked: NDArray[np.float32],
        stretched: bool,
    ) -> NDArray[np.uint8]:
        """Return the photo with the difference of two chips added."""
        before, after = (
            self._enlarge(_stretch(side) if stretched else side) for side in (chip, cloaked)
        )
        height, width = pixels.shape[:2]
        top, left = max(self.top, 0), max(self.left, 0)
        bottom, right = min(self.top + self.edge, height), min(self.left + self.edge, width)
        inside = (
            slice(top - self.top, bottom - self.top),
            slice(left - self.left, right - self.left),
        )
        merged = pixels.astype(np.float32)
        merged[top:bottom, left:right] += (after - before)[inside]
        return np.clip(np.rint(merged), 0, 255).astype(np.uint8)

    def _enlarge(self, chip: NDArray[np.float32]) -> NDArray[np.float32]:
        size = (self.edge, self.edge)
        planes = [
            Image.fromarray(np.ascontiguousarray(chip[..., i])).resize(
                size, Image.Resampling.BILINEAR
            )
            for i in range(3)
        ]
        return np.stack([np.asarray(plane) for plane in planes], axis=-1)


def frame_box(face: Face) -> Fawkes1Frame:
    """Lay the frame around the box of a face."""
    x, y, width, height = face.box
    edge = round(max(width, height)) + 2 * BOX_MARGIN_PX
    return Fawkes1Frame(
        round(x + width / 2 - edge / 2), round(y + height / 2 - edge / 2), max(edge, 1)
    )


def _stretch(chip: NDArray[np.float32]) -> NDArray[np.float32]:
    low = chip.min()
    return (chip - low) * (255.0 / max(float(chip.max() - low), 1e-6))
