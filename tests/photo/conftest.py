"""Photos made by real encoders, with content that compresses as a photo does."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms, PngImagePlugin
from PIL.TiffImagePlugin import IFDRational

from fawkes_host.photo.containers import jpeg
from tests.photo.files_by_hand import RESOURCES, add_chunks, add_segments, raw_profile, resource
from tests.photo.saving import save

WIDTH, HEIGHT = 173, 131
"""Odd on purpose: no block, tile or chroma sample ends at the border."""

LATITUDE = (48123457, 1000003)
LONGITUDE = (11876543, 1000003)
"""Rationals whose bytes turn up nowhere by chance."""

PLACES = ("Quellenhausen", "Nordwestmark", "Fantasia", "Marktplatz 17", "52,31.4159N")
"""City, state, country, sublocation and a coordinate, as XMP and IPTC write them."""


def make_scene(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Soft light, round things, fine texture and a little noise."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    scene = np.stack([90 + 60 * np.sin(x / 41 + c) + 50 * np.cos(y / 37 - c) for c in range(3)], -1)
    for _ in range(12):
        centre, radius = rng.uniform(0, (width, height)), rng.uniform(8, 30)
        inside = np.hypot(x - centre[0], y - centre[1]) < radius
        scene[inside] = scene[inside] * 0.5 + rng.uniform(30, 220, 3) * 0.5
    scene += 6 * np.sin(x * 1.3)[..., None] + rng.normal(0, 3, scene.shape)
    return Image.fromarray(scene.clip(0, 255).astype(np.uint8))


@pytest.fixture(scope="session")
def scene() -> Image.Image:
    return make_scene()


@pytest.fixture(scope="session", name="save")
def save_fixture() -> Callable[..., bytes]:
    return save


@pytest.fixture(scope="session")
def modes(scene: Image.Image) -> dict[str, Image.Image]:
    """The scene in every mode that Pillow writes photos in."""
    alpha = Image.linear_gradient("L").resize(scene.size)
    rgba = scene.copy()
    rgba.putalpha(alpha)
    grey = scene.convert("L")
    deep = np.asarray(grey).astype(np.uint16) * 256 + np.arange(WIDTH, dtype=np.uint16)
    return {
        "RGB": scene,
        "RGBA": rgba,
        "L": grey,
        "LA": rgba.convert("LA"),
        "P": scene.quantize(48),
        "1": scene.convert("1"),
        "CMYK": scene.convert("CMYK"),
        "I;16": Image.fromarray(deep),
    }


@pytest.fixture(scope="session")
def display_p3() -> bytes:
    """A colour profile that is not the usual one."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    return profile.tobytes()


@pytest.fixture(scope="session")
def cloak() -> Callable[[NDArray[np.uint8]], tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
    """Change a part of a photo as a cloak does: one small change of all three channels.

    Returns the pixels, and where they may have changed.
    """

    def change(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        height, width = pixels.shape[:2]
        face = (slice(height // 3, height // 3 * 2), slice(width // 4, width // 4 * 2))
        shape = pixels[face].shape[:2]
        step = np.random.default_rng(3).integers(-7, 8, (*shape, 1))
        changed = pixels.astype(np.int16)
        changed[face] += step.astype(np.int16)
        touched = np.zeros((height, width), bool)
        touched[face] = True
        return changed.clip(0, 255).astype(np.uint8), touched

    return change


@pytest.fixture(scope="session")
def psnr() -> Callable[[NDArray[Any], NDArray[Any]], float]:
    def measure(a: NDArray[Any], b: NDArray[Any]) -> float:
        error = float(((a.astype(np.float64) - b) ** 2).mean())
        return float("inf") if error == 0 else 10 * np.log10(255**2 / error)

    return measure


@pytest.fixture(scope="session")
def exif_with_place() -> bytes:
    return make_exif()


@pytest.fixture(scope="session")
def xmp_with_place() -> bytes:
    return make_xmp()


@pytest.fixture(scope="session")
def iptc_with_place() -> bytes:
    return make_iptc()


def make_exif(orientation: int | None = None, maker_note: bytes = b"") -> bytes:
    """EXIF with a camera, a date, GPS and perhaps a maker note, its prefix included."""
    exif = Image.Exif()
    exif[0x010F] = "Kamerawerk"
    exif[0x0110] = "Modell Neun"
    if orientation:
        exif[0x0112] = orientation
    details = exif.get_ifd(0x8769)
    details[0x9003] = "2024:05:06 07:08:09"
    details[0x920A] = 35.0
    if maker_note:
        details[0x927C] = maker_note
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (48.0, 7.0, IFDRational(*LATITUDE))
    gps[3], gps[4] = "E", (11.0, 52.0, IFDRational(*LONGITUDE))
    gps[29] = "2024:05:06"
    return exif.tobytes()


def make_xmp() -> bytes:
    city, state, country, street, latitude = PLACES
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/"
    xmlns:p="http://ns.adobe.com/photoshop/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:core="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
    xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    exif:GPSLatitude="{latitude}" p:City = '{city}' p:Credit="A &lt; B" core:CountryCode="FAN">
   <p:State>{state}</p:State>
   <core:Location>{street}</core:Location>
   <dc:creator><rdf:Seq><rdf:li>Ada Beispiel</rdf:li></rdf:Seq></dc:creator>
   <ext:LocationShown><rdf:Bag><rdf:li rdf:parseType="Resource"
     ><ext:City>{city}</ext:City><ext:CountryName>{country}</ext:CountryName></rdf:li></rdf:Bag
   ></ext:LocationShown>
   <exif:GPSLongitude/>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>""".encode()


def make_iptc() -> bytes:
    city, state, country, street, _ = PLACES
    datasets = ((90, city), (92, street), (95, state), (101, country), (80, "Ada Beispiel"))
    return b"".join(
        struct.pack(">BBBH", 0x1C, 2, number, len(text)) + text.encode()
        for number, text in datasets
    )


@pytest.fixture(scope="session")
def has_place() -> Callable[[bytes], list[str]]:
    """Search a file's raw bytes for everything that tells the place, in every byte order."""
    numbers = [
        struct.pack(order, *rational)
        for order in ("<II", ">II")
        for rational in (LATITUDE, LONGITUDE)
    ]

    def search(data: bytes) -> list[str]:
        found = [repr(number) for number in numbers if number in data]
        return found + [place for place in PLACES if place.encode() in data]

    return search


@pytest.fixture(scope="session")
def placed(scene, save, exif_with_place, xmp_with_place, iptc_with_place):
    """One file of each format that tells the place wherever its format can."""
    exif, xmp, iptc = exif_with_place, xmp_with_place, iptc_with_place
    resources = resource(0x0404, iptc) + resource(0x0425, bytes(16)) + resource(0x03ED, b"x" * 16)
    jpeg_file = add_segments(
        save(scene, "JPEG", quality=85),
        (jpeg.APP1, exif),
        (jpeg.APP1, b"http://ns.adobe.com/xap/1.0/\0" + xmp),
        (jpeg.APP13, RESOURCES.encode() + resources),
        (0xE6, b"GoPro\0" + b"Quellenhausen"),
        (jpeg.COM, b"Ada Beispiel took it"),
    )
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=True)
    text.add_text("exif:GPSLatitude", "52,31.4159N")
    text.add_text("Author", "Ada Beispiel")
    png_file = add_chunks(
        save(scene, "PNG", exif=exif, pnginfo=text),
        (b"tEXt", raw_profile(b"exif", exif)),
        (b"tEXt", raw_profile(b"8bim", resources)),
        (b"zzZz", b"Quellenhausen"),
    )
    tags = Image.Exif()
    tags.load(exif)
    tiff_tags = {700: xmp, 33723: iptc, 34377: resources, 33922: (0.0, 0.0, 0.0, 11.8, 48.1, 0.0)}
    buffer = io.BytesIO()
    scene.save(buffer, "TIFF", exif=tags)
    with_gps = Image.open(io.BytesIO(buffer.getvalue()))
    info = with_gps.tag_v2
    for tag, value in tiff_tags.items():
        info[tag] = value
        info.tagtype[tag] = 12 if tag == 33922 else 7
    info[0x8825] = tags.get_ifd(0x8825)
    info[0x8769] = tags.get_ifd(0x8769)
    image = scene.copy()
    image.info |= {"exif": exif, "xmp": xmp}
    return {
        "JPEG": jpeg_file,
        "PNG": png_file,
        "WEBP": save(scene, "WEBP", quality=80, exif=exif, xmp=xmp),
        "TIFF": save(scene, "TIFF", tiffinfo=info),
        "HEIF": save(image, "HEIF", quality=70),
        "AVIF": save(scene, "AVIF", quality=70, speed=10, exif=exif, xmp=xmp),
    }


@pytest.fixture(scope="session")
def stereo(scene, save, exif_with_place):
    """Two pictures in one JPEG, as MPF lists them; both tell the place."""
    other = Image.fromarray(255 - np.asarray(scene))
    buffer = io.BytesIO()
    scene.save(buffer, "MPO", save_all=True, append_images=[other], exif=exif_with_place)
    data = buffer.getvalue()
    second = data.rindex(b"\xff\xd8\xff")
    with_exif = add_segments(data[second:], (jpeg.APP1, exif_with_place))
    grown = len(with_exif) - (len(data) - second)
    position = data.index(b"MPF\0") + 4
    entries = data.index(struct.pack("<I", len(data) - second), position)
    head = bytearray(data[:second])
    struct.pack_into("<I", head, entries, len(data) - second + grown)
    return bytes(head) + with_exif
