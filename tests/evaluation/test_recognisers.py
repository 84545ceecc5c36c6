from __future__ import annotations

import numpy as np
import pytest

from fawkes_host.evaluation.portrait import draw_portrait
from fawkes_host.evaluation.recognisers import (
    ARCFACE_TEMPLATE,
    JudgeFormat,
    cut_chip,
    load_judge,
)
from tests.evaluation.toy import ToyRecogniser


def field(number: int, content: int | bytes) -> bytes:
    """One field of a protocol buffer, a short one."""
    if isinstance(content, int):
        return bytes([number << 3, content])
    return bytes([number << 3 | 2, len(content)]) + content


def write_onnx(path, size: int) -> None:
    """A network that averages each channel: blob ``image`` [1, 3, size, size] to ``mean``."""

    def value(name: bytes, shape: tuple[int, ...]) -> bytes:
        dims = b"".join(field(1, field(1, n)) for n in shape)
        tensor = field(1, 1) + field(2, dims)
        return field(1, name) + field(2, field(1, tensor))

    node = field(1, b"image") + field(2, b"mean") + field(4, b"GlobalAveragePool")
    graph = (
        field(1, node)
        + field(2, b"g")
        + field(11, value(b"image", (1, 3, size, size)))
        + field(12, value(b"mean", (1, 3, 1, 1)))
    )
    path.write_bytes(field(1, 8) + field(7, graph) + field(8, field(2, 13)))


def write_ncnn(path) -> None:
    """The same in ncnn's format: blob ``data`` to ``fc1``."""
    path.write_text(
        "7767517\n2 2\nInput data 0 1 data\nPooling fc1 1 1 data fc1 0=1 4=1\n", "ascii"
    )
    path.with_suffix(".bin").write_bytes(b"")


@pytest.fixture
def chip():
    return np.full((1, 112, 112, 3), (255, 51, 0), np.uint8)


def test_onnx_judge_sees_minus_one_to_one_in_rgb(tmp_path, chip):
    pytest.importorskip("onnxruntime")
    write_onnx(tmp_path / "judge.onnx", 112)
    judge = load_judge(tmp_path / "judge.onnx", JudgeFormat())
    assert judge.name == "judge"
    assert judge.embed(chip) == pytest.approx(np.array([[1.0, -0.6, -1.0]]), abs=1e-4)


def test_onnx_judge_takes_size_range_and_order_from_its_format(tmp_path):
    pytest.importorskip("onnxruntime")
    write_onnx(tmp_path / "judge.onnx", 64)
    format_ = JudgeFormat("image", "mean", 64, None, 0.0, 1.0, bgr=True)
    judge = load_judge(tmp_path / "judge.onnx", format_)
    chip = np.full((2, 64, 64, 3), (255, 51, 0), np.uint8)
    assert judge.embed(chip) == pytest.approx(np.array([[0.0, 0.2, 1.0]] * 2), abs=1e-4)
    assert judge.template == pytest.approx(np.array(ARCFACE_TEMPLATE) * 64 / 112)


def test_ncnn_judge_sees_grey_levels(tmp_path, chip):
    pytest.importorskip("ncnn")
    write_ncnn(tmp_path / "judge.param")
    judge = load_judge(tmp_path / "judge.param", JudgeFormat())
    assert judge.embed(chip) == pytest.approx(np.array([[255, 51, 0]]), abs=1e-3)
    signed = load_judge(tmp_path / "judge.param", JudgeFormat(low=-1.0, high=1.0))
    assert signed.embed(chip) == pytest.approx(np.array([[1.0, -0.6, -1.0]]), abs=1e-4)


def test_other_weights_or_another_format_give_another_fingerprint(tmp_path):
    pytest.importorskip("ncnn")
    write_ncnn(tmp_path / "judge.param")
    plain = load_judge(tmp_path / "judge.param", JudgeFormat())
    assert load_judge(tmp_path / "judge.param", JudgeFormat()).fingerprint == plain.fingerprint
    other = load_judge(tmp_path / "judge.param", JudgeFormat(bgr=True))
    assert other.fingerprint != plain.fingerprint
    (tmp_path / "judge.bin").write_bytes(bytes(4))
    assert load_judge(tmp_path / "judge.param", JudgeFormat()).fingerprint != plain.fingerprint


def test_files_of_another_kind_are_refused(tmp_path):
    with pytest.raises(ValueError, match="neither"):
        load_judge(tmp_path / "judge.pt", JudgeFormat())


@pytest.mark.parametrize("scale", [1, 4])
def test_chip_puts_landmarks_where_the_template_has_them(scale):
    photo = np.zeros((300 * scale, 300 * scale, 3), np.uint8)
    landmarks = (np.array(ARCFACE_TEMPLATE) + 60) * scale
    x, y = np.rint(landmarks[0]).astype(int)
    photo[y - 3 * scale : y + 3 * scale + 1, x - 3 * scale : x + 3 * scale + 1] = 255
    chip = cut_chip(photo, landmarks.astype(np.float32), ToyRecogniser())
    bright = np.argwhere(chip[..., 0] > 128).mean(axis=0)
    assert bright == pytest.approx(np.array(ARCFACE_TEMPLATE[0])[::-1], abs=0.8)


def test_toy_recogniser_tells_pictures_apart():
    portrait = draw_portrait(112)
    toy = ToyRecogniser()
    one, other = toy.embed(np.stack([portrait, portrait[::-1]]))
    assert np.abs(one - other).max() > 0.02
