"""Small recordings as browsers and telephones make them: a tone, by PyAV."""

from __future__ import annotations

import math
from array import array
from io import BytesIO
from typing import Any

import av
from av.audio.resampler import AudioResampler

RATE, PART = 48_000, 960
WAVE = array("h", [int(8000 * math.sin(2 * math.pi * 400 * index / RATE)) for index in range(PART)]).tobytes()  # eight whole waves


def tone(seconds: float = 2, container: str = "webm", codec: str = "libopus", layout: str = "mono") -> bytes:
    """A tone of 400 Hz in this container and codec."""
    made, at = BytesIO(), 0
    with av.open(made, "w", format=container) as target:
        stream: Any = target.add_stream(codec, rate=RATE, layout=layout)
        fitted = AudioResampler(stream.format.name, layout, RATE)
        while at < seconds * RATE:
            frame = av.AudioFrame("s16", "mono", PART)
            frame.rate, frame.pts = RATE, at
            frame.planes[0].update(WAVE)
            for part in fitted.resample(frame):
                target.mux(stream.encode(part))
            at += PART
        target.mux(stream.encode(None))
    return made.getvalue()


def film() -> bytes:
    """A second of film, without sound."""
    made = BytesIO()
    with av.open(made, "w", format="matroska") as target:
        stream = target.add_stream("mjpeg", rate=5)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuvj420p"
        for _ in range(5):
            target.mux(stream.encode(av.VideoFrame(32, 32, "yuvj420p")))
        target.mux(stream.encode(None))
    return made.getvalue()


def heard(content: bytes) -> tuple[str, str, str, float]:
    """What a recording is: its container, codec, channels and seconds."""
    with av.open(BytesIO(content), "r") as source:
        stream = source.streams.audio[0]
        samples = sum(frame.samples for frame in source.decode(stream))
        return source.format.name, stream.codec_context.name, stream.layout.name, samples / stream.codec_context.sample_rate
