"""Passwords: what is refused, what is kept, and that no more than two are hashed at once."""

import threading
import time

import pytest

from certification.accounts import passwords
from certification.accounts.passwords import NOBODYS, Busy, Sealed, matches, require_good, seal, suggested_phrase
from certification.rules.errors import InvalidInput

GOOD = "nube cazuela tambor rio"


def refusal(password: str, *about: str) -> str | None:
    try:
        require_good(password, about=about)
    except InvalidInput as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("a" * 14, "password_short"),
        ("x" * 201, "password_long"),
        (GOOD, None),
        ("ñandú ñandú corre", None),
        ("todo en minúsculas", None),  # no kinds of letters are asked for
        ("aaaaaaaaaaaaaaaaaa", "password_common"),
        ("holaholaholahola", "password_common"),
        ("Qwertyuiop 123456", "password_common"),
        ("Contraseña-Segura", "password_common"),
        ("123456789012345", "password_common"),
        ("abcdefghijklmnopq", "password_common"),
        ("987654321098765", "password_common"),
        ("rosa luna rosa luna", "password_common"),
    ],
)
def test_refuses_the_short_and_the_common_only(password: str, code: str | None) -> None:
    assert refusal(password, "Rosa Luna") == code


def test_a_mail_address_is_no_password() -> None:
    assert refusal("rosa.luna@demo.tianguis.example", "rosa.luna@demo.tianguis.example") == "password_common"
    assert refusal("rosa.luna@demo.tianguis.example") is None


def test_suggested_phrases_are_good_and_differ() -> None:
    phrases = {suggested_phrase() for _ in range(50)}
    assert len(phrases) == 50
    assert {refusal(phrase) for phrase in phrases} <= {None, "password_short"}
    assert len(passwords._words()) == len(set(passwords._words())) > 800


def test_hashes_with_argon2id_19_mib_two_rounds() -> None:
    assert seal(GOOD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert NOBODYS.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_matches_only_its_password_in_either_spelling_of_accents() -> None:
    kept = seal("canción de mañana")
    assert matches(kept, "canción de mañana")
    assert not matches(kept, "cancion de manana")


@pytest.mark.parametrize("kept", [None, NOBODYS, Sealed("not a hash")])
def test_nobodys_password_never_matches(kept: Sealed | None) -> None:
    assert not matches(kept, GOOD)


def test_no_more_than_two_hashes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, now, most = threading.Lock(), 0, 0
    turn = threading.Event()

    class Slow:
        def hash(self, _password: str) -> str:
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            turn.wait(0.02)
            with lock:
                now -= 1
            return "hash"

    monkeypatch.setattr(passwords, "_hasher", Slow())
    threads = [threading.Thread(target=seal, args=(GOOD,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_says_so_when_no_place_comes_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "PATIENCE_S", 0.0)
    for _ in range(passwords.AT_ONCE):
        passwords._places.acquire()
    try:
        with pytest.raises(Busy):
            seal(GOOD)
    finally:
        for _ in range(passwords.AT_ONCE):
            passwords._places.release()


def test_an_unknown_account_takes_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both verify one hash of the same cost; a coarse bound guards against a short cut."""
    kept = seal(GOOD)

    def spent(hash_: Sealed | None) -> float:
        began = time.process_time()
        for _ in range(3):
            matches(hash_, "otra cosa muy distinta")
        return time.process_time() - began

    assert 0.5 < spent(None) / spent(kept) < 2
