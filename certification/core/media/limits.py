"""What an image may cost, and the pictures that are made of it."""

from dataclasses import dataclass

MIB = 1024 * 1024
PAPER = (0xFA, 0xF6, 0xEE)
"""sRGB of the page's ground (raw cotton): what lies behind a transparent picture."""


@dataclass(frozen=True)
class Limits:
    """Upper bounds for one image.

    `file_bytes`: the upload. `pixels`: width × height as stored. `seconds`: wall clock of the child that decodes
    and encodes; the little that comes on top keeps the whole under 2 s. `memory_bytes`: the child's address
    space, interpreter included. `wait_seconds`: how long a call waits for its turn when all turns are taken.
    """

    file_bytes: int = 20 * MIB
    pixels: int = 40_000_000
    seconds: float = 1.8
    memory_bytes: int = 1024 * MIB
    wait_seconds: float = 15.0


@dataclass(frozen=True)
class Output:
    """One file to be made: its long edge in pixels, its format, and the qualities to try in turn.

    With `most_bytes` the first quality whose file fits is taken; when none does, all files of that edge shrink
    until they fit, so that a page budget holds for noise too.
    """

    edge: int
    format: str
    qualities: tuple[int, ...]
    most_bytes: int | None = None


@dataclass(frozen=True)
class Profile:
    """The set of files made of one upload, and the colour behind what is transparent."""

    name: str
    outputs: tuple[Output, ...]
    paper: tuple[int, int, int] = PAPER

    @property
    def longest(self) -> int:
        """The longest edge asked for, in pixels."""
        return max(output.edge for output in self.outputs)


# 320 px: a card on a phone and the basket. 800 px: the page's own photograph (360–430 CSS px at 2× and less), held
# to the 60 KB of the largest contentful paint in either format. 1600 px: zoom and dense desktop screens; its
# JPEG is the og:image, which messengers drop above 300 KB.
PUBLIC = Profile(
    "public",
    (
        Output(1600, "webp", (76, 60, 45), 250_000),
        Output(1600, "jpeg", (80, 66, 50), 300_000),
        Output(800, "webp", (76, 62, 48, 34), 60_000),
        Output(800, "jpeg", (80, 66, 50, 35), 60_000),
        Output(320, "webp", (74, 55), 20_000),
        Output(320, "jpeg", (78, 55), 20_000),
    ),
)

# Evidence is read, not admired: small print on a receipt must survive, so one large JPEG and a thumbnail.
EVIDENCE = Profile("evidence", (Output(4000, "jpeg", (88,)), Output(320, "jpeg", (78,), 20_000)))
