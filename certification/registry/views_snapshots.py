"""The monthly snapshots: a page that lists them, the same as JSON, and their files, which never change."""

from flask import Blueprint, render_template, send_file
from werkzeug.wrappers import Response as AnyResponse

from certification.accounts.guard import requires
from certification.registry import snapshots
from certification.registry.documents import HTML, IMMUTABLE, JSON, missing, opened, public, wanted
from certification.registry.permissions import Permission
from certification.registry.views_register import licence

bp = Blueprint("snapshots", __name__)


@bp.get("/register/snapshots")
@requires(Permission.SEE)
def index() -> AnyResponse | str:
    """Each month with its rows, its files and their digests, the newest first."""
    found = snapshots.listed()
    if wanted(HTML, JSON) == JSON:
        said = {"licence": licence(), "snapshots": [one.manifest for one in found]}
        return public(said, JSON, "no-cache")
    return render_template("register/snapshots.html", found=found, licence=licence(), months_back=snapshots.MONTHS_BACK)


@bp.get("/register/snapshots/<file>")
@requires(Permission.SEE)
def download(file: str) -> AnyResponse:
    """A gzip file as it was written, or the manifest of a month (``2026-11.json``)."""
    month, _, ending = file.partition(".")
    if ending == "json":
        said = snapshots.manifest_of(month)
        return missing() if said is None else public(said, JSON, IMMUTABLE)
    found = snapshots.file_of(file)
    if found is None or not found[0].exists():
        return missing()
    path, known = found
    response = send_file(path, mimetype="application/gzip", as_attachment=True, download_name=file, etag=known["sha256"])
    response.headers["Cache-Control"] = IMMUTABLE
    response.headers["Link"] = f'<{licence()}>; rel="license"'
    return opened(response)
