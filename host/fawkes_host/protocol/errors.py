"""The one table of errors.

Append only: codes and exit statuses are part of the protocol and of the
command line, and are never renamed or reused.  The host sends a code and its
parameters; the sentence is made where it is shown (the command line below, the
extension in ``_locales``, under the message key ``error_<code>``).

Part of the relay's way to its first answer, so that nothing heavy is imported.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


_SHOWN_AS_THEY_ARE = frozenset("\u00a0\u202f\u3000\u200c\u200d")
"""Spaces, and what joins letters and emojis: files may well be named so."""


def printable(text: str) -> str:
    """``text`` on one line and without what a terminal takes for commands.

    Whoever names a file could else write over what is on the screen.
    """
    return "".join(
        one
        if one.isprintable() or one in _SHOWN_AS_THEY_ARE
        else one.encode("unicode_escape").decode("ascii")
        for one in text
    )


class FawkesError(Exception):
    """A failure that the user can be told about.

    ``parameters`` are plain strings and numbers that the sentence needs.  They
    never hold pixels.
    """

    code: ClassVar[str] = "internal"
    sentence: ClassVar[str] = "Something went wrong inside Fawkes: {detail}"

    def __init__(self, **parameters: str | int | float) -> None:
        self.parameters = parameters
        super().__init__(self.code, parameters)

    def __str__(self) -> str:
        told = {
            name: printable(value) if isinstance(value, str) else value
            for name, value in self.parameters.items()
        }
        return self.sentence.format_map(_Blank(told))

    @classmethod
    def message_key(cls) -> str:
        return f"error_{cls.code}"


class _Blank(dict[str, str | int | float]):
    """Leaves a missing parameter visible instead of raising while reporting."""

    def __missing__(self, key: str) -> str:
        return f"({key})"


class InternalError(FawkesError):
    """Anything nobody foresaw."""


class EmptyInput(FawkesError):
    code = "empty_input"
    sentence = "The file is empty."


class NotAnImage(FawkesError):
    code = "not_an_image"
    sentence = "The file is not a photo in a format Fawkes knows ({supported})."


class DamagedImage(FawkesError):
    code = "damaged_image"
    sentence = "The photo is damaged or cut off: {detail}"


class AnimatedImage(FawkesError):
    code = "animated_image"
    sentence = "The file is an animation ({frames} frames); Fawkes cloaks still photos only."


class TooManyBytes(FawkesError):
    code = "too_many_bytes"
    sentence = "The file has {bytes} bytes; at most {limit} are accepted."


class TooManyPixels(FawkesError):
    code = "too_many_pixels"
    sentence = "The photo has {width} × {height} pixels; at most {limit} pixels are accepted."


class UnreadableInput(FawkesError):
    code = "unreadable_input"
    sentence = "The file cannot be read: {detail}"


class UnwritableOutput(FawkesError):
    code = "unwritable_output"
    sentence = "The result cannot be written: {detail}"


class DiskFull(FawkesError):
    code = "disk_full"
    sentence = "The disk is full; nothing was written. Free some space and try again."


class OutputExists(FawkesError):
    code = "output_exists"
    sentence = "{output} exists already; use --overwrite to replace it."


class OutOfMemory(FawkesError):
    code = "out_of_memory"
    sentence = (
        "There was not enough memory for this photo; close other programs or use a smaller one."
    )


class WeightsMissing(FawkesError):
    code = "weights_missing"
    sentence = "The weight file of {network} is missing. Install fawkes-host again."


class WeightsCorrupt(FawkesError):
    code = "weights_corrupt"
    sentence = "The weight file of {network} is damaged. Install fawkes-host again."


class BudgetUnreachable(FawkesError):
    code = "budget_unreachable"
    sentence = "The face at {box} cannot be cloaked within the visibility budget."


class Cancelled(FawkesError):
    code = "cancelled"
    sentence = "Cancelled."


class Busy(FawkesError):
    code = "busy"
    sentence = "Fawkes has its hands full ({waiting} photos are waiting); try again in a moment."


class DeadlineExceeded(FawkesError):
    code = "deadline_exceeded"
    sentence = "The photo was not ready within {seconds} seconds."


class EngineCrashed(FawkesError):
    code = "engine_crashed"
    sentence = "The engine stopped while it worked on the photo ({detail}); try again."


class ServiceUnavailable(FawkesError):
    code = "service_unavailable"
    sentence = "The Fawkes service cannot be reached: {detail}"


class ServiceLost(FawkesError):
    code = "service_lost"
    sentence = "The Fawkes service stopped while it worked on the photo; try again."


class ShuttingDown(FawkesError):
    code = "shutting_down"
    sentence = "The Fawkes service is shutting down; try again in a moment."


class AlreadyRunning(FawkesError):
    code = "already_running"
    sentence = "A Fawkes service is running already."


class UnsafeFolder(FawkesError):
    code = "unsafe_folder"
    sentence = (
        "{folder} could be read or changed by other users ({detail}); Fawkes will not use it."
    )


class BadSetting(FawkesError):
    code = "bad_setting"
    sentence = "The setting {name} is not usable: {detail}"


class BadMessage(FawkesError):
    code = "bad_message"
    sentence = "A message was not understood: {detail}"


class FrameTooLarge(FawkesError):
    code = "frame_too_large"
    sentence = "A message has {bytes} bytes; at most {limit} are accepted."


class OutOfStep(FawkesError):
    code = "out_of_step"
    sentence = "The stream of messages is torn and cannot be read any further: {detail}"


class HelloFirst(FawkesError):
    code = "hello_first"
    sentence = "The first message must be a hello."


class ProtocolUnsupported(FawkesError):
    code = "protocol_unsupported"
    sentence = "Protocol {protocol} is not spoken here, only {supported}; update Fawkes."


class TransferDamaged(FawkesError):
    code = "transfer_damaged"
    sentence = "The photo did not arrive whole: {detail}"


class NotAuthorised(FawkesError):
    code = "not_authorised"
    sentence = "The Fawkes service refused the connection: {detail}"


class NoGpu(FawkesError):
    code = "no_gpu"
    sentence = (
        "TensorFlow sees no GPU here. Use --device cpu, or install the extra 'gpu' and its driver."
    )


class ProgramMissing(FawkesError):
    code = "program_missing"
    sentence = "There is no {program} in {folder}. Install fawkes-host again."


class RegistrationFailed(FawkesError):
    code = "registration_failed"
    sentence = "The browsers were left as they were: {detail}"


class TooManyFaces(FawkesError):
    code = "too_many_faces"
    sentence = "The photo shows {faces} faces; at most {limit} are cloaked in one."


class PeopleDamaged(FawkesError):
    code = "people_damaged"
    sentence = (
        "What is remembered of people's faces is damaged ({file}). Run fawkes-host forget, then "
        "fawkes-host remember again."
    )


class NoFace(FawkesError):
    code = "no_face"
    sentence = "No face was found in the photo; take one that shows a face clearly."


class NoPerson(FawkesError):
    code = "no_person"
    sentence = (
        "No face was found in any of these photos; give clear photos of the person whom decoys are "
        "to be taken for."
    )


class NobodyRemembered(FawkesError):
    code = "nobody_remembered"
    sentence = "Nobody is remembered. Run 'fawkes-host remember' on photos of you first."


class NoDonor(FawkesError):
    code = "no_donor"
    sentence = (
        "None of the {photos} photos of others can become a decoy: a face of somebody else has to "
        "be on them."
    )


class RawPhoto(FawkesError):
    code = "raw_photo"
    sentence = (
        "The file is a camera's raw data ({format}). Fawkes cloaks finished photos: develop it "
        "first, as a JPEG, HEIC, PNG or TIFF."
    )


class UnsupportedSamples(FawkesError):
    code = "unsupported_samples"
    sentence = (
        "The photo is whole, but of a kind that Fawkes cannot cloak ({kind}). Save it as a JPEG, "
        "PNG or TIFF of 8 or 16 bits."
    )


class ShowsPerson(FawkesError):
    code = "shows_person"
    sentence = (
        "The photo shows the person who is remembered, and a decoy must not: choose a photo of "
        "somebody else, or another level."
    )


class ExitStatus:
    """Exit statuses of ``fawkes-host``; documented in ``--help`` and stable."""

    OK: ClassVar[int] = 0
    UNEXPECTED: ClassVar[int] = 1
    USAGE: ClassVar[int] = 2
    SOME_FAILED: ClassVar[int] = 3
    ALL_FAILED: ClassVar[int] = 4
    INTERRUPTED: ClassVar[int] = 130


TABLE: tuple[type[FawkesError], ...] = (
    InternalError,
    EmptyInput,
    NotAnImage,
    DamagedImage,
    AnimatedImage,
    TooManyBytes,
    TooManyPixels,
    UnreadableInput,
    UnwritableOutput,
    DiskFull,
    OutputExists,
    OutOfMemory,
    WeightsMissing,
    WeightsCorrupt,
    BudgetUnreachable,
    Cancelled,
    Busy,
    DeadlineExceeded,
    EngineCrashed,
    ServiceUnavailable,
    ServiceLost,
    ShuttingDown,
    AlreadyRunning,
    UnsafeFolder,
    BadSetting,
    BadMessage,
    FrameTooLarge,
    OutOfStep,
    HelloFirst,
    ProtocolUnsupported,
    TransferDamaged,
    NotAuthorised,
    NoGpu,
    ProgramMissing,
    RegistrationFailed,
    TooManyFaces,
    PeopleDamaged,
    NoFace,
    NoPerson,
    NobodyRemembered,
    NoDonor,
    RawPhoto,
    UnsupportedSamples,
    ShowsPerson,
)
"""Every error, in the order in which it was added."""

EXTENSION_CODES = (
    "background_gone",
    "extension_outdated",
    "extension_reloaded",
    "host_broken",
    "host_forbidden",
    "host_gone",
    "host_missing",
    "host_outdated",
    "host_silent",
)
"""Codes of the extension's own, for what happens before the host or without it."""

BY_CODE: dict[str, type[FawkesError]] = {error.code: error for error in TABLE}
