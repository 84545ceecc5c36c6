"""What the engine and its codec process say to each other.

Messages are in MessagePack; what follows each is a file or pixels (``child.pack``).
"""

from __future__ import annotations

from typing import Final

import msgspec


class _Message(msgspec.Struct, frozen=True, tag=True):
    """Its types are checked: a decoder that a hostile file has taken over may say anything."""


class Decode(_Message, frozen=True):
    """To the codecs: the file that follows.  ``keep`` announces an ``Encode``."""

    max_bytes: int
    max_pixels: int
    max_frames: int
    keep: bool
    answer: bool
    """Whether the pixels are wanted."""


class Encode(_Message, frozen=True):
    """To the codecs: new pixels for a box of the photo that was kept follow.

    ``box``: top, left, height and width in pixels as displayed; None where no pixel changes.
    """

    policy: str
    box: tuple[int, int, int, int] | None


class PassThrough(_Message, frozen=True):
    """To the codecs: an animation follows, with the number of frames it was told to have."""

    policy: str
    frames: int


class Convert(_Message, frozen=True):
    """To the codecs: a photo to be made a JPEG follows; the limits are those of ``Decode``."""

    max_bytes: int
    max_pixels: int
    max_frames: int
    policy: str


class Forget(_Message, frozen=True):
    """To the codecs: the photo that was kept is no longer needed.  Has no answer."""


class Probe(_Message, frozen=True):
    """To the codecs: tell what a decoder that was taken over could do.

    ``folder``: made for this by ``probe.prepare``.
    """

    folder: str


class Decoded(_Message, frozen=True):
    """From the codecs: the pixels follow, unless they were not wanted."""

    format: str
    orientation: int
    height: int
    width: int


class Encoded(_Message, frozen=True):
    """From the codecs: the file follows."""

    notices: tuple[str, ...]


class Probed(_Message, frozen=True):
    """From the codecs: what confines them, and what they could do all the same (``probe.DEEDS``).

    ``landlock``: version of its interface, 0 for none.
    """

    landlock: int
    seccomp: bool
    possible: tuple[str, ...]


class Refused(_Message, frozen=True):
    """From the codecs: an error of the table."""

    code: str
    parameters: dict[str, str | int | float]


Request = Decode | Convert | Encode | PassThrough | Forget | Probe
Answer = Decoded | Encoded | Probed | Refused

encode: Final = msgspec.msgpack.Encoder().encode
request_decoder: Final[msgspec.msgpack.Decoder[Request]] = msgspec.msgpack.Decoder(Request)
answer_decoder: Final[msgspec.msgpack.Decoder[Answer]] = msgspec.msgpack.Decoder(Answer)
