"""How many faces are found, by kind, and what is taken for one that is none.

    python -m fawkes_host.evaluation.detection FACES [--write docs/photos.md]

FACES is a folder with one folder of photos a person.  Of each person the first photo is taken, its
face found upright, and then shown in every way that ``KINDS`` has: a face counts as found where its
five landmarks are off by less than a quarter of the distance between the eyes on average.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from fawkes_host.engine.certainty import take_faces
from fawkes_host.engine.cloak import Cloaker
from fawkes_host.engine.detect import Face, look
from fawkes_host.evaluation.no_people import pictures
from fawkes_host.photo.sandbox.client import decode

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

LARGEST_PX = 1000
"""The photos are shrunk to this long side first."""

FOUND_WITHIN = 0.25
"""Mean distance of the landmarks from where they belong, in distances between the eyes."""

WITHOUT_PEOPLE = 200

MARKS = ("<!-- faces -->", "<!-- /faces -->")


@dataclass(frozen=True)
class Portrait:
    """A photo uint8 [h, w, 3] and the landmarks float64 [5, 2] of its face."""

    pixels: Pixels
    landmarks: Points


def turned(degrees: int) -> Callable[[Portrait], Portrait]:
    """Turn clockwise; the corners get the photo's mean colour."""

    def show(portrait: Portrait) -> Portrait:
        image = Image.fromarray(portrait.pixels)
        colour = tuple(int(c) for c in portrait.pixels.reshape(-1, 3).mean(axis=0))
        shown = image.rotate(-degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=colour)
        angle = np.radians(degrees)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        middle = np.array(image.size) / 2
        landmarks = (portrait.landmarks - middle) @ turn + np.array(shown.size) / 2
        return Portrait(np.asarray(shown), landmarks)

    return show


def placed(
    face_px: float, width: int, height: int, corner: bool = False
) -> Callable[[Portrait], Portrait]:
    """Place the photo in a larger one, its face (between the outermost landmarks twice as wide as
    the eyes are apart) so many pixels wide."""

    def show(portrait: Portrait) -> Portrait:
        apart = float(np.linalg.norm(portrait.landmarks[1] - portrait.landmarks[0]))
        scale = face_px / (2.2 * apart)
        image = Image.fromarray(portrait.pixels)
        size = (round(image.width * scale), round(image.height * scale))
        small = np.asarray(image.resize(size, Image.Resampling.BOX))
        page = np.full((height, width, 3), 205, np.uint8)
        left, top = width - size[0], height - size[1]
        if not corner:
            left, top = left // 3, top // 3
        page[top : top + size[1], left : left + size[0]] = small
        return Portrait(page, portrait.landmarks * scale + (left, top))

    return show


def covered(part: str) -> Callable[[Portrait], Portrait]:
    """Draw dark glasses, a mask or a cap: a band along the face."""

    def show(portrait: Portrait) -> Portrait:
        pixels = portrait.pixels.copy()
        (left, right), nose = portrait.landmarks[:2], portrait.landmarks[2]
        apart = float(np.linalg.norm(right - left))
        eyes, mouth = (left[1] + right[1]) / 2, portrait.landmarks[3:, 1].mean()
        top, bottom, colour = {
            "glasses": (eyes - 0.25 * apart, eyes + 0.25 * apart, (25, 25, 28)),
            "mask": ((nose[1] + eyes) / 2, mouth + 0.7 * apart, (190, 215, 225)),
            "cap": (eyes - 2.0 * apart, eyes - 0.45 * apart, (60, 70, 120)),
        }[part]
        rows = slice(max(round(top), 0), max(round(bottom), 0))
        columns = slice(
            max(round((left[0] + right[0]) / 2 - 1.1 * apart), 0),
            max(round((left[0] + right[0]) / 2 + 1.1 * apart), 0),
        )
        pixels[rows, columns] = colour
        return Portrait(pixels, portrait.landmarks)

    return show


def dark(portrait: Portrait) -> Portrait:
    """Show a twelfth of the light, with the noise of a sensor."""
    rng = np.random.default_rng(0)
    light = (portrait.pixels / 255.0) ** 2.2 / 12
    seen = rng.poisson(light * 900) / 900
    return Portrait((255 * np.clip(seen, 0, 1) ** (1 / 2.2)).astype(np.uint8), portrait.landmarks)


def grey(portrait: Portrait) -> Portrait:
    """Show it in black and white."""
    shown = np.asarray(Image.fromarray(portrait.pixels).convert("L").convert("RGB"))
    return Portrait(shown, portrait.landmarks)


def painted(portrait: Portrait) -> Portrait:
    """Show it in twelve colours and broad strokes."""
    image = Image.fromarray(portrait.pixels)
    image = image.filter(ImageFilter.ModeFilter(7)).quantize(12).convert("RGB")
    return Portrait(np.asarray(image), portrait.landmarks)


KINDS: dict[str, Callable[[Portrait], Portrait]] = {
    "upright": lambda portrait: portrait,
    **{f"turned by {degrees}°": turned(degrees) for degrees in (90, 180, 270)},
    **{f"tilted by {degrees}°": turned(degrees) for degrees in (30, 45, 60)},
    "32 pixels wide, in 2 megapixels": placed(32, 1600, 1200),
    "120 pixels wide, in a screenshot of 1080 × 20,000": placed(120, 1080, 20000),
    "80 pixels wide, in the corner of 48 megapixels": placed(80, 8000, 6000, corner=True),
    "80 pixels wide, in the corner of 108 megapixels": placed(80, 12000, 9000, corner=True),
    "black and white": grey,
    "low light, a twelfth with noise": dark,
    "twelve colours, as if painted": painted,
    "dark glasses (drawn)": covered("glasses"),
    "mask (drawn)": covered("mask"),
    "cap (drawn)": covered("cap"),
}

FEW = {"1080 × 20,000": 4, "48 megapixels": 4, "108 megapixels": 2}
"""Of the largest kinds only so many are looked at."""


def measure(folder: Path, tell: Callable[[str], None] = print) -> Iterator[tuple[str, int, int]]:
    """Yield each kind with how many faces were found of how many."""
    cloaker = _cloaker()
    portraits = [_portrait(path) for path in sorted(folder.glob("*/01.*"))]
    known = [portrait for portrait in portraits if portrait is not None]
    for kind, show in KINDS.items():
        count = next((few for words, few in FEW.items() if words in kind), len(known))
        found = sum(_is_found(show(portrait), cloaker) for portrait in known[:count])
        tell(f"{kind}: {found} of {count}")
        yield kind, found, count
    rows = _group(known)
    faces, _ = take_faces(rows.pixels, cloaker)
    tell(f"group: {len(faces)}")
    yield "50 faces in a group photo", min(len(faces), 50), 50


def false_alarms(tell: Callable[[str], None] = print) -> int:
    """Return in how many places of pictures without people a face was seen."""
    cloaker, alarms = _cloaker(), 0
    for kind, picture in pictures(WITHOUT_PEOPLE):
        faces, _ = take_faces(picture, cloaker)
        alarms += len(faces)
        if faces:
            tell(f"{kind}: {[face.box for face in faces]}")
    return alarms


def _cloaker() -> Cloaker:
    from fawkes_models import registry, store

    return Cloaker([store.load(name) for name in registry.SURROGATES])


def _portrait(path: Path) -> Portrait | None:
    image = Image.fromarray(decode(path.read_bytes()).pixels)
    image.thumbnail((LARGEST_PX, LARGEST_PX), Image.Resampling.BOX)
    pixels = np.asarray(image)
    faces, _ = look(pixels)
    return Portrait(pixels, faces[0].landmarks.astype(np.float64)) if faces else None


def _is_found(portrait: Portrait, cloaker: Cloaker) -> bool:
    faces, _ = take_faces(portrait.pixels, cloaker)
    return any(_is_near(face, portrait.landmarks) for face in faces)


def _is_near(face: Face, landmarks: Points) -> bool:
    apart = np.linalg.norm(landmarks[1] - landmarks[0])
    error = np.linalg.norm(face.landmarks - landmarks, axis=1).mean()
    return bool(error < FOUND_WITHIN * apart)


def _group(portraits: list[Portrait]) -> Portrait:
    """Return ten rows of five portraits, each 320 pixels wide."""
    page = np.full((10 * 320, 5 * 320, 3), 205, np.uint8)
    for number in range(50):
        image = Image.fromarray(portraits[number % len(portraits)].pixels)
        image.thumbnail((320, 320), Image.Resampling.BOX)
        top, left = number // 5 * 320, number % 5 * 320
        page[top : top + image.height, left : left + image.width] = np.asarray(image)
    return Portrait(page, np.zeros((5, 2)))


def table(rows: list[tuple[str, int, int]], alarms: int) -> str:
    """Return the rows as Markdown."""
    lines = ["| kind | found | of |", "|---|---|---|"]
    lines += [f"| {kind} | {found} | {count} |" for kind, found, count in rows]
    lines.append(f"| *places taken for a face in {WITHOUT_PEOPLE} pictures without* | {alarms} | |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("faces", type=Path)
    parser.add_argument("--write", type=Path, help="replace the table of this document")
    options = parser.parse_args()

    def tell(line: str) -> None:
        print(line, flush=True)

    text = table(list(measure(options.faces, tell)), false_alarms(tell))
    print(text)
    if options.write:
        document = options.write.read_text("utf-8")
        start, end = (document.index(mark) for mark in MARKS)
        document = document[: start + len(MARKS[0])] + f"\n{text}\n" + document[end:]
        options.write.write_text(document, "utf-8")


if __name__ == "__main__":
    from fawkes_host.tensors import runtime

    runtime.start(runtime.Device.CPU)
    main()
