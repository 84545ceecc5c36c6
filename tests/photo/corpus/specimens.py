"""Photos of every kind in the table of ``docs/photos.md``, made by the encoders people's are.

``python -m tests.photo.corpus.specimens FOLDER`` writes them all.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
import skimage.data
from numpy.typing import NDArray
from PIL import Image

from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_host.photo.containers import jpeg
from fawkes_host.photo.orientation import to_stored
from tests.photo.corpus.colour_profiles import make_profile
from tests.photo.corpus.programs import run
from tests.photo.files_by_hand import add_segments, make_movie
from tests.photo.saving import save

EDGE_PX = 240
"""The portrait's edge; its face is about 100 pixels wide."""

GAIN_MAP_XMP = (
    b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http:"
    b"//www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description xmlns:hdrgm='http://ns.adobe.com/"
    b"hdr-gain-map/1.0/' hdrgm:Version='1.0' hdrgm:GainMapMax='2.3'/></rdf:RDF></x:xmpmeta>"
)


@dataclass(frozen=True)
class Specimen:
    """One photo with one face.

    ``lossless``: pixels outside the face come back bit for bit.  ``loses``: the notices of a
    cloaked copy under the policy ``keep``.
    """

    row: str
    name: str
    make: Callable[[], bytes] = field(repr=False)
    lossless: bool = False
    loses: tuple[str, ...] = ()

    def data(self) -> bytes:
        """Encode it; skips the test where the encoder is missing."""
        if self.name not in _made:
            _made[self.name] = self.make()
        return _made[self.name]


_made: dict[str, bytes] = {}


def _scene() -> NDArray[np.uint8]:
    """A portrait beside a wall with some texture, [240, 320, 3]."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:EDGE_PX, 0:80].astype(np.float32)
    wall = 150 + 20 * np.sin(x / 9) + 15 * np.cos(y / 14) + rng.normal(0, 3, x.shape)
    wall = np.stack([wall, wall - 20, wall - 50], -1).clip(0, 255).astype(np.uint8)
    return np.concatenate([draw_portrait(EDGE_PX), wall], axis=1)


SCENE = Image.fromarray(_scene())

PERSON = Image.fromarray(skimage.data.astronaut()[:240, 100:420])
GREY = PERSON.convert("L")
"""Without its colours, the drawn face is none to the detector."""


def _ppm(image: Image.Image = SCENE) -> bytes:
    return save(image, "PPM")


def _heif_deep(depth: int) -> bytes:
    samples = np.asarray(SCENE).astype(np.uint16) * 257
    file = pillow_heif.from_bytes("RGB;16", SCENE.size, samples.tobytes())
    buffer = io.BytesIO()
    file.save(buffer, quality=80, bit_depth=depth)
    return buffer.getvalue()


def _with_alpha(image: Image.Image = SCENE) -> Image.Image:
    image = image.copy()
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


def _cjpeg(*options: str, image: Image.Image = SCENE) -> Callable[[], bytes]:
    return lambda: run("cjpeg", *options, stdin=_ppm(image))


def _convert(*options: str, to: str, image: Image.Image = SCENE) -> Callable[[], bytes]:
    return lambda: run("convert", "png:-", *options, f"{to}:-", stdin=save(image, "PNG"))


def _through_a_file(suffix: str, data: bytes, *command: str) -> bytes:
    """Run a program that reads and writes files; ``@`` stands for the path."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"photo{suffix}"
        path.write_bytes(data)
        program, *arguments = command
        run(program, *(argument.replace("@", str(path)) for argument in arguments))
        return path.read_bytes()


def _cwebp(*options: str, image: Image.Image = SCENE) -> Callable[[], bytes]:
    def make() -> bytes:
        data = save(image, "PNG")
        return _through_a_file(".webp", data, "cwebp", "-quiet", *options, "@", "-o", "@")

    return make


def _exiftool(suffix: str, data: Callable[[], bytes], *tags: str) -> Callable[[], bytes]:
    return lambda: _through_a_file(
        suffix, data(), "exiftool", "-q", "-overwrite_original", *tags, "@"
    )


def _jpeg() -> bytes:
    return save(SCENE, "JPEG", quality=88)


def _turned(number: int) -> Callable[[], bytes]:
    """A JPEG that is stored turned, and whose EXIF says how to turn it upright."""
    stored = Image.fromarray(np.ascontiguousarray(to_stored(np.asarray(SCENE), number)))
    tags = (f"-Orientation#={number}", "-Make=Kamerawerk")
    return _exiftool(".jpg", lambda: save(stored, "JPEG", quality=88), *tags)


def _stereo() -> bytes:
    other = SCENE.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return save(SCENE, "MPO", save_all=True, append_images=[other], quality=88)


def specimens() -> Iterator[Specimen]:
    """Give every photo of the corpus."""
    yield from _jpegs()
    yield from _pngs()
    yield from _webps()
    yield from _isobmff()
    yield from _tiffs_and_bmps()
    yield from _profiles_and_orientations()
    yield from _companions()


def _jpegs() -> Iterator[Specimen]:
    row = "JPEG, baseline"
    for sampling in ("1x1", "2x1", "2x2"):
        yield Specimen(row, f"{sampling}.jpg", _cjpeg("-quality", "85", "-sample", sampling))
    for sampling in ("1x2", "4x1", "4x2"):
        yield Specimen(
            "JPEG, rare chroma sampling",
            f"rare-{sampling}.jpg",
            _cjpeg("-quality", "85", "-sample", sampling),
        )
    for quality in (15, 50, 75, 95, 100):
        yield Specimen(
            "JPEG, any quality", f"quality-{quality}.jpg", _cjpeg("-quality", str(quality))
        )
    yield Specimen("JPEG, progressive", "progressive.jpg", _cjpeg("-progressive"))
    yield Specimen(
        "JPEG, progressive", "progressive-444.jpg", _cjpeg("-progressive", "-sample", "1x1")
    )
    yield Specimen("JPEG, arithmetic coding", "arithmetic.jpg", _cjpeg("-arithmetic"))
    yield Specimen("JPEG, grey", "grey.jpg", _cjpeg("-grayscale", "-quality", "90", image=PERSON))
    yield Specimen("JPEG, RGB", "rgb.jpg", _cjpeg("-rgb", "-quality", "85"))
    yield Specimen("JPEG, restart markers", "restart.jpg", _cjpeg("-restart", "1"))
    yield Specimen("JPEG, restart markers", "restart-blocks.jpg", _cjpeg("-restart", "7B"))
    yield Specimen("JPEG, CMYK", "ycck.jpg", _convert("-colorspace", "CMYK", to="jpg"))
    yield Specimen("JPEG, CMYK", "cmyk.jpg", lambda: save(SCENE.convert("CMYK"), "JPEG"))
    yield Specimen("JPEG, ImageMagick's", "magick.jpg", _convert("-quality", "82", to="jpg"))


def _pngs() -> Iterator[Specimen]:
    yield Specimen("PNG, RGB", "rgb.png", lambda: save(SCENE, "PNG"), True)
    yield Specimen("PNG, RGB", "magick.png", _convert(to="png"), True)
    yield Specimen("PNG, alpha", "alpha.png", lambda: save(_with_alpha(), "PNG"), True)
    yield Specimen("PNG, grey", "grey.png", lambda: save(GREY, "PNG"), True)
    yield Specimen("PNG, grey", "grey-alpha.png", lambda: save(_with_alpha(GREY), "PNG"), True)
    expanded = ("colours_expanded",)
    yield Specimen("PNG, palette", "palette.png", _convert(to="png8"), True, expanded)
    yield Specimen(
        "PNG, palette",
        "palette-alpha.png",
        lambda: save(_with_alpha().quantize(200), "PNG"),
        True,
        expanded,
    )
    yield Specimen("PNG, 16 bits", "deep.png", _convert("-blur", "0x1", to="png48"), True)
    yield Specimen(
        "PNG, 16 bits", "deep-alpha.png", _convert("-blur", "0x1", to="png64", image=_with_alpha()),
        True,
    )  # fmt: skip
    yield Specimen(
        "PNG, 16 bits",
        "deep-grey.png",
        _convert("-blur", "0x1", "-depth", "16", to="png", image=GREY),
        True,
    )
    for name, options in (("rgb", ()), ("deep", ("-blur", "0x1", "-depth", "16"))):
        make = _convert("-interlace", "PNG", *options, to="png")
        yield Specimen("PNG, interlaced", f"interlaced-{name}.png", make, True)


def _webps() -> Iterator[Specimen]:
    for quality in (30, 75, 95):
        yield Specimen("WebP, lossy", f"lossy-{quality}.webp", _cwebp("-q", str(quality)))
    yield Specimen("WebP, lossy", "magick.webp", _convert("-quality", "80", to="webp"))
    yield Specimen("WebP, lossless", "lossless.webp", _cwebp("-lossless"), True)
    yield Specimen("WebP, lossless", "near.webp", _cwebp("-near_lossless", "60"), True)
    yield Specimen("WebP, alpha", "alpha.webp", _cwebp("-q", "75", image=_with_alpha()))
    yield Specimen(
        "WebP, alpha",
        "alpha-lossless.webp",
        _cwebp("-lossless", "-exact", image=_with_alpha()),
        True,
    )


def _isobmff() -> Iterator[Specimen]:
    for quality in (40, 80):
        yield Specimen(
            "HEIC",
            f"quality-{quality}.heic",
            lambda quality=quality: save(SCENE, "HEIF", quality=quality),
        )
    for chroma in (422, 444):
        yield Specimen(
            "HEIC", f"chroma-{chroma}.heic",
            lambda chroma=chroma: save(SCENE, "HEIF", quality=80, chroma=chroma),
        )  # fmt: skip
    yield Specimen("HEIC", "magick.heic", _convert("-quality", "60", to="heic"))
    yield Specimen("HEIC, alpha", "alpha.heic", lambda: save(_with_alpha(), "HEIF", quality=80))
    yield Specimen("HEIC, 10 bits", "deep.heic", lambda: _heif_deep(10))
    for quality in (50, 85):
        yield Specimen(
            "AVIF", f"quality-{quality}.avif",
            lambda quality=quality: save(SCENE, "AVIF", quality=quality, speed=8),
        )  # fmt: skip
    for subsampling in ("4:2:2", "4:4:4"):
        yield Specimen(
            "AVIF", f"chroma-{subsampling.replace(':', '')}.avif",
            lambda subsampling=subsampling: save(
                SCENE, "AVIF", quality=75, speed=8, subsampling=subsampling
            ),
        )  # fmt: skip
    yield Specimen("AVIF", "magick.avif", _convert("-quality", "60", to="avif"))
    yield Specimen(
        "AVIF, alpha", "alpha.avif", lambda: save(_with_alpha(), "AVIF", quality=75, speed=8)
    )


def _tiffs_and_bmps() -> Iterator[Specimen]:
    for compression in ("None", "LZW", "Zip", "RLE"):
        yield Specimen(
            "TIFF", f"{compression}.tif", _convert("-compress", compression, to="tiff"), True
        )
    yield Specimen(
        "TIFF, 16 bits",
        "deep.tif",
        _convert("-blur", "0x1", "-depth", "16", "-compress", "LZW", to="tiff"),
        True,
    )
    yield Specimen("TIFF, alpha", "alpha.tif", _convert(to="tiff", image=_with_alpha()), True)
    yield Specimen(
        "TIFF, tiles", "tiles.tif", _convert("-define", "tiff:tile-geometry=64x64", to="tiff"), True
    )
    yield Specimen(
        "TIFF, planes", "planes.tif", _convert("-interlace", "plane", to="tiff", image=_with_alpha()),
        True,
    )  # fmt: skip
    yield Specimen(
        "TIFF, planes",
        "planes-deep.tif",
        _convert("-interlace", "plane", "-depth", "16", "-compress", "LZW", to="tiff"),
        True,
    )
    yield Specimen("TIFF, JPEG", "jpeg.tif", _convert("-compress", "JPEG", to="tiff"))
    yield Specimen("TIFF, CMYK", "cmyk.tif", lambda: save(SCENE.convert("CMYK"), "TIFF"), True)
    yield Specimen(
        "TIFF, palette", "palette.tif", lambda: save(SCENE.quantize(200), "TIFF"), True,
        ("colours_expanded",),
    )  # fmt: skip
    yield Specimen("BMP", "rgb.bmp", _convert(to="bmp3"), True)
    yield Specimen("BMP", "alpha.bmp", _convert(to="bmp", image=_with_alpha()), True)
    yield Specimen("BMP", "os2.bmp", _convert(to="bmp2"), True)
    yield Specimen(
        "BMP, palette", "palette.bmp", lambda: save(SCENE.quantize(200), "BMP"), True,
        ("colours_expanded",),
    )  # fmt: skip


def _profiles_and_orientations() -> Iterator[Specimen]:
    for number in range(1, 9):
        yield Specimen(
            "EXIF orientation", f"orientation-{number}.jpg",
            _turned(number),
        )  # fmt: skip
    for name in ("sRGB", "Display P3", "Adobe RGB"):
        yield Specimen(
            "Colour profile", f"{name.lower().replace(' ', '-')}.jpg",
            lambda name=name: save(SCENE, "JPEG", quality=88, icc_profile=make_profile(name)),
        )  # fmt: skip
        yield Specimen(
            "Colour profile", f"{name.lower().replace(' ', '-')}.png",
            lambda name=name: save(SCENE, "PNG", icc_profile=make_profile(name)), True,
        )  # fmt: skip
    for suffix, format_ in ((".heic", "HEIF"), (".avif", "AVIF"), (".webp", "WEBP")):
        yield Specimen(
            "Colour profile", f"display-p3{suffix}",
            lambda format_=format_: encode_scene(format_, make_profile("Display P3")),
        )  # fmt: skip
    yield Specimen(
        "Colour profile", "grey-profile.jpg",
        lambda: save(
            GREY, "JPEG", quality=88, icc_profile=make_profile("grey")
        ),
    )  # fmt: skip


def encode_scene(format_: str, profile: bytes) -> bytes:
    """Return the scene in a format, with a colour profile."""
    if format_ == "HEIF":
        image = SCENE.copy()
        image.info["icc_profile"] = profile
        return save(image, "HEIF", quality=80)
    options = {"speed": 10} if format_ == "AVIF" else {}
    quality = {} if format_ in ("PNG", "TIFF") else {"quality": 80}
    return save(SCENE, format_, icc_profile=profile, **quality, **options)


def _companions() -> Iterator[Specimen]:
    lost = ("companion_pictures_removed",)
    yield Specimen("MPO", "stereo.mpo", _stereo, loses=lost)
    yield Specimen(
        "Ultra HDR gain map", "gain-map.jpg",
        lambda: add_segments(_stereo(), (jpeg.APP1, GAIN_MAP_XMP)), loses=lost,
    )  # fmt: skip
    yield Specimen(
        "Motion photo", "motion.jpg", lambda: _jpeg() + make_movie(),
        loses=("motion_video_removed",),
    )  # fmt: skip


def cases() -> list[Any]:
    """Return all specimens as parameters: the first of each row, and the others marked ``slow``."""
    seen: set[str] = set()
    found = []
    for specimen in specimens():
        marks = [pytest.mark.slow] if specimen.row in seen else []
        seen.add(specimen.row)
        found.append(pytest.param(specimen, id=specimen.name, marks=marks))
    return found


def animations() -> dict[str, bytes]:
    """Return an animation of each format that has them, by file name."""
    frames = [SCENE.resize((160, 120)).rotate(angle) for angle in (0, 8, 16)]
    still, *more = frames
    many = {"save_all": True, "append_images": more, "duration": 100}
    return {
        "animation.gif": save(still, "GIF", **many),
        "animation.webp": save(still, "WEBP", **many),
        "animation.png": save(still, "PNG", **many),
        "animation.avif": save(still, "AVIF", speed=10, **many),
    }


def write_all(folder: Path) -> None:
    """Write the corpus into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for specimen in specimens():
        (folder / specimen.name).write_bytes(specimen.data())
    for name, data in animations().items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
