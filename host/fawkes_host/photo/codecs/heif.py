"""HEIF pixels: libheif decodes and encodes; depth is kept, and quality follows the file's size."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fawkes_host.photo.codecs.change import Change
from fawkes_host.photo.codecs.pillow import decoding
from fawkes_host.photo.codecs.sizing import estimate_quality, fit_size
from fawkes_host.photo.containers.heif import picture_bytes

_PRESET = "ultrafast"
"""x265's effort.  At a given file size it scores the PSNR of the slower ones (39.0 dB at 180 kB;
"slow" 40.0), in a fifth of their time: 3 s for 12 megapixels."""

_KEPT = (
    "icc_profile",
    "icc_profile_type",
    "nclx_profile",
    "pixel_aspect_ratio",
    "content_light_level",
    "mastering_display_colour_volume",
    "ambient_viewing_environment",
    "nominal_diffuse_white_luminance",
)
"""What pillow-heif reads of a picture's properties that tells how to show it."""

_CHROMA = frozenset({"420", "422", "444"})


@dataclass(frozen=True)
class Extras:
    """What is written beside the pixels; empty for none."""

    exif: bytes = b""
    xmp: bytes = b""
    thumbnails: bool = False
    """Whether those that the file has are made anew; only HEIF has them."""


@dataclass(frozen=True, eq=False)
class Appearance:
    """What decides, beside the pixels, how a picture of HEIF or AVIF looks.

    ``alpha`` is uint8 [h, w] as displayed, None where all is opaque.
    """

    grey: bool
    bit_depth: int
    subsampling: str
    """Of the chroma, as Pillow writes it: "4:2:0"."""
    icc_profile: bytes
    """Empty for none."""
    alpha: NDArray[np.uint8] | None
    premultiplied: bool = False


def read_pixels(data: bytes) -> NDArray[np.uint8]:
    """Return uint8 [h, w, 3] RGB as displayed: libheif turns the picture as the file says."""
    with decoding():
        samples, _ = _read_samples(data)
        if samples.dtype == np.uint16:
            samples = samples >> 8
        colours = samples[..., :3] if samples.shape[2] >= 3 else samples[..., :1].repeat(3, axis=2)
        return np.ascontiguousarray(colours, np.uint8)


def read_appearance(data: bytes) -> Appearance:
    """Return how the picture looks beside its pixels; decodes it only where it has alpha."""
    with decoding():
        image = _open(data)
        mode = image.mode.partition(";")[0]
        alpha = None
        if mode[-1] in "Aa":
            alpha = np.asarray(image)[..., -1]
            alpha = (alpha >> 8 if alpha.dtype == np.uint16 else alpha).astype(np.uint8)
        digits = str(image.info.get("chroma", 420))
        return Appearance(
            grey=mode.startswith("L"),
            bit_depth=image.info.get("bit_depth", 8),
            subsampling=":".join(digits) if digits in _CHROMA else "4:2:0",
            icc_profile=image.info.get("icc_profile") or b"",
            alpha=alpha,
            premultiplied=mode == "RGBa",
        )


def write_pixels(data: bytes, change: Change, extras: Extras) -> bytes:
    """Encode ``data`` again with ``change``, of the pixels as displayed, and ``extras``.

    Bit depth, chroma sampling, colour profile and alpha stay; rotation is done to the pixels.
    """
    with decoding():
        samples, image = _read_samples(data)
        scale = 256 if samples.dtype == np.uint16 else 1
        samples = change.applied_to(samples, 3 if samples.shape[2] >= 3 else 1, scale)
        mode = image.mode

        def encode(pixels: NDArray[Any], quality: int) -> bytes:
            return _save(pixels, mode, image.info, quality, extras)

        target = picture_bytes(data)
        start = estimate_quality(encode, samples, target, picture_bytes)
        return fit_size(lambda quality: encode(samples, quality), target, start, picture_bytes)


def _read_samples(data: bytes) -> tuple[NDArray[Any], Any]:
    """Return [h, w, c], uint8 or, for more than 8 bits, uint16 with the bits at the top."""
    image = _open(data)
    samples = np.asarray(image)
    return samples.reshape(*samples.shape[:2], -1), image


def _open(data: bytes) -> Any:
    import pillow_heif

    file = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
    return file[file.primary_index]


def _save(
    samples: NDArray[Any], mode: str, info: dict[str, Any], quality: int, extras: Extras
) -> bytes:
    import pillow_heif

    size = (samples.shape[1], samples.shape[0])
    file = pillow_heif.from_bytes(mode, size, np.ascontiguousarray(samples).tobytes())
    image = file[0]
    image.info |= {name: info[name] for name in _KEPT if info.get(name) is not None}
    if extras.thumbnails:
        image.info["thumbnails"] = info.get("thumbnails") or []
    image.info["exif"] = extras.exif or None
    if extras.xmp:
        # Given as "xmp", it would be searched for an orientation, which the pixels have by now.
        packet = {"type": "mime", "content_type": "application/rdf+xml", "data": extras.xmp}
        image.info["metadata"] = [packet]
    buffer = io.BytesIO()
    file.save(
        buffer,
        quality=quality,
        chroma=info.get("chroma", 420),
        bit_depth=info.get("bit_depth", 8),
        enc_params={"preset": _PRESET},
    )
    return buffer.getvalue()
