"""What a browser recorded, made into what phones play as a voice message: OGG with Opus, one channel."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import BytesIO

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.stream import Disposition

LARGEST = 8 * 1024 * 1024  # bytes of what is handed in: two minutes as a telephone records them, and room
LONGEST, SHORTEST = 120, 0.3  # seconds
RATE, BITS = 48_000, 32_000
# What browsers and telephones record. FFmpeg also reads lists of other files: those would make it fetch what a stranger names.
_SAFE = {"format_whitelist": "matroska,webm,ogg,mov,mp4,m4a,3gp,aac,mp3,wav,flac,amr,caf", "protocol_whitelist": "pipe"}

logging.getLogger("libav").setLevel(logging.CRITICAL + 1)  # its lines name what stands in a file


class NotSound(Exception):
    """A file that cannot go as a voice message; `reason`: voice_unreadable, voice_large, voice_long, voice_short."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def to_voice(content: bytes) -> bytes:
    """The recording as OGG/Opus, mono. Raises NotSound. It takes up to a second or two: never in a transaction."""
    if len(content) > LARGEST:
        raise NotSound("voice_large")
    try:
        with av.open(BytesIO(content), "r", container_options=_SAFE) as source:
            return _encoded(source)
    except (av.FFmpegError, ValueError, UnicodeDecodeError):
        raise NotSound("voice_unreadable") from None


def _encoded(source: InputContainer) -> bytes:
    made, samples = BytesIO(), 0
    with av.open(made, "w", format="ogg") as target:
        voice = target.add_stream("libopus", rate=RATE, layout="mono", options={"application": "voip"})
        voice.bit_rate = BITS
        for part in _parts(source):
            samples += part.samples
            if samples > (LONGEST + 1) * RATE:  # the clock of a browser is not ours to the second
                raise NotSound("voice_long")
            target.mux(voice.encode(part))
        if samples < SHORTEST * RATE:
            raise NotSound("voice_short")
        target.mux(voice.encode(None))
    return made.getvalue()


def _parts(source: InputContainer) -> Iterator[AudioFrame]:
    """The sound of a file as one channel; a film is none, the picture of a cover is no film."""
    film = any(not one.disposition & Disposition.attached_pic for one in source.streams.video)
    if film or not source.streams.audio:
        raise NotSound("voice_unreadable")
    resampler = AudioResampler("s16", "mono", RATE)
    for frame in source.decode(source.streams.audio[0]):
        yield from _in_order(resampler.resample(frame))
    yield from _in_order(resampler.resample(None))


def _in_order(parts: list[AudioFrame]) -> Iterator[AudioFrame]:
    for part in parts:
        part.pts = None  # recordings begin anywhere on the clock, and have gaps
        yield part
