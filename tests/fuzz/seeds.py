"""Small photos of every kind that the table in ``docs/photos.md`` names, for a fuzzer to start from.

``python -m tests.fuzz.seeds FOLDER`` writes them.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

from fawkes_host.photo.containers import jpeg
from tests.photo.files_by_hand import (
    RESOURCES,
    add_segments,
    exif_with_thumbnail,
    make_movie,
    resource,
)
from tests.photo.saving import save

SIZE = (26, 18)
"""So small that a second has room for hundreds of executions."""

XMP = (
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-"
    b"syntax-ns#'><rdf:Description xmlns:e='http://ns.adobe.com/exif/1.0/' e:GPSLatitude='52,31N'>"
    b"<e:GPSLongitude>1,2E</e:GPSLongitude></rdf:Description></rdf:RDF></x:xmpmeta>"
)
IPTC = b"\x1c\x02\x5a\x00\x04City\x1c\x02\x50\x00\x03Ada"


def _scene() -> Image.Image:
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    levels = np.stack([x * 9, y * 13, (x + y) * 5], -1)
    return Image.fromarray(levels.astype(np.uint8))


def _exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", orientation
    exif.get_ifd(0x8769)[0x927C] = b"Maker\0note"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (48.0, 7.0, 1.5)
    return exif


def seeds() -> Iterator[tuple[str, bytes]]:
    """Give the name and the bytes of each seed."""
    scene = _scene()
    rgba = scene.copy()
    rgba.putalpha(Image.linear_gradient("L").resize(SIZE))
    grey = scene.convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = _exif(6)

    for subsampling in (0, 1, 2):
        yield f"jpeg-{subsampling}", save(scene, "JPEG", subsampling=subsampling)
    yield "jpeg-progressive", save(scene, "JPEG", progressive=True, exif=exif)
    yield "jpeg-restart", save(scene, "JPEG", restart_marker_blocks=1, icc_profile=icc)
    yield "jpeg-grey", save(grey, "JPEG")
    yield "jpeg-cmyk", save(scene.convert("CMYK"), "JPEG")
    yield "jpeg-rgb", save(scene, "JPEG", keep_rgb=True)
    yield (
        "jpeg-all",
        add_segments(
            save(scene, "JPEG"),
            (jpeg.APP1, exif_with_thumbnail(3)),
            (jpeg.APP1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
            (jpeg.APP13, RESOURCES.encode() + resource(0x0404, IPTC) + resource(0x040C, bytes(40))),
            (jpeg.COM, b"comment"),
        ),
    )
    thumbnail = exif_with_thumbnail(1, save(scene.resize((13, 9)), "JPEG"))
    yield "jpeg-thumbnail", add_segments(save(scene, "JPEG"), (jpeg.APP1, thumbnail))
    yield "jpeg-stereo", save(scene, "MPO", save_all=True, append_images=[scene], exif=exif)
    yield "jpeg-motion", save(scene, "JPEG") + make_movie()

    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
    text.add_text("exif:GPSLatitude", "52,31N")
    yield "png", save(scene, "PNG", pnginfo=text, exif=exif, icc_profile=icc)
    yield "png-alpha", save(rgba, "PNG")
    yield "png-grey-alpha", save(rgba.convert("LA"), "PNG")
    yield "png-palette", save(scene.quantize(16), "PNG", transparency=2)
    yield "png-bits", save(scene.convert("1"), "PNG")
    yield "png-16", save(deep, "PNG")
    yield "png-animated", save(scene, "PNG", save_all=True, append_images=[scene.rotate(9)])

    yield "webp", save(scene, "WEBP", exif=exif, xmp=XMP, icc_profile=icc)
    yield "webp-lossless", save(scene, "WEBP", lossless=True)
    yield "webp-alpha", save(rgba, "WEBP", quality=60)
    yield "webp-animated", save(scene, "WEBP", save_all=True, append_images=[scene.rotate(9)])

    yield "tiff", save(scene, "TIFF", exif=exif, tiffinfo={700: XMP, 33723: IPTC})
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        yield f"tiff-{compression}", save(scene, "TIFF", compression=compression)
    yield "tiff-16", save(deep, "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    yield "tiff-cmyk", save(scene.convert("CMYK"), "TIFF")
    yield "tiff-fax", save(scene.convert("1"), "TIFF", compression="group4")

    yield "bmp", save(scene, "BMP")
    yield "bmp-32", save(rgba, "BMP")
    yield "bmp-palette", save(scene.quantize(16), "BMP")
    yield "gif", save(scene, "GIF", comment=b"by the lake")
    yield "gif-animated", save(scene, "GIF", save_all=True, append_images=[scene.rotate(9)])

    with_exif = scene.copy()
    with_exif.info |= {"exif": exif.tobytes(), "xmp": XMP}
    yield "heif", save(with_exif, "HEIF", quality=50)
    yield "heif-alpha", save(rgba, "HEIF", quality=50)
    yield "avif", save(scene, "AVIF", quality=50, speed=10, exif=exif, xmp=XMP)
    yield "avif-alpha", save(rgba, "AVIF", quality=50, speed=10, icc_profile=icc)
    png, whole = save(scene, "PNG", pnginfo=text), save(scene, "JPEG")
    yield "png-bad-text", png.replace(b"exif:GPS", b"exif:gps")
    yield "png-no-end", png[:-12]
    yield "png-text-cut", png[:-12] + png[33:60]
    yield "jpeg-no-end", whole[:-2]
    yield "jpeg-last-rows-cut", whole[:-40]
    yield "tiff-float", save(scene.convert("F"), "TIFF")
    yield "tiff-lab", save(scene.convert("LAB"), "TIFF")
    yield "dng", save(scene, "TIFF", tiffinfo={50706: b"\1\4\0\0"})
    yield "png-header-alone", b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + bytes(17)


def main(folder: Path) -> None:
    """Write every seed into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in seeds():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
