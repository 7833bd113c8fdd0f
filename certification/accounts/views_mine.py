"""My account: what it says of me, and how I change it."""

from typing import Any

from flask import render_template

from certification.accounts.blueprint import bp
from certification.accounts.consents import VOLUNTARY, given
from certification.accounts.guard import me as whoever
from certification.accounts.guard import requires
from certification.accounts.permissions import Permission


@bp.get("/")
@requires(Permission.USE_ACCOUNT)
def me() -> Any:
    user = whoever()
    return render_template("accounts/me.html", user=user, purposes=VOLUNTARY, given=given(user), passkeys=len(user.passkeys))
