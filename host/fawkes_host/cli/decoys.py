"""``fawkes-host decoys``: photos of somebody else in, photos that recognisers take for you out."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fawkes_host.cli.inputs import find_sources, read_photo
from fawkes_host.cli.output import Originals, write_output
from fawkes_host.cli.result import print_result
from fawkes_host.cli.terminal import say
from fawkes_host.protocol.errors import (
    ExitStatus,
    FawkesError,
    InternalError,
    NobodyRemembered,
    NoDonor,
    NoPerson,
    UnreadableInput,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fawkes_host.engine.album import Embeddings
    from fawkes_host.engine.likeness import Likeness
    from fawkes_host.engine.pipeline import Engine

EPILOG = """\b
Examples:
  fawkes-host decoys --like photos-of-me/ --from generated-faces/ -o decoys/
  fawkes-host decoys --like-remembered --from paintings/ -o decoys/ -n 32

\b
Exit status:
  0    every decoy is done
  1    unexpected error
  2    wrong usage
  3    some decoys failed
  4    all decoys failed
  130  interrupted; what is done lies in the folder, and a second run goes on
"""

QUESTION = (
    "Are you the person whom the decoys shall be taken for, or did that person agree? And are the "
    "other faces generated or painted, or did those people agree?"
)

WHAT_NOW = """\
What to do with them: post them under another name, on an account of its own, where everyone can \
see them, and at least as many as photos of yourself. Never under your own name.
What they do: who looks for you by a photo finds that account before you. What they do not: hide \
you from people, make photos of yourself that are known already unknown, or work on every \
recogniser. Cloak your own photos as well."""

PULLED = 0.5
"""A network takes two faces for one person's from about this cosine on (``album.SAME_PERSON``)."""


@dataclass
class Outcome:
    """What became of one donor's photo; its fields are those of ``--json``.

    ``before`` and ``after`` hold for each network how near the donor's face and the decoy's are to
    the person, as cosines.  The networks took part in it.
    """

    donor: str
    output: str
    status: str
    error: dict[str, str] | None = None
    before: dict[str, float] | None = None
    after: dict[str, float] | None = None


@dataclass(frozen=True)
class SeenFace:
    """A face of a photo, of which nothing but this is kept: there may be thousands.

    ``sha256`` is that of the file, ``number`` counts its faces from the largest, ``landmarks`` is
    [5, 2].
    """

    path: Path
    sha256: bytes
    number: int
    landmarks: NDArray[np.float32]

    def read(self) -> bytes:
        """Return the file once more; raises ``UnreadableInput`` where it is another by now."""
        data = read_photo(self.path)
        if hashlib.sha256(data).digest() != self.sha256:
            raise UnreadableInput(detail=f"{self.path} has changed meanwhile")
        return data


@dataclass(frozen=True)
class Donor:
    """The largest face of a photo of somebody else, and how near it is to the person: a mean cosine
    over the networks."""

    face: SeenFace
    nearness: float


@dataclass(frozen=True)
class Person:
    """Whom the decoys shall be taken for, and their faces; none of who is remembered."""

    likeness: Likeness
    faces: tuple[SeenFace, ...] = ()


@click.command("decoys", epilog=EPILOG)
@click.option(
    "--like",
    multiple=True,
    metavar="PHOTO|FOLDER",
    type=click.Path(exists=True),
    help="Photos of the person whom the decoys shall be taken for; ten or more are best. "
    "May be given more than once.",
)
@click.option(
    "--like-remembered",
    is_flag=True,
    help="Take the person whom 'fawkes-host remember' knows. These decoys are made on three "
    "networks and not on five, so they are a little weaker.",
)
@click.option(
    "--from",
    "donors",
    multiple=True,
    required=True,
    metavar="PHOTO|FOLDER",
    type=click.Path(exists=True),
    help="Faces of others: generated, painted, or of people who agree. "
    "May be given more than once.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the decoys go, under names that tell nothing.",
)
@click.option(
    "-n",
    "--number",
    type=click.IntRange(1),
    default=16,
    show_default=True,
    help="How many decoys to make, of the faces most like the person.",
)
@click.option(
    "--resemblance",
    type=click.FloatRange(0, 1),
    help="Share of the person's own face that is blended into each decoy, besides: people see the "
    "likeness more, and it protects little better.  [default: 0]",
)
@click.option("--recursive", is_flag=True, help="Look into the folders of folders too.")
@click.option(
    "--device",
    type=click.Choice(("auto", "cpu", "gpu")),
    default="auto",
    show_default=True,
    help="Where the networks run.",
)
@click.option("--yes", is_flag=True, help="All people agreed; do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print a report as JSON on standard output.")
def command(
    like: tuple[str, ...],
    like_remembered: bool,
    donors: tuple[str, ...],
    output: Path,
    number: int,
    resemblance: float | None,
    recursive: bool,
    device: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Make decoys: photos of others in which recognisers find you.

    Posted under another name, they are found in your place by who looks for you by a photo. Each is
    a photo of somebody else, a little changed; your photos and theirs are never altered.

    Photos of people who did not agree must not be used, neither as the person nor as the others.
    Take generated faces, paintings, or people who agree.
    """
    if bool(like) == like_remembered:
        raise click.UsageError("Name photos of the person with --like, or say --like-remembered.")
    own = find_sources(like, recursive)
    others = find_sources(donors, recursive)
    if like and not own:
        raise click.UsageError("--like has no photos; use --recursive for folders of folders.")
    if not others:
        raise click.UsageError("--from has no photos; use --recursive for folders of folders.")
    _make_sure_of_consent(yes)

    from fawkes_host.tensors import runtime

    runtime.start(runtime.Device(device))
    from fawkes_host.engine import decoy
    from fawkes_host.engine.likeness import pair
    from fawkes_host.engine.pipeline import Engine

    share = decoy.RESEMBLANCE if resemblance is None else resemblance
    # Only now: a mistyped name is told at once and not after TensorFlow has started.
    engine = Engine.load(runtime.Device(device), more_networks=not like_remembered)
    person = _find_person(engine, own)
    found = _find_donors(engine, others, person.likeness.embedding, own)
    chosen = sorted(found, key=lambda donor: -donor.nearness)[:number]
    portraits = pair(
        [donor.face.landmarks for donor in chosen], [face.landmarks for face in person.faces]
    )
    if len(chosen) < number:
        say(
            f"Only {len(chosen)} of the photos show somebody else's face; so many decoys.", err=True
        )
    kept = Originals([*own, *others])
    outcomes = []
    for donor, which in zip(chosen, portraits, strict=True):
        outcome = _make(engine, donor, person, which, share, output, kept)
        outcomes.append(outcome)
        _tell(outcome, as_json)
    if as_json:
        print_result({"decoys": [asdict(outcome) for outcome in outcomes]})
    failed = sum(outcome.status == "failed" for outcome in outcomes)
    if failed < len(outcomes):
        say("\n" + WHAT_NOW, err=as_json)
    if failed:
        status = ExitStatus.ALL_FAILED if failed == len(outcomes) else ExitStatus.SOME_FAILED
        raise click.exceptions.Exit(status)


def _make_sure_of_consent(yes: bool) -> None:
    """Ask once; raises ``click.Abort`` where somebody did not agree."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody can be asked here: say --yes where all people agreed.")
    click.confirm(QUESTION, abort=True, err=True)


def _find_person(engine: Engine, photos: Sequence[Path]) -> Person:
    """Return whom the decoys shall be taken for; raises ``NoPerson`` or ``NobodyRemembered``."""
    from fawkes_host.engine import remembered
    from fawkes_host.engine.likeness import likeness_among, likeness_in

    if not photos:
        faces = remembered.read([network.name for network in engine.networks])
        if not faces:
            raise NobodyRemembered()
        return Person(likeness_among(faces))
    seen = []
    for path in photos:
        try:
            data = read_photo(path)
            seen.append((path, hashlib.sha256(data).digest(), engine.faces(data)))
        except FawkesError as error:
            _warn(path, error)
    likeness = likeness_in([found for _, _, found in seen])
    if likeness is None:
        raise NoPerson()
    say(f"The person is on {len(likeness.places)} of {len(photos)} photos.", err=True)
    persons = []
    for photo, number in likeness.places:
        path, sha256, found = seen[photo]
        persons.append(SeenFace(path, sha256, number, found.faces[number].landmarks))
    return Person(likeness, tuple(persons))


def _find_donors(
    engine: Engine, photos: Sequence[Path], person: Embeddings, own: Sequence[Path]
) -> list[Donor]:
    """Return the photos whose largest face is somebody else's, each picture once; raises
    ``NoDonor``."""
    from fawkes_host.engine.album import SAME_PERSON, likeness

    donors: dict[bytes, Donor] = {}
    persons = Originals(own)
    progress = click.progressbar(photos, label="Looking at the other faces", file=sys.stderr)
    with progress as waiting:
        for path in waiting:
            try:
                persons.refuse(path)
                data = read_photo(path)
                found = engine.faces(data)
            except FawkesError as error:
                _warn(path, error)
                continue
            nearness = likeness(found.embeddings[0], person) if found.faces else SAME_PERSON
            if nearness < SAME_PERSON:
                sha256 = hashlib.sha256(data).digest()
                face = SeenFace(path, sha256, 0, found.faces[0].landmarks)
                donors.setdefault(sha256, Donor(face, nearness))
    if not donors:
        raise NoDonor(photos=len(photos))
    return list(donors.values())


def _make(
    engine: Engine,
    donor: Donor,
    person: Person,
    which: int | None,
    share: float,
    folder: Path,
    kept: Originals,
) -> Outcome:
    """``which`` of the person's faces is blended in."""
    path = donor.face.path
    place = folder / f"{_name(donor, person.likeness, share)}{path.suffix.lower()}"
    outcome = Outcome(str(path), str(place), "failed")
    try:
        if place.exists():
            outcome.status = "kept"
            return outcome
        data = donor.face.read()
        portrait = None
        if which is not None and share > 0:
            face = person.faces[which]
            portrait = engine.portraits(face.read())[face.number]
        made = engine.decoy(data, person.likeness.embedding, portrait, share)
        write_output(place, made.data, False, path, kept)
        outcome.status = "made"
        outcome.before, outcome.after = _rounded(made.before), _rounded(made.after)
    except FawkesError as error:
        outcome.error = {"code": error.code, "message": str(error)}
    except Exception as error:  # one photo's surprise must not end the others
        internal = InternalError(detail=f"{type(error).__name__}: {error}")
        outcome.error = {"code": internal.code, "message": str(internal)}
    return outcome


def _name(donor: Donor, person: Likeness, share: float) -> str:
    """Return a decoy's name, which a second run finds again and from which nobody else can tell
    what it was made of."""
    from fawkes_host.engine import installation

    digest = hashlib.sha256(donor.face.sha256)
    digest.update(repr(share).encode())
    for row in person.embedding.values():
        digest.update(row.tobytes())
    return f"{installation.seed(installation.secret(), digest.digest(), 0) >> 88:010x}"


def _rounded(cosines: dict[str, float]) -> dict[str, float]:
    return {name: round(cosine, 4) for name, cosine in cosines.items()}


def _tell(outcome: Outcome, quiet: bool) -> None:
    if outcome.error is not None:
        say(f"{outcome.donor}: {outcome.error['message']} ({outcome.error['code']})", err=True)
    elif quiet:
        return
    elif outcome.after is None or outcome.before is None:
        say(f"{outcome.output}: there already")
    else:
        near = list(outcome.after.values())
        was = sum(outcome.before.values()) / len(outcome.before)
        taken = sum(cosine >= PULLED for cosine in near)
        say(
            f"{outcome.output}: taken for the person by {taken} of the {len(near)} networks it was "
            f"made on (nearness {was:.2f} before, {sum(near) / len(near):.2f} now)"
        )


def _warn(path: Path, error: FawkesError) -> None:
    say(f"{path}: {error} ({error.code})", err=True)
