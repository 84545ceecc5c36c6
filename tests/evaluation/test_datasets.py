from __future__ import annotations

from pathlib import Path

import pytest

from fawkes_host.evaluation.datasets import FEWEST_PROBES, PersonPhoto, choose_people, find_photos


def photos(**counts: int) -> list[PersonPhoto]:
    return [
        PersonPhoto(name, Path(name) / f"{i:02}.jpg")
        for name, count in counts.items()
        for i in range(count)
    ]


def test_photos_are_found_by_person_in_a_stable_order(tmp_path):
    for name in ("bea/2.jpg", "bea/1.PNG", "bea/notes.txt", "ann/1.webp", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [(photo.person, photo.path.name) for photo in find_photos(tmp_path)]
    assert found == [("ann", "1.webp"), ("bea", "1.PNG"), ("bea", "2.jpg")]


def test_no_probe_is_ever_posted():
    (person,) = choose_people(photos(ann=20), reserved=12, wanted=5, seed=0)
    assert len(person.posted) == 12
    assert len(person.probes) == 8
    assert not set(person.posted) & set(person.probes)


def test_people_with_enough_photos_are_chosen_by_the_seed():
    everyone = photos(**{f"p{i}": 20 for i in range(12)}, few=9)
    chosen = [{p.name for p in choose_people(everyone, 12, 4, seed)} for seed in range(3)]
    assert all(len(names) == 4 and "few" not in names for names in chosen)
    assert chosen[0] == {p.name for p in choose_people(everyone, 12, 4, 0)}
    assert len({frozenset(names) for names in chosen}) > 1


def test_people_with_fewer_photos_fill_up_and_keep_their_probes():
    people = choose_people(photos(full=17, nine=9, ten=10, tiny=FEWEST_PROBES), 12, 3, 0)
    assert [(p.name, len(p.posted), len(p.probes)) for p in people] == [
        ("full", 12, 5),
        ("ten", 5, 5),
        ("nine", 4, 5),
    ]


@pytest.mark.parametrize("count", [0, FEWEST_PROBES])
def test_nobody_is_chosen_without_probes(count):
    assert choose_people(photos(ann=count), 1, 5, 0) == []
