"""Measures the table of ``docs/photos.md`` with the real engine, and writes it there.

python -m tests.photo.corpus.measure --write
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import skimage.data
from PIL import Image

from fawkes_host.engine.levels import LEVELS
from fawkes_host.engine.pipeline import Engine, Result
from fawkes_host.engine.recipe import IN_FORCE
from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_host.photo.decode import decode
from fawkes_host.photo.encode import encode_with_notices
from fawkes_host.photo.metadata import Policy
from tests.photo.corpus.fidelity import Fidelity, cloaked, compare
from tests.photo.corpus.specimens import GREY, PERSON, SCENE, animations, specimens
from tests.photo.saving import save

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "photos.md"
START, END = "<!-- measured -->\n", "<!-- /measured -->\n"

Image.MAX_IMAGE_PIXELS = None

PROMISED = 0.15
"""The copy's size is within this share of the original's, for 95 % of photos."""


@dataclass(frozen=True)
class Measured:
    """One photo before and after."""

    row: str
    name: str
    status: str
    faces: int
    before: int
    after: int
    seconds: float
    seen: Fidelity | None
    notices: tuple[str, ...]

    @property
    def growth(self) -> float:
        return self.after / self.before


def panorama() -> Image.Image:
    wide = Image.new("RGB", (9000, 800), (150, 170, 190))
    wide.paste(Image.fromarray(draw_portrait(700)), (6000, 50))
    return wide


def crowd() -> Image.Image:
    """Fifty portraits in five rows."""
    photo = Image.new("RGB", (2000, 1000))
    for number in range(50):
        place = (number % 10 * 200, number // 10 * 200)
        photo.paste(Image.fromarray(draw_portrait(200, seed=number)), place)
    return photo


def large(edge: int) -> Image.Image:
    photo = Image.fromarray(draw_portrait(1250)).resize((edge, edge), Image.Resampling.BICUBIC)
    return photo


def other_photos() -> Iterator[tuple[str, str, bytes]]:
    """Give row, name and file of what is special by its content or size."""
    for size in ((1, 1), (1, 300), (17, 16)):
        yield "1 × 1 pixel and other tiny ones", f"{size[0]}x{size[1]}.png", save(
            Image.new("RGB", size, (90, 120, 200)), "PNG"
        )  # fmt: skip
    yield "Black-and-white photo", "grey.jpg", save(GREY, "JPEG", quality=90)
    yield "Black-and-white photo", "camera.png", save(
        Image.fromarray(skimage.data.camera()), "PNG"
    )  # fmt: skip
    yield "Black-and-white photo", "bilevel.png", save(
        PERSON.resize((960, 720)).convert("1"), "PNG"
    )  # fmt: skip
    for name in ("page", "text"):
        picture = Image.fromarray(getattr(skimage.data, name)())
        yield "Scan of a text", f"{name}.png", save(picture, "PNG")
    yield "Drawing", "portrait.png", save(SCENE, "PNG")
    yield "Drawing", "horse.png", save(Image.fromarray(skimage.data.horse()), "PNG")
    yield "Statues, reliefs (ancient coins)", "coins.png", save(
        Image.fromarray(skimage.data.coins()), "PNG"
    )  # fmt: skip
    for name in ("coffee", "brick", "moon", "rocket"):
        picture = Image.fromarray(getattr(skimage.data, name)())
        yield "No face", f"{name}.jpg", save(picture, "JPEG", quality=88)
    yield "Panorama, 9000 × 800", "panorama.jpg", save(panorama(), "JPEG", quality=90)
    yield "50 faces", "crowd.jpg", save(crowd(), "JPEG", quality=90)
    yield "12 megapixels", "12.jpg", save(large(3464), "JPEG", quality=90)
    yield "100 megapixels", "100.jpg", save(large(9_900), "JPEG", quality=85)


def measure(engine: Engine, row: str, name: str, data: bytes) -> Measured:
    """Cloak one photo, its metadata kept."""
    started = time.perf_counter()
    result: Result = engine.cloak(data, LEVELS["mid"], Policy.KEEP)
    seconds = time.perf_counter() - started
    boxes = []
    for face in result.receipt.faces:
        x, y, w, h = face.box
        # A cloak reaches beyond the face's box, to the border of its crop.
        boxes.append((x - w // 2, y - h // 2, 2 * w, 2 * h))
    seen = compare(data, result.data, boxes) if result.status == "cloaked" else None
    notices = result.receipt.notices
    return Measured(
        row, name, result.status, len(boxes), len(data), len(result.data), seconds, seen, notices
    )


def measure_files(row: str, name: str, data: bytes) -> Measured:
    """Change the face of one photo as a cloak would, and encode it."""
    started = time.perf_counter()
    photo = decode(data)
    pixels, box = cloaked(photo.pixels)
    result = encode_with_notices(photo, pixels, Policy.KEEP)
    seconds = time.perf_counter() - started
    seen = compare(data, result.data, [box])
    sizes = (len(data), len(result.data))
    return Measured(row, name, "cloaked", 1, *sizes, seconds, seen, result.notices)


def table(measured: list[Measured]) -> Iterator[str]:
    """Give the lines of the table."""
    yield "| photo | files | faces | outside the faces | same profile, alpha, size | bytes after ÷ before | lost |"
    yield "|---|---|---|---|---|---|---|"
    for row in dict.fromkeys(one.row for one in measured):
        ones = [one for one in measured if one.row == row]
        faces = sorted({one.faces for one in ones})
        growths = [one.growth for one in ones]
        span = f"{min(growths):.2f}"
        if max(growths) - min(growths) >= 0.01:
            span += f" to {max(growths):.2f}"
        lost = ", ".join(sorted({f"`{code}`" for one in ones for code in one.notices}))
        seen = [one.seen for one in ones if one.seen]
        same = all(s.same_format and s.same_size and s.same_profile and s.same_alpha for s in seen)
        yield (
            f"| {row} | {len(ones)} | {'–'.join(map(str, {faces[0], faces[-1]}))} | {outside(seen)} "
            f"| {'yes' if same else 'NO'} | {span} | {lost} |"
        )


def outside(seen: list[Fidelity]) -> str:
    if not seen or all(one.most_outside == 0 for one in seen):
        return "identical"
    lossy = [one.psnr_outside for one in seen if one.most_outside]
    worst = f"PSNR at least {min(lossy):.0f} dB"
    exact = sum(one.most_outside == 0 for one in seen)
    return f"{worst}; {exact} of {len(seen)} identical" if exact else worst


def summary(measured: list[Measured]) -> Iterator[str]:
    """Give the lines below the table."""
    changed = [one for one in measured if one.status == "cloaked"]
    plain = [one for one in changed if not one.notices]
    for what, ones in (("changed photos", changed), ("of those that lost nothing", plain)):
        near = [one for one in ones if abs(one.growth - 1) <= PROMISED]
        share = 100 * len(near) / max(1, len(ones))
        if ones:
            yield f"{len(near)} of {len(ones)} {what} ({share:.0f} %) are within ±15 % of their size."
    untouched = [one for one in measured if one.status == "no_face"]
    if not untouched:
        return
    same = sum(one.after == one.before for one in untouched)
    yield f"Of {len(untouched)} files without a face, {same} came back byte by byte."


def main() -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"put the table into {DOCUMENT.name}")
    parser.add_argument(
        "--files-alone", action="store_true", help="a change by hand, no engine: a minute for all"
    )
    parser.add_argument(
        "--special-alone", action="store_true", help="what is special by its content or size"
    )
    parser.add_argument("--only", default="", help="rows with this in their name")
    parser.add_argument("--steps", type=int, help="optimise less: the files are much the same")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so many")
    arguments = parser.parse_args()
    steps = ((arguments.steps, 1.0, 0.03),) if arguments.steps else IN_FORCE.step_sizes
    recipe = dataclasses.replace(IN_FORCE, step_sizes=steps)
    engine = None if arguments.files_alone else Engine.load(recipe=recipe)
    photos = [(one.row, one.name, one.data()) for one in specimens()]
    if engine:
        photos = [] if arguments.special_alone else photos
        photos += [("Animation", name, data) for name, data in animations().items()]
        photos += other_photos()
    photos = sorted(photos, key=lambda photo: photo != next(p for p in photos if p[0] == photo[0]))
    rows = list(dict.fromkeys(row for row, _, _ in photos))
    measured: list[Measured] = []
    until = time.monotonic() + arguments.minutes * 60
    for row, name, data in photos:
        if arguments.only in row and time.monotonic() < until:
            one = measure(engine, row, name, data) if engine else measure_files(row, name, data)
            measured.append(one)
            print(row, name, one.status, f"{one.growth:.3f} {one.seconds:.1f} s", flush=True)
    measured.sort(key=lambda one: rows.index(one.row))
    text = "\n".join([*table(measured), "", *summary(measured), ""])
    print(text)
    if arguments.write:
        document = DOCUMENT.read_text("utf-8")
        before, rest = document.split(START)
        DOCUMENT.write_text(f"{before}{START}{text}{END}{rest.split(END)[1]}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
