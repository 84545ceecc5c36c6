"""The ways of cloaking that an evaluation compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from fawkes_host.evaluation.attacks.fawkes1 import Fawkes1
from fawkes_host.evaluation.attacks.fawkes1_attack import Fawkes1Attack
from fawkes_host.evaluation.attacks.noise import NoiseAttack
from fawkes_host.evaluation.attacks.sign_steps import SignSteps, SignStepsAttack
from fawkes_host.evaluation.cloaks import CloakSet, EngineMaker, baseline_source, engine_source
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
