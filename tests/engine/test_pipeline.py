"""A photo's way through the engine, on toy networks and with a drawn face."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from fawkes_host.engine import certainty
from fawkes_host.engine.album import Album, Embeddings
from fawkes_host.engine.align import frame_face
from fawkes_host.engine.cloak import Cloaker
from fawkes_host.engine.detect import detect
from fawkes_host.engine.levels import LEVELS
from fawkes_host.engine.pipeline import Engine, Result
from fawkes_host.engine.progress import STAGES
from fawkes_host.evaluation.portrait import draw_group, draw_portrait
from fawkes_host.photo.decode import Limits, decode
from fawkes_host.photo.metadata import Policy
from fawkes_host.protocol.errors import Cancelled, TooManyFaces
from tests.engine.toy import png, toy_engine, toy_networks

LOW, MID = LEVELS["low"], LEVELS["mid"]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return toy_engine()


def another_photo(portrait: np.ndarray) -> bytes:
    """The same face, narrower and darker."""
    return png((np.asarray(Image.fromarray(portrait).resize((240, 300))) * 0.6).astype(np.uint8))


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    return draw_portrait(300)


@pytest.fixture(scope="module")
def result(engine, portrait) -> Result:
    return engine.cloak(png(portrait), MID)


def within_budget(face, level=MID) -> bool:
    budget = level.budget
    return (
        face.ssimulacra2 >= budget.ssimulacra2 - 0.5
        and face.flip <= budget.flip * 1.02
        and face.delta_e <= budget.delta_e * 1.02
    )


def test_cloak_spends_the_budget_and_no_more(result):
    (face,) = result.receipt.faces
    assert result.status == "cloaked"
    assert set(face.similarity) == {"one", "other"}
    assert max(face.similarity.values()) < 1
    assert within_budget(face)
    spent = max(
        (100 - face.ssimulacra2) / (100 - MID.budget.ssimulacra2),
        face.flip / MID.budget.flip,
        face.delta_e / MID.budget.delta_e,
    )
    assert spent > 0.95


def test_cloak_changes_luminance_alone_and_only_around_the_face(result, portrait):
    after = decode(result.data).pixels
    difference = after.astype(int) - portrait
    unclipped = (after > 0).all(axis=-1) & (after < 255).all(axis=-1)
    assert np.ptp(difference[unclipped], axis=-1).max() == 0
    (face,) = detect(portrait)
    outside = np.ones(portrait.shape[:2], bool)
    outside[frame_face(face.landmarks, 300, 300).crop.slices] = False
    assert outside.any()
    assert not difference[outside].any()


def test_cloak_is_the_same_for_a_photo_and_a_secret(engine, result, portrait):
    assert engine.cloak(png(portrait), MID).data == result.data
    other = toy_engine(secret=b"another installation's secret, 32")
    assert other.cloak(png(portrait), MID).data != result.data


def test_other_photos_of_a_person_change_the_cloak_and_are_counted(result, portrait):
    engine = toy_engine()
    engine.enrol(another_photo(portrait))
    engine.enrol(png(np.full((120, 160, 3), 90, np.uint8)))
    together = engine.cloak(png(portrait), MID)
    assert [face.other_photos for face in together.receipt.faces] == [1]
    assert [face.other_photos for face in result.receipt.faces] == [0]
    assert together.data != result.data
    again = engine.cloak(png(portrait), MID)
    assert again.data == together.data


def test_engine_enrols_a_photo_that_it_cloaks_where_it_is_told_to(portrait):
    album = Album()
    engine = toy_engine(album)
    engine.cloak(another_photo(portrait), LOW)
    assert len(album) == 0
    engine.cloak(another_photo(portrait), LOW, enrol=True)
    assert len(album) == 1


@pytest.mark.parametrize(
    ("confidence", "turned", "likeness", "faces", "told"),
    [
        (0.995, False, 0.1, 1, False),
        (0.995, True, 0.1, 0, True),
        (0.995, True, 0.95, 1, False),
        (0.9, False, 0.8, 1, False),
        (0.9, False, 0.7, 0, True),
    ],
)
def test_face_that_the_detector_is_unsure_of_is_shown_to_the_surrogates(
    engine, portrait, monkeypatch, confidence, turned, likeness, faces, told
):
    found = detect(portrait)
    unsure = [replace(face, confidence=confidence, turned=turned) for face in found]
    monkeypatch.setattr(certainty, "look", lambda _: (unsure, []))
    monkeypatch.setattr(Cloaker, "face_likeness", lambda *_: likeness)
    result = engine.cloak(png(portrait), LOW)
    assert len(result.receipt.faces) == faces
    assert ("face_doubtful" in result.receipt.notices) == told


@pytest.mark.parametrize(
    ("likeness", "faces", "told"), [(1.1, 1, False), (0.95, 0, True), (0.5, 0, False)]
)
def test_what_may_be_a_face_is_one_if_the_surrogates_say_so_and_is_told_if_they_hardly_do(
    engine, portrait, monkeypatch, likeness, faces, told
):
    monkeypatch.setattr(certainty, "look", lambda _: ([], detect(portrait)))
    monkeypatch.setattr(Cloaker, "face_likeness", lambda *_: likeness)
    result = engine.cloak(png(portrait), LOW)
    assert len(result.receipt.faces) == faces
    assert ("face_doubtful" in result.receipt.notices) == told


def test_receipt_holds_what_a_reader_of_the_file_measures(result, portrait):
    (face,) = result.receipt.faces
    after = decode(result.data).pixels
    (found,) = detect(portrait)
    crop = frame_face(found.landmarks, 300, 300).crop
    difference = after[crop.slices].astype(float) - portrait[crop.slices]
    assert face.linf == np.abs(difference).max()
    assert face.psnr == pytest.approx(10 * np.log10(255**2 / np.mean(difference**2)), abs=0.01)


def test_progress_names_every_stage_and_never_falls(engine, portrait):
    heard = []
    engine.cloak(png(portrait), LOW, progress=lambda *told: heard.append(told))
    assert list(dict.fromkeys(stage for stage, _, _ in heard)) == list(STAGES)
    fractions = [fraction for _, fraction, _ in heard]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] <= 1
    assert heard[-1][2] == 1


def test_cancelling_stops_within_one_step(engine, portrait):
    steps = []

    def progress(stage: str, fraction: float, faces: int) -> None:
        if stage == "cloak":
            steps.append(fraction)

    with pytest.raises(Cancelled):
        engine.cloak(png(portrait), MID, progress=progress, cancelled=lambda: len(steps) >= 5)
    assert len(steps) == 5


def test_photo_without_a_face_comes_back_byte_for_byte(engine):
    landscape = png(np.full((120, 160, 3), (90, 140, 200), np.uint8))
    result = engine.cloak(landscape, MID, Policy.STRIP_LOCATION)
    assert (result.status, result.data, result.receipt.faces) == ("no_face", landscape, ())


def test_more_faces_than_the_limit_are_refused_before_any_is_cloaked(engine, portrait):
    stages = []
    with pytest.raises(TooManyFaces) as refusal:
        engine.cloak(
            png(portrait),
            MID,
            progress=lambda stage, *_: stages.append(stage),
            limits=Limits(max_faces=0),
        )
    assert refusal.value.parameters == {"faces": 1, "limit": 0}
    assert "cloak" not in stages


@pytest.mark.parametrize("has_face", [True, False], ids=["a face", "no face"])
def test_heic_becomes_jpeg_for_a_site_that_takes_no_heic(engine, portrait, has_face):
    pixels = portrait if has_face else np.full((120, 160, 3), (90, 140, 200), np.uint8)
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(file, quality=80)
    heic = file.getvalue()

    result = engine.cloak(heic, LOW, accept=("image/jpeg", "image/png"))
    assert result.status == ("cloaked" if has_face else "no_face")
    assert len(result.receipt.faces) == has_face
    assert result.receipt.notices == ("converted_to_jpeg",)
    assert decode(result.data).format == "JPEG"
    assert decode(result.data).pixels.shape == pixels.shape
    if not has_face:
        assert engine.cloak(heic, LOW, accept=("image/heic",)).data == heic


def test_grey_photo_stays_grey(engine, portrait):
    file = io.BytesIO()
    Image.fromarray(portrait).convert("L").save(file, "JPEG", quality=90)
    result = engine.cloak(file.getvalue(), MID)
    assert result.status == "cloaked"
    assert Image.open(io.BytesIO(result.data)).mode == "L"


def test_budget_holds_after_lossy_encoding(engine, portrait):
    file = io.BytesIO()
    Image.fromarray(portrait).save(file, "JPEG", quality=70)
    result = engine.cloak(file.getvalue(), MID)
    (face,) = result.receipt.faces
    assert within_budget(face)
    assert len(result.data) == pytest.approx(len(file.getvalue()), rel=0.2)


def test_every_face_of_a_group_is_cloaked_within_its_own_budget(engine):
    result = engine.cloak(png(draw_group(900, 320, 3)), MID)
    assert len(result.receipt.faces) == 3
    assert all(within_budget(face) for face in result.receipt.faces)


def test_faces_that_overlap_share_one_budget(engine):
    photo = draw_group(700, 350, 2)
    photo = np.concatenate([photo[:, :260], photo[:, 440:]], axis=1)
    result = engine.cloak(png(photo), MID)
    assert len(result.receipt.faces) == 2
    assert all(within_budget(face) for face in result.receipt.faces)


def test_engine_asks_the_codecs_that_it_is_given(portrait):
    class Broken:
        def decode(self, data: bytes, limits: Limits) -> None:
            raise MemoryError

    from fawkes_host.protocol.errors import OutOfMemory

    engine = Engine(toy_networks(), Album(), b"", codecs=Broken())
    with pytest.raises(OutOfMemory):
        engine.cloak(png(portrait), MID)


def test_people_whom_the_album_remembers_are_known(engine, portrait):
    (face,) = engine.faces(another_photo(portrait)).embeddings

    def remembered() -> list[Embeddings]:
        return [face]

    knowing = toy_engine(Album(remembered))
    assert [f.other_photos for f in knowing.cloak(png(portrait), LOW).receipt.faces] == [1]
