"""Which of an applicant's goods may enter a label's scope. The shop stands higher and knows; this floor only holds names."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import NamedTuple

from flask import Flask, current_app

EXTENSION = "application_subjects"


class SubjectChoice(NamedTuple):
    """One thing to choose: ``ref`` is opaque here and enters the certificate's scope; ``image_src`` may be None.

    ``documents`` are the rules of the claims guard whose document a person accepted for it, each with its end if it has one.
    """

    ref: str
    name: str
    image_src: str | None = None
    documents: tuple[tuple[str, datetime | None], ...] = ()

    def backs(self, rule: str, at: datetime) -> bool:
        """Whether the document behind a protected claim is there and holds."""
        return any(name == rule and (ends is None or ends > at) for name, ends in self.documents)


Subjects = Callable[[Collection[int]], list[SubjectChoice]]


def declare_subjects(app: Flask, subjects: Subjects) -> None:
    """Let ``subjects`` (party ids → choices) answer; said once, where the application is put together.

    Raises:
        ValueError: somebody answers already.

    """
    if EXTENSION in app.extensions:
        raise ValueError("subjects are declared already")
    app.extensions[EXTENSION] = subjects


def subjects_of(party_ids: Collection[int]) -> list[SubjectChoice]:
    """What these parties may choose from; nothing where nobody answers."""
    subjects: Subjects | None = current_app.extensions.get(EXTENSION)
    return subjects(party_ids) if subjects else []
