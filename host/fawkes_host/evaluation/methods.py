"""The ways of cloaking that an evaluation compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fawkes_host.engine import decoy
from fawkes_host.evaluation.attacks.fawkes1 import Fawkes1
from fawkes_host.evaluation.attacks.fawkes1_attack import Fawkes1Attack
from fawkes_host.evaluation.attacks.noise import NoiseAttack
from fawkes_host.evaluation.attacks.sign_steps import SignSteps, SignStepsAttack
from fawkes_host.evaluation.cloaks import CloakSet, EngineMaker, baseline_source, engine_source
from fawkes_host.evaluation.datasets import Person
from fawkes_host.evaluation.plan import Plan

OURS = "fawkes-host"
FAWKES_1 = "Fawkes 1.0"
FAWKES_1_STRETCHED = "Fawkes 1.0, its merge"
SIGN_STEPS = "MI-DI-TI"
NOISE = "random noise"

Networks = Mapping[str, Any]
"""Surrogates by name."""


def without(networks: Networks, left_out: str | None) -> tuple[str, ...]:
    """Return the names of all surrogates but one."""
    return tuple(name for name in networks if name != left_out)


def our_sets(plan: Plan, networks: Networks, with_all: bool) -> list[CloakSet]:
    """Return this project's cloaks at every level: on all surrogates where ``with_all`` says so,
    and without each that is held out."""
    together = "alone" if plan.alone else f"enrolled {plan.size.posted}"
    source = engine_source(plan.seed, together, *plan.retrained)
    sets = []
    for left_out in (*((None,) if with_all else ()), *plan.hold_out):
        names = without(networks, left_out)
        chosen = [networks[name] for name in names]
        for level in plan.levels:
            build = partial(EngineMaker, chosen, level, plan.seed)
            sets.append(CloakSet(OURS, level.name, names, source, build, left_out))
    return sets


def baseline_sets(plan: Plan, networks: Networks, left_out: str | None) -> list[CloakSet]:
    """Return the baselines, on the surrogates without one; what takes least long comes first."""
    source = baseline_source(plan.seed)
    names = without(networks, left_out)
    chosen = [networks[name] for name in names]
    sets = [
        CloakSet(NOISE, level.name, (), source, partial(NoiseAttack, level, plan.seed))
        for level in plan.levels
    ]
    sign_steps = SignSteps(chosen)
    for epsilon in plan.size.sign_steps:
        build: Callable[[], Any] = partial(SignStepsAttack, sign_steps, epsilon, plan.seed)
        sets.append(CloakSet(SIGN_STEPS, f"ε {epsilon}", names, source, build, left_out))
    fawkes = Fawkes1(chosen)
    kept: dict[str, Any] = {}
    for level in plan.size.fawkes_levels:
        for method, stretched in ((FAWKES_1, False), (FAWKES_1_STRETCHED, True)):
            build = partial(Fawkes1Attack, fawkes, level, kept, stretched)
            sets.append(CloakSet(method, level, names, source, build, left_out))
    return sets


def second_identity(
    plan: Plan,
    networks: Networks,
    like: CloakSet,
    person: Person,
    find_embeddings: Callable[[], dict[str, NDArray[np.float32]]],
) -> CloakSet:
    """Return decoys: other people's photos pulled towards a person, on the surrogates of ``like``.

    ``find_embeddings`` returns the person's embedding [d] under each of its surrogates.
    """
    level = decoy.LEVEL

    def build() -> EngineMaker:
        chosen: Sequence[Any] = [networks[name] for name in like.networks]
        found = find_embeddings()
        towards = {n.name: np.asarray(n.centred(found[n.name][None]))[0] for n in chosen}
        return EngineMaker(chosen, level, plan.seed, towards)

    photos = (photo.path.name for photo in person.posted)
    source = engine_source(plan.seed, *photos, *plan.retrained)
    title = f"second identity of {person.name},"
    return CloakSet(title, level.name, like.networks, source, build, like.held_out)
