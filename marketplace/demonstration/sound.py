"""A short sound note of our own: two soft tones, where the demonstration's people would speak."""

import math
import struct
import wave
from io import BytesIO

RATE_HZ = 8_000
SECONDS = 2.0


def note() -> bytes:
    """A WAV file, mono, 8 bit, 8 kHz."""
    target = BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(RATE_HZ)
        for number in range(int(RATE_HZ * SECONDS)):
            moment = number / RATE_HZ
            fade = math.sin(math.pi * moment / SECONDS)
            value = fade * (math.sin(2 * math.pi * 262 * moment) + math.sin(2 * math.pi * 392 * moment)) / 2
            file.writeframesraw(struct.pack("B", int(128 + 60 * value)))
    return target.getvalue()
