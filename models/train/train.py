"""Makes a surrogate robust to small changes, or one small network that stands for all of them.

    python models/train/train.py NETWORK --faces FOLDER… --radius 0.5 --output FILE

``NETWORK`` is a surrogate, which keeps saying what it says, or ``student``, which learns to say
what all three do.  Every folder holds one folder a person; the people of ``judged_people.txt`` are
left out.  The output has the form of the weight files that ship.  A run that was interrupted goes
on where it was, from ``FILE.checkpoint``; ``docs/experiments`` tells of the runs that were made.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from safetensors.numpy import load, save

import portraits
import student
import views
from convert import store_as
from fawkes_models.registry import SURROGATES
from robust import Adversary, Trainee
from teachers import Teachers, load_with_teachers

CHECKPOINT_EVERY = 50
WARM_UP = 0.2
"""In this share of the steps the learning rate rises to its full value; then it falls to 0.

Adam's first steps are as long as its later ones, whatever the slope: at 1e-4 and without this one
step took a trained network's loss from .12 to .72, and 250 more did not bring it back."""
LOG_EVERY = 25


def train(
    trainee: Trainee,
    teachers: Teachers,
    faces: portraits.Portraits,
    steps: int,
    batch: int,
    seed: int,
    checkpoint: Path,
) -> None:
    """Run ``steps`` steps, or what is left of them since ``checkpoint`` was written.

    Every step's randomness is its own, so that an interrupted run ends as one that was not.
    """
    done = 0
    if checkpoint.exists():
        state = load(checkpoint.read_bytes())
        done = int(state.pop("done"))
        trainee.restore(state)
    size = trainee.network.input_size
    losses, started = [], time.monotonic()
    for number in range(done, steps):
        random = np.random.default_rng((seed, number))
        rows = random.choice(len(faces), min(batch, len(faces)), replace=False)
        chips, *theirs = (
            # The same draws for each: all are shown the same view of a face.
            views.draw(faces, rows, n.template, n.input_size, np.random.default_rng((seed, number)))
            for n in (trainee.network, *teachers.networks)
        )
        noise = random.normal(size=(len(rows), size, size, 1)).astype(np.float32)
        losses.append(trainee.train(chips, teachers.say(theirs), noise, pace(number, steps)))
        if (number + 1) % LOG_EVERY == 0:
            seconds = (time.monotonic() - started) / (number + 1 - done)
            row = {"step": number + 1, "loss": round(float(np.mean(losses)), 5)}
            print(json.dumps(row | {"seconds": round(seconds, 2)}), flush=True)
            losses = []
        if (number + 1) % CHECKPOINT_EVERY == 0 or number + 1 == steps:
            part = checkpoint.with_suffix(".part")
            part.write_bytes(save(trainee.state() | {"done": np.array(number + 1)}))
            part.replace(checkpoint)


def pace(number: int, steps: int) -> float:
    """The share of the learning rate that step ``number`` of ``steps`` takes, counted from 0."""
    done = (number + 1) / steps
    return min(done / WARM_UP, (1 - done) / (1 - WARM_UP))


def main() -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Train a robust surrogate.")
    parser.add_argument("network", choices=[*SURROGATES, student.NAME])
    parser.add_argument("--faces", type=Path, nargs="+", required=True)
    parser.add_argument("--radius", type=float, default=0.5, help="grey levels, root mean square")
    parser.add_argument("--adversary-steps", type=int, default=2)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=2e-5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    photos = portraits.list_photos_to_train_on(arguments.faces, portraits.read_judged_people())
    try:
        faces = portraits.gather(photos, arguments.output.parent / "portraits.npz")
    except (OSError, ValueError) as error:
        parser.error(str(error))
    print(f"{len(faces)} portraits", flush=True)
    adversary = Adversary(arguments.radius, arguments.adversary_steps)
    network, teachers = load_with_teachers(arguments.network)
    trainee = Trainee(network, adversary, arguments.learning_rate)
    checkpoint = arguments.output.with_suffix(".checkpoint")
    train(trainee, teachers, faces, arguments.steps, arguments.batch, arguments.seed, checkpoint)
    weights = trainee.freeze().weights
    data = save({name: store_as(values) for name, values in sorted(weights.items())})
    arguments.output.write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
