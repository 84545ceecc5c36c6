from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fawkes_host.engine import installation
from fawkes_host.engine.align import face_crop, frame_face
from fawkes_host.engine.detect import Face
from fawkes_host.engine.levels import LEVELS
from fawkes_host.evaluation.attacks.fawkes1_merge import frame_box
from fawkes_host.evaluation.attacks.noise import add_noise
from fawkes_host.evaluation.attacks.sign_steps import SignSteps, add_change
from fawkes_host.evaluation.cloaks import CloakCache, CloakSet, seconds_of, secret_of
from fawkes_host.evaluation.datasets import PersonPhoto
from fawkes_host.evaluation.methods import our_sets
from fawkes_host.evaluation.plan import DEFAULT, Plan
from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_host.visibility.meter import VisibilityMeter
from fawkes_models import store

LANDMARKS = np.array([[166, 175], [234, 175], [200, 222], [173, 258], [227, 258]], np.float32)
"""Of the drawn portrait of 400 px."""


class CountingMaker:
    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.batches: list[int] = []
        self.enrolled: list[bytes] = []

    def enrol(self, photos):
        self.enrolled += photos

    def make(self, photos):
        self.batches.append(len(photos))
        return [data + b" cloaked" for data in photos]


@pytest.fixture
def photos(tmp_path) -> list[PersonPhoto]:
    found = []
    for i in range(5):
        path = tmp_path / "faces" / "ann" / f"{i}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%d" % i)
        found.append(PersonPhoto("ann", path))
    return found


def set_of(maker, source="abc") -> CloakSet:
    return CloakSet("ours", "mid", ("a", "b"), source, lambda: maker)


def test_finished_cloaks_are_not_made_again(tmp_path, photos):
    maker = CountingMaker(2)
    files = CloakCache(tmp_path / "out").cloak(set_of(maker), photos[:3])
    assert maker.batches == [2, 1]
    assert [file.read_bytes() for file in files] == [b"0 cloaked", b"1 cloaked", b"2 cloaked"]
    assert seconds_of(files[0]) >= 0

    later, heard = CountingMaker(2), []
    assert CloakCache(tmp_path / "out").cloak(set_of(later), photos, heard.append)[:3] == files
    assert later.batches == [2]
    assert heard == [5]


def test_cloaks_of_other_code_are_not_taken_for_these(tmp_path, photos):
    CloakCache(tmp_path / "out").cloak(set_of(CountingMaker(9)), photos)
    changed = CountingMaker(9)
    CloakCache(tmp_path / "out").cloak(set_of(changed, source="def"), photos)
    assert changed.batches == [5]


def test_photos_are_enrolled_before_any_is_made(tmp_path, photos):
    class Asked(CountingMaker):
        def make(self, photos):
            assert self.enrolled == [b"0", b"1", b"2"]
            return super().make(photos)

    maker = Asked(2)
    CloakCache(tmp_path / "out").cloak(set_of(maker), photos, enrolled=photos[:3])
    assert maker.batches == [2, 2, 1]


def test_an_interrupted_cloak_leaves_no_photo(tmp_path, photos):
    class Broken(CountingMaker):
        def make(self, photos):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CloakCache(tmp_path / "out").cloak(set_of(Broken(1)), photos)
    assert not list((tmp_path / "out").rglob("*.jpg"))


def test_cloaks_depend_on_the_evaluations_seed_and_not_on_the_installation():
    one = secret_of(1)
    assert len(one) == installation.SECRET_BYTES
    assert one == secret_of(1)
    assert one not in {secret_of(2), installation.secret()}


def test_noise_is_as_visible_as_it_is_told_and_stays_on_the_face():
    portrait = draw_portrait(400)
    crop = face_crop(LANDMARKS, 400, 400)
    noisy = add_noise(portrait, crop, 65.0, seed=0)
    seen = VisibilityMeter(portrait[crop.slices]).measure(noisy[crop.slices])
    assert seen.ssimulacra2 == pytest.approx(65, abs=1.5)
    noisy[crop.slices] = portrait[crop.slices]
    assert np.array_equal(noisy, portrait)


@pytest.mark.parametrize("box", [(120, 90, 160, 210), (-20, 250, 120, 180)])
def test_fawkes_merge_without_its_fault_changes_nothing_where_the_chip_did_not(box):
    portrait = draw_portrait(400)
    frame = frame_box(Face(box, LANDMARKS, 1.0))
    chip = frame.cut(portrait)
    assert chip.shape == (112, 112, 3)
    assert np.array_equal(frame.merge(portrait, chip, chip, stretched=False), portrait)


def test_fawkes_merge_changes_gain_only_with_its_fault():
    portrait = draw_portrait(400)
    frame = frame_box(Face((120, 90, 160, 210), LANDMARKS, 1.0))
    chip = frame.cut(portrait)
    cloaked = chip.copy()
    cloaked[50, 50] += 60  # one bright pixel, which the stretch takes for white
    cloaked = np.maximum(cloaked, 20)
    far = portrait.astype(int)

    def changed(stretched):
        merged = frame.merge(portrait, chip, cloaked, stretched)
        return np.abs(merged.astype(int) - far)[300:, 150:250].mean()

    assert changed(True) > 2 * changed(False) + 1


@pytest.mark.slow
def test_sign_steps_move_the_face_within_their_limit():
    network = store.load("dlib_resnet")
    attack = SignSteps([network])
    portrait = draw_portrait(400)
    frame = frame_face(LANDMARKS, 400, 400)
    canvas = frame.extract(portrait)
    change = attack.optimise(canvas, frame, 8, seed=0)
    assert np.abs(change).max() <= 8
    assert np.abs(change).max() > 4

    changed = add_change(portrait, frame, change)
    assert np.abs(changed.astype(int) - portrait).max() <= 9
    from fawkes_host.evaluation.recognisers import SurrogateRecogniser, cut_chip, unit

    judge = SurrogateRecogniser(network)
    chips = [cut_chip(pixels, LANDMARKS, judge) for pixels in (portrait, changed)]
    one, other = unit(judge.embed(np.stack(chips)))
    assert one @ other < 0.9


def test_part_files_do_not_count_as_photos(tmp_path, photos):
    folder = tmp_path / "out" / set_of(None).folder / "ann"
    folder.mkdir(parents=True)
    (folder / ".0.jpg.part").write_bytes(b"half")
    maker = CountingMaker(9)
    CloakCache(tmp_path / "out").cloak(set_of(maker), photos[:1])
    assert maker.batches == [1]


def test_titles_make_file_names():
    set_ = CloakSet("MI-DI-TI", "ε 8", ("a",), "0f", lambda: None, "b")
    assert set_.title == "MI-DI-TI ε 8 without b"
    assert Path(set_.folder).name == set_.folder
    assert not set(set_.folder) & set(' /\\:*"')


def test_cloaks_made_together_are_not_taken_for_those_made_alone(tmp_path):
    plan = Plan(tmp_path, None, tmp_path, (LEVELS["mid"],), (), DEFAULT)
    plans = (plan, replace(plan, alone=True), replace(plan, size=replace(DEFAULT, posted=4)))
    folders = {our_sets(each, {"a": None}, with_all=True)[0].folder for each in plans}
    assert len(folders) == 3


def test_cloaks_on_retrained_surrogates_are_not_taken_for_those_on_shipped_ones(tmp_path):
    plan = Plan(tmp_path, None, tmp_path, (LEVELS["mid"],), (), DEFAULT)
    plans = (plan, replace(plan, retrained=("a 01",)), replace(plan, retrained=("a 02",)))
    folders = {our_sets(each, {"a": None}, with_all=True)[0].folder for each in plans}
    assert len(folders) == 3
