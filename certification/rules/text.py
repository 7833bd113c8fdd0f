"""Words of ours: sentences marked for translation without depending on a translator, and numbers of things in English."""


def N_(message: str) -> str:  # noqa: N802  the name that gettext extraction tools look for
    """Mark a sentence for gettext and return it unchanged; whoever shows it translates it."""
    return message


def counted(many: int, one: str, more: str = "") -> str:
    """``1 fault``, ``2 faults``; ``more`` is for a plural that has no -s."""
    return f"{many} {one if many == 1 else more or one + 's'}"
