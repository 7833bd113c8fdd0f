"""Showing that an account may speak for a party, and looking at what was shown."""

from typing import Any

from flask import flash, render_template, url_for
from flask_babel import gettext as _

from certification.accounts.blueprint import submitted
from certification.accounts.guard import me, requires
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.media import files
from certification.core.web import see_other
from certification.parties import queries, vetting
from certification.parties.blueprint import bp, form_page, home, load_party, load_proof
from certification.parties.forms import ProofForm, VetForm, VouchForm
from certification.parties.models import Party, RepresentationProof
from certification.parties.permissions import Permission
from certification.rules.errors import DomainError, InvalidInput, NotFound
from certification.rules.text import N_


@bp.route("/desk/parties/<public_id>/proof", methods=["GET", "POST"])
@requires(Permission.MANAGE, load=load_party)
def prove(party: Party) -> Any:
    form = ProofForm()

    def act() -> Any:
        given = form.file.data
        if not given:
            raise InvalidInput(sentence=N_("Falta la foto o el PDF del documento."), field="file")
        try:
            prepared = files.prepare_paper(given.stream)
        except DomainError as error:
            error.field = "file"
            raise
        with unit_of_work():
            kept = files.keep(prepared, name=given.filename or "", by=me(), at=clock.now())
            vetting.offer_document(party, form.text.data, kept, by=me(), at=clock.now())
        flash(_("Gracias. Una persona lo revisará y le avisaremos."), "success")
        return see_other(home(party))

    answer, status = submitted(form, act)
    return answer or form_page("prove", form, status, party=party)


@bp.route("/vouch/<public_id>", methods=["GET", "POST"])
@requires(Permission.VOUCH, load=load_party)
def vouch(party: Party) -> Any:
    """The page whose address a party gives to somebody who knows them."""
    form = VouchForm()

    def act() -> Any:
        with unit_of_work():
            vetting.vouch(party, form.text.data, by=me(), at=clock.now())
        flash(_("Gracias por su palabra. Una persona la revisará."), "success")
        return see_other(url_for("desk.index"))

    answer, status = submitted(form, act)
    return answer or form_page("vouch", form, status, party=party, place=queries.place_of(party))


@bp.get("/vetting")
@requires(Permission.VET_QUEUE)
def vetting_queue() -> Any:
    return render_template("parties/vetting.html", rows=queries.waiting_proofs(), nav="desk")


@bp.route("/vetting/<public_id>", methods=["GET", "POST"])
@requires(Permission.VET, load=load_proof)
def vet(proof: RepresentationProof) -> Any:
    form = VetForm()

    def act() -> Any:
        accepted = form.accepted.data == "yes"
        with unit_of_work():
            vetting.decide(proof, accepted=accepted, reason=form.reason.data or "", by=me(), at=clock.now())
        flash(_("Decisión guardada."), "success")
        return see_other(url_for("parties.vetting_queue"))

    answer, status = submitted(form, act)
    return answer or form_page("vet", form, status, proof=proof, sheet=queries.vetting_sheet(proof))


@bp.get("/vetting/<public_id>/document")
@requires(Permission.VET, load=load_proof)
def proof_document(proof: RepresentationProof) -> Any:
    if proof.file is None:
        raise NotFound
    return files.send_private(proof.file, attachment=True)
