"""What higher floors tell lower ones, by name: the lower one asks all of them and imports none."""

from typing import TypeVar

F = TypeVar("F")


def declare(parts: dict[str, F], name: str, function: F) -> None:
    """Take a part in.

    Raises:
        ValueError: when the name is taken.

    """
    if name in parts:
        msg = f"{name} is declared already"
        raise ValueError(msg)
    parts[name] = function
