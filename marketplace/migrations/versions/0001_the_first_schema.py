"""The first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _instance_facts() -> None:
    op.create_table(
        "instance_facts",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_instance_facts")),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("to", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("public_id", name=op.f("uq_outbox_public_id")),
    )
    op.create_index("ix_outbox_due", "outbox", ["sent_at", "due_at"], unique=False)


def _place_municipalities() -> None:
    op.create_table(
        "place_municipalities",
        sa.Column("code", sa.String(length=5), nullable=False),
        sa.Column("state_code", sa.String(length=2), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("seat", sa.String(length=200), nullable=False),
        sa.Column("apart", sa.String(length=200), nullable=False),
        sa.Column("folded", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_place_municipalities")),
    )
    op.create_index("ix_place_municipalities_state", "place_municipalities", ["state_code", "folded"], unique=False)


def _sign_in_failures() -> None:
    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failures")),
    )
    op.create_index("ix_sign_in_failures_counted", "sign_in_failures", ["address", "account", "at"], unique=False)


def _spent_tokens() -> None:
    op.create_table(
        "spent_tokens",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_spent_tokens_digest")),
    )


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("handle", sa.String(length=40), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("email_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("erase_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("email_confirmed_at IS NULL OR email IS NOT NULL", name=op.f("ck_users_confirmed_has_email")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("handle", name=op.f("uq_users_handle")),
        sa.UniqueConstraint("public_id", name=op.f("uq_users_public_id")),
    )


def _audit_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("subject_kind", sa.String(length=60), nullable=False),
        sa.Column("subject_id", sa.String(length=60), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("on_behalf_of", sa.String(length=60), nullable=True),
        sa.Column("details", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_audit_entries_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_by_id"), "audit_entries", ["by_id"], unique=False)
    op.create_index("ix_audit_entries_subject", "audit_entries", ["subject_kind", "subject_id"], unique=False)


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("text_version", sa.String(length=60), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_consents_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_user_id"), "consents", ["user_id"], unique=False)


def _known_devices() -> None:
    op.create_table(
        "known_devices",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_known_devices_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_devices")),
        sa.UniqueConstraint("user_id", "digest", name=op.f("uq_known_devices_user_id_digest")),
    )
    op.create_index(op.f("ix_known_devices_user_id"), "known_devices", ["user_id"], unique=False)


def _one_time_codes() -> None:
    op.create_table(
        "one_time_codes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.ForeignKeyConstraint(["made_by_id"], ["users.id"], name=op.f("fk_one_time_codes_made_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_one_time_codes_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_codes")),
        sa.UniqueConstraint("digest", name=op.f("uq_one_time_codes_digest")),
    )
    op.create_index(op.f("ix_one_time_codes_address"), "one_time_codes", ["address"], unique=False)
    op.create_index(op.f("ix_one_time_codes_user_id"), "one_time_codes", ["user_id"], unique=False)


def _parties() -> None:
    op.create_table(
        "parties",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("branch", sa.String(length=60), nullable=True),
        sa.Column("state_code", sa.String(length=2), nullable=False),
        sa.Column("municipality_code", sa.String(length=5), nullable=True),
        sa.Column("municipality", sa.String(length=200), nullable=False),
        sa.Column("locality", sa.String(length=200), nullable=True),
        sa.Column("reference", sa.String(length=500), nullable=True),
        sa.Column("vetting", sa.String(length=40), nullable=False),
        sa.Column("vetted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("vetted_by_id", sa.Integer(), nullable=True),
        sa.Column("search_text", sa.String(length=700), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(vetting = 'vetted') = (vetted_at IS NOT NULL)", name=op.f("ck_parties_vetted_has_date")),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_parties_created_by_id")),
        sa.ForeignKeyConstraint(["vetted_by_id"], ["users.id"], name=op.f("fk_parties_vetted_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parties")),
        sa.UniqueConstraint("public_id", name=op.f("uq_parties_public_id")),
    )
    op.create_index("ix_parties_by_name", "parties", ["search_text"], unique=False)
    op.create_index("ix_parties_state_code", "parties", ["state_code"], unique=False)


def _passkeys() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_passkeys_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )
    op.create_index(op.f("ix_passkeys_user_id"), "passkeys", ["user_id"], unique=False)


def _place_localities() -> None:
    op.create_table(
        "place_localities",
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("municipality_code", sa.String(length=5), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("folded", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_code"], ["place_municipalities.code"], name=op.f("fk_place_localities_municipality_code")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_place_localities")),
    )
    op.create_index("ix_place_localities_municipality", "place_localities", ["municipality_code", "folded"], unique=False)


def _place_postal_codes() -> None:
    op.create_table(
        "place_postal_codes",
        sa.Column("postal_code", sa.String(length=5), nullable=False),
        sa.Column("municipality_code", sa.String(length=5), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_code"], ["place_municipalities.code"], name=op.f("fk_place_postal_codes_municipality_code")
        ),
        sa.PrimaryKeyConstraint("postal_code", "municipality_code", name=op.f("pk_place_postal_codes")),
    )


def _role_holdings() -> None:
    op.create_table(
        "role_holdings",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=60), nullable=False),
        sa.Column("given_by_id", sa.Integer(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["given_by_id"], ["users.id"], name=op.f("fk_role_holdings_given_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_role_holdings_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_holdings")),
    )
    op.create_index("ix_role_holdings_scope", "role_holdings", ["role", "scope"], unique=False)
    op.create_index(op.f("ix_role_holdings_user_id"), "role_holdings", ["user_id"], unique=False)


def _stored_files() -> None:
    op.create_table(
        "stored_files",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content_type", sa.String(length=60), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("renditions", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("illustration", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_stored_files_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_files")),
        sa.UniqueConstraint("public_id", name=op.f("uq_stored_files_public_id")),
    )
    op.create_index("ix_stored_files_digest", "stored_files", ["digest"], unique=False)


def _belongings() -> None:
    op.create_table(
        "belongings",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["parties.id"], name=op.f("fk_belongings_member_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["parties.id"], name=op.f("fk_belongings_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_belongings")),
        sa.UniqueConstraint("member_id", "organization_id", "since", name=op.f("uq_belongings_member_id_organization_id_since")),
    )
    op.create_index(op.f("ix_belongings_member_id"), "belongings", ["member_id"], unique=False)
    op.create_index(op.f("ix_belongings_organization_id"), "belongings", ["organization_id"], unique=False)


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["accepted_by_id"], ["users.id"], name=op.f("fk_invitations_accepted_by_id")),
        sa.ForeignKeyConstraint(["made_by_id"], ["users.id"], name=op.f("fk_invitations_made_by_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_invitations_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("digest", name=op.f("uq_invitations_digest")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invitations_public_id")),
    )
    op.create_index(op.f("ix_invitations_made_by_id"), "invitations", ["made_by_id"], unique=False)
    op.create_index(op.f("ix_invitations_party_id"), "invitations", ["party_id"], unique=False)


def _mandates() -> None:
    op.create_table(
        "mandates",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("giver_id", sa.Integer(), nullable=False),
        sa.Column("holder_party_id", sa.Integer(), nullable=True),
        sa.Column("holder_user_id", sa.Integer(), nullable=True),
        sa.Column("power", sa.String(length=40), nullable=False),
        sa.Column("how", sa.String(length=500), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(holder_party_id IS NULL) <> (holder_user_id IS NULL)", name=op.f("ck_mandates_one_holder")),
        sa.ForeignKeyConstraint(["giver_id"], ["parties.id"], name=op.f("fk_mandates_giver_id")),
        sa.ForeignKeyConstraint(["holder_party_id"], ["parties.id"], name=op.f("fk_mandates_holder_party_id")),
        sa.ForeignKeyConstraint(["holder_user_id"], ["users.id"], name=op.f("fk_mandates_holder_user_id")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["users.id"], name=op.f("fk_mandates_recorded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandates")),
        sa.UniqueConstraint("public_id", name=op.f("uq_mandates_public_id")),
    )
    op.create_index(op.f("ix_mandates_giver_id"), "mandates", ["giver_id"], unique=False)
    op.create_index(op.f("ix_mandates_holder_party_id"), "mandates", ["holder_party_id"], unique=False)
    op.create_index(op.f("ix_mandates_holder_user_id"), "mandates", ["holder_user_id"], unique=False)
    op.create_index(op.f("ix_mandates_recorded_by_id"), "mandates", ["recorded_by_id"], unique=False)


def _memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("given_by_id", sa.Integer(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request_key", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["given_by_id"], ["users.id"], name=op.f("fk_memberships_given_by_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_memberships_party_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("request_key", name=op.f("uq_memberships_request_key")),
    )
    op.create_index("ix_memberships_current", "memberships", ["user_id", "party_id", "ended_at"], unique=False)
    op.create_index(op.f("ix_memberships_party_id"), "memberships", ["party_id"], unique=False)
    op.create_index(op.f("ix_memberships_user_id"), "memberships", ["user_id"], unique=False)


def _producers() -> None:
    op.create_table(
        "producers",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("line", sa.String(length=500), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("story_en", sa.Text(), nullable=False),
        sa.Column("languages", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("whatsapp", sa.String(length=20), nullable=True),
        sa.Column("whatsapp_shown", sa.Boolean(), nullable=False),
        sa.Column("visits", sa.String(length=500), nullable=False),
        sa.Column("portrait_id", sa.Integer(), nullable=True),
        sa.Column("cover_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("away_until", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["cover_id"], ["stored_files.id"], name=op.f("fk_producers_cover_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_producers_party_id")),
        sa.ForeignKeyConstraint(["portrait_id"], ["stored_files.id"], name=op.f("fk_producers_portrait_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_producers")),
        sa.UniqueConstraint("party_id", name=op.f("uq_producers_party_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_producers_public_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_producers_slug")),
    )


def _representation_proofs() -> None:
    op.create_table(
        "representation_proofs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("given_by_id", sa.Integer(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_representation_proofs_decided_by_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_files.id"], name=op.f("fk_representation_proofs_file_id")),
        sa.ForeignKeyConstraint(["given_by_id"], ["users.id"], name=op.f("fk_representation_proofs_given_by_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_representation_proofs_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_representation_proofs")),
        sa.UniqueConstraint("public_id", name=op.f("uq_representation_proofs_public_id")),
    )
    op.create_index(op.f("ix_representation_proofs_given_by_id"), "representation_proofs", ["given_by_id"], unique=False)
    op.create_index(op.f("ix_representation_proofs_party_id"), "representation_proofs", ["party_id"], unique=False)


def _schemes() -> None:
    op.create_table(
        "schemes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("official", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_schemes_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schemes")),
        sa.UniqueConstraint("key", name=op.f("uq_schemes_key")),
    )


def _ties() -> None:
    op.create_table(
        "ties",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declared_by_id", sa.Integer(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["declared_by_id"], ["users.id"], name=op.f("fk_ties_declared_by_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_ties_party_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_ties_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ties")),
        sa.UniqueConstraint("public_id", name=op.f("uq_ties_public_id")),
    )
    op.create_index("ix_ties_pair", "ties", ["user_id", "party_id"], unique=False)
    op.create_index(op.f("ix_ties_party_id"), "ties", ["party_id"], unique=False)
    op.create_index(op.f("ix_ties_user_id"), "ties", ["user_id"], unique=False)


def _makers() -> None:
    op.create_table(
        "makers",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("producer_id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=True),
        sa.Column("public_name", sa.String(length=200), nullable=False),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consent_how", sa.String(length=500), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_makers_party_id")),
        sa.ForeignKeyConstraint(["producer_id"], ["producers.id"], name=op.f("fk_makers_producer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_makers")),
        sa.UniqueConstraint("public_id", name=op.f("uq_makers_public_id")),
    )
    op.create_index(op.f("ix_makers_producer_id"), "makers", ["producer_id"], unique=False)


def _scheme_versions() -> None:
    op.create_table(
        "scheme_versions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("scheme_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("document", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mark", sa.String(length=200), nullable=True),
        sa.Column("mark_ends_on", sa.Date(), nullable=True),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'consultation') OR activated_at IS NOT NULL", name=op.f("ck_scheme_versions_active_has_date")
        ),
        sa.ForeignKeyConstraint(["scheme_id"], ["schemes.id"], name=op.f("fk_scheme_versions_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheme_versions")),
        sa.UniqueConstraint("scheme_id", "version", name=op.f("uq_scheme_versions_scheme_id_version")),
    )
    op.create_index(op.f("ix_scheme_versions_scheme_id"), "scheme_versions", ["scheme_id"], unique=False)


def _applications() -> None:
    op.create_table(
        "applications",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("scheme_version_id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("applicant_id", sa.Integer(), nullable=False),
        sa.Column("subject_kind", sa.String(length=60), nullable=False),
        sa.Column("stage", sa.String(length=60), nullable=False),
        sa.Column("goods", sa.String(length=500), nullable=False),
        sa.Column("techniques", sa.String(length=500), nullable=False),
        sa.Column("marks", sa.String(length=500), nullable=False),
        sa.Column("makers", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("subject_refs", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("sent", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_until", sa.Date(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("photo_id", sa.Integer(), nullable=True),
        sa.Column("request_key", sa.String(length=60), nullable=True),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'decided') = (decided_at IS NOT NULL)", name=op.f("ck_applications_decided_has_date")),
        sa.CheckConstraint("(state = 'decided') = (decided_by_id IS NOT NULL)", name=op.f("ck_applications_decided_has_decider")),
        sa.CheckConstraint("(state = 'decided') = (outcome IS NOT NULL)", name=op.f("ck_applications_decided_has_outcome")),
        sa.CheckConstraint(
            "state IN ('draft', 'withdrawn_by_applicant') OR submitted_at IS NOT NULL", name=op.f("ck_applications_sent_has_date")
        ),
        sa.ForeignKeyConstraint(["applicant_id"], ["users.id"], name=op.f("fk_applications_applicant_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_applications_decided_by_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_applications_party_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["stored_files.id"], name=op.f("fk_applications_photo_id")),
        sa.ForeignKeyConstraint(["scheme_version_id"], ["scheme_versions.id"], name=op.f("fk_applications_scheme_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        sa.UniqueConstraint("public_id", name=op.f("uq_applications_public_id")),
        sa.UniqueConstraint("request_key", name=op.f("uq_applications_request_key")),
    )
    op.create_index(op.f("ix_applications_applicant_id"), "applications", ["applicant_id"], unique=False)
    op.create_index(op.f("ix_applications_party_id"), "applications", ["party_id"], unique=False)
    op.create_index("ix_applications_queue", "applications", ["state", "submitted_at"], unique=False)
    op.create_index(op.f("ix_applications_scheme_version_id"), "applications", ["scheme_version_id"], unique=False)


def _products() -> None:
    op.create_table(
        "products",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("producer_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=True),
        sa.Column("materials", sa.String(length=500), nullable=False),
        sa.Column("technique", sa.String(length=500), nullable=False),
        sa.Column("community", sa.String(length=200), nullable=False),
        sa.Column("care", sa.String(length=500), nullable=False),
        sa.Column("size", sa.String(length=500), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("one_of_a_kind", sa.Boolean(), nullable=False),
        sa.Column("made_to_order", sa.Boolean(), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=True),
        sa.Column("maker_id", sa.Integer(), nullable=True),
        sa.Column("price_centavos", sa.Integer(), nullable=True),
        sa.Column("state_code", sa.String(length=2), nullable=False),
        sa.Column("cover", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("description_en", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("pictures", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.CheckConstraint(
            "state = 'draft' OR published_at IS NOT NULL OR state = 'archived'", name=op.f("ck_products_shown_has_date")
        ),
        sa.ForeignKeyConstraint(["maker_id"], ["makers.id"], name=op.f("fk_products_maker_id")),
        sa.ForeignKeyConstraint(["producer_id"], ["producers.id"], name=op.f("fk_products_producer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("public_id", name=op.f("uq_products_public_id")),
    )
    op.create_index("ix_products_category", "products", ["state", "category", "published_at", "id"], unique=False)
    op.create_index("ix_products_cheapest", "products", ["state", "price_centavos", "id"], unique=False)
    op.create_index("ix_products_newest", "products", ["state", "published_at", "id"], unique=False)
    op.create_index("ix_products_place", "products", ["state", "state_code", "published_at", "id"], unique=False)
    op.create_index("ix_products_stall", "products", ["producer_id", "state", "published_at", "id"], unique=False)


def _answers() -> None:
    op.create_table(
        "answers",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("criterion", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("applies", sa.Boolean(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_answers_application_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("application_id", "criterion", name=op.f("uq_answers_application_id_criterion")),
    )
    op.create_index(op.f("ix_answers_application_id"), "answers", ["application_id"], unique=False)


def _certificates() -> None:
    op.create_table(
        "certificates",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=11), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("scheme_version_id", sa.Integer(), nullable=False),
        sa.Column("holder_id", sa.Integer(), nullable=False),
        sa.Column("holder_ref", sa.String(length=12), nullable=False),
        sa.Column("holder_name", sa.String(length=200), nullable=False),
        sa.Column("subject_kind", sa.String(length=60), nullable=False),
        sa.Column("label_class", sa.String(length=60), nullable=False),
        sa.Column("goods", sa.String(length=500), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("state_code", sa.String(length=2), nullable=False),
        sa.Column("municipality", sa.String(length=200), nullable=False),
        sa.Column("photo_id", sa.Integer(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("surveillance_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("grace_ends", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspension_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("surrendered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("successor", sa.String(length=11), nullable=True),
        sa.Column("page", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(superseded_at IS NULL) = (successor IS NULL)", name=op.f("ck_certificates_superseded_has_successor")
        ),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_certificates_some_validity")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_certificates_application_id")),
        sa.ForeignKeyConstraint(["holder_id"], ["parties.id"], name=op.f("fk_certificates_holder_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["stored_files.id"], name=op.f("fk_certificates_photo_id")),
        sa.ForeignKeyConstraint(["scheme_version_id"], ["scheme_versions.id"], name=op.f("fk_certificates_scheme_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
        sa.UniqueConstraint("code", name=op.f("uq_certificates_code")),
    )
    op.create_index(op.f("ix_certificates_application_id"), "certificates", ["application_id"], unique=False)
    op.create_index("ix_certificates_granted_at", "certificates", ["granted_at", "id"], unique=False)
    op.create_index("ix_certificates_holder", "certificates", ["holder_id"], unique=False)
    op.create_index(op.f("ix_certificates_holder_ref"), "certificates", ["holder_ref"], unique=False)
    op.create_index(op.f("ix_certificates_scheme_version_id"), "certificates", ["scheme_version_id"], unique=False)


def _claim_documents() -> None:
    op.create_table(
        "claim_documents",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by_id", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["accepted_by_id"], ["users.id"], name=op.f("fk_claim_documents_accepted_by_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_files.id"], name=op.f("fk_claim_documents_file_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_claim_documents_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_documents")),
    )
    op.create_index(op.f("ix_claim_documents_product_id"), "claim_documents", ["product_id"], unique=False)


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("label_class", sa.String(length=60), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.String(length=60), nullable=True),
        sa.Column("criterion", sa.String(length=60), nullable=True),
        sa.Column("public_summary", sa.Text(), nullable=False),
        sa.Column("appeal_until", sa.Date(), nullable=True),
        sa.Column("agreed", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_decisions_application_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_decisions_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("public_id", name=op.f("uq_decisions_public_id")),
    )
    op.create_index(op.f("ix_decisions_application_id"), "decisions", ["application_id"], unique=False)
    op.create_index(op.f("ix_decisions_decided_by_id"), "decisions", ["decided_by_id"], unique=False)


def _enquiries() -> None:
    op.create_table(
        "enquiries",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("buyer_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("request_key", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("label_state", sa.String(length=20), nullable=True),
        sa.CheckConstraint("(channel = 'mail') = (email IS NOT NULL)", name=op.f("ck_enquiries_mail_has_address")),
        sa.CheckConstraint("(channel = 'whatsapp') = (phone IS NOT NULL)", name=op.f("ck_enquiries_whatsapp_has_number")),
        sa.ForeignKeyConstraint(["buyer_id"], ["users.id"], name=op.f("fk_enquiries_buyer_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_enquiries_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiries")),
        sa.UniqueConstraint("public_id", name=op.f("uq_enquiries_public_id")),
        sa.UniqueConstraint("request_key", name=op.f("uq_enquiries_request_key")),
    )
    op.create_index(op.f("ix_enquiries_buyer_id"), "enquiries", ["buyer_id"], unique=False)
    op.create_index("ix_enquiries_desk", "enquiries", ["product_id", "state"], unique=False)


def _evaluations() -> None:
    op.create_table(
        "evaluations",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("evaluator_id", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.String(length=40), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=True),
        sa.Column("assigned_by_id", sa.Integer(), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("no_tie_declared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("visited_on", sa.Date(), nullable=True),
        sa.Column("recommendation", sa.String(length=40), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(submitted_at IS NULL) = (recommendation IS NULL)", name=op.f("ck_evaluations_sent_has_recommendation")
        ),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_evaluations_application_id")),
        sa.ForeignKeyConstraint(["assigned_by_id"], ["users.id"], name=op.f("fk_evaluations_assigned_by_id")),
        sa.ForeignKeyConstraint(["evaluator_id"], ["users.id"], name=op.f("fk_evaluations_evaluator_id")),
        sa.ForeignKeyConstraint(["workshop_id"], ["parties.id"], name=op.f("fk_evaluations_workshop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluations")),
        sa.UniqueConstraint("application_id", "evaluator_id", name=op.f("uq_evaluations_application_id_evaluator_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_evaluations_public_id")),
    )
    op.create_index(op.f("ix_evaluations_application_id"), "evaluations", ["application_id"], unique=False)
    op.create_index(op.f("ix_evaluations_evaluator_id"), "evaluations", ["evaluator_id"], unique=False)


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("criterion", sa.String(length=60), nullable=False),
        sa.Column("ask", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("caption", sa.String(length=500), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request_key", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(["added_by_id"], ["users.id"], name=op.f("fk_evidence_added_by_id")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_evidence_application_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_files.id"], name=op.f("fk_evidence_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("public_id", name=op.f("uq_evidence_public_id")),
        sa.UniqueConstraint("request_key", name=op.f("uq_evidence_request_key")),
    )
    op.create_index(op.f("ix_evidence_added_by_id"), "evidence", ["added_by_id"], unique=False)
    op.create_index(op.f("ix_evidence_application_id"), "evidence", ["application_id"], unique=False)
    op.create_index("ix_evidence_case", "evidence", ["application_id", "criterion"], unique=False)


def _product_photos() -> None:
    op.create_table(
        "product_photos",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("alt", sa.String(length=500), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["stored_files.id"], name=op.f("fk_product_photos_file_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_product_photos_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_photos")),
        sa.UniqueConstraint("public_id", name=op.f("uq_product_photos_public_id")),
    )
    op.create_index("ix_product_photos_row", "product_photos", ["product_id", "removed_at", "position", "id"], unique=False)


def _returns() -> None:
    op.create_table(
        "returns",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("reason_code", sa.String(length=60), nullable=False),
        sa.Column("criterion", sa.String(length=60), nullable=True),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("from_review", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_returns_application_id")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_returns_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returns")),
    )
    op.create_index(op.f("ix_returns_application_id"), "returns", ["application_id"], unique=False)
    op.create_index(op.f("ix_returns_by_id"), "returns", ["by_id"], unique=False)


def _variants() -> None:
    op.create_table(
        "variants",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("price_centavos", sa.Integer(), nullable=True),
        sa.Column("on_hand", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_variants_on_hand_not_negative")),
        sa.CheckConstraint("price_centavos > 0", name=op.f("ck_variants_price_positive")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_variants_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variants")),
        sa.UniqueConstraint("product_id", "position", name=op.f("uq_variants_product_id_position")),
        sa.UniqueConstraint("public_id", name=op.f("uq_variants_public_id")),
    )


def _certificate_acts() -> None:
    op.create_table(
        "certificate_acts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("reason_code", sa.String(length=60), nullable=True),
        sa.Column("criterion", sa.String(length=60), nullable=True),
        sa.Column("public_summary", sa.Text(), nullable=False),
        sa.Column("appeal_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("details", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_certificate_acts_by_id")),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificates.id"], name=op.f("fk_certificate_acts_certificate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_acts")),
    )
    op.create_index(op.f("ix_certificate_acts_by_id"), "certificate_acts", ["by_id"], unique=False)
    op.create_index(op.f("ix_certificate_acts_certificate_id"), "certificate_acts", ["certificate_id"], unique=False)


def _certificate_subjects() -> None:
    op.create_table(
        "certificate_subjects",
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("subject_ref", sa.String(length=40), nullable=False),
        sa.Column("unhooked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unhooked_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificates.id"], name=op.f("fk_certificate_subjects_certificate_id")),
        sa.PrimaryKeyConstraint("certificate_id", "subject_ref", name=op.f("pk_certificate_subjects")),
    )
    op.create_index(op.f("ix_certificate_subjects_subject_ref"), "certificate_subjects", ["subject_ref"], unique=False)


def _certificate_versions() -> None:
    op.create_table(
        "certificate_versions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("statement", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("kid", sa.String(length=60), nullable=False),
        sa.Column("signature", sa.String(length=120), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificates.id"], name=op.f("fk_certificate_versions_certificate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_versions")),
        sa.UniqueConstraint("certificate_id", "number", name=op.f("uq_certificate_versions_certificate_id_number")),
    )


def _enquiry_messages() -> None:
    op.create_table(
        "enquiry_messages",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("enquiry_id", sa.Integer(), nullable=False),
        sa.Column("by_buyer", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_enquiry_messages_by_id")),
        sa.ForeignKeyConstraint(["enquiry_id"], ["enquiries.id"], name=op.f("fk_enquiry_messages_enquiry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiry_messages")),
    )
    op.create_index(op.f("ix_enquiry_messages_enquiry_id"), "enquiry_messages", ["enquiry_id"], unique=False)


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("criterion", sa.String(length=60), nullable=False),
        sa.Column("value", sa.String(length=60), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("plan_due", sa.Date(), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 3", name=op.f("ck_findings_score_range")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluations.id"], name=op.f("fk_findings_evaluation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sa.UniqueConstraint("evaluation_id", "criterion", name=op.f("uq_findings_evaluation_id_criterion")),
    )


ON_SQLITE = (
    "CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit entries are only ever added'); END",
    "CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit entries are only ever added'); END",
    "CREATE TRIGGER scheme_versions_frozen BEFORE UPDATE ON scheme_versions WHEN OLD.state <> 'draft' AND (NEW.scheme_id IS NOT OLD.scheme_id OR NEW.version IS NOT OLD.version OR NEW.document IS NOT OLD.document OR NEW.digest IS NOT OLD.digest) BEGIN SELECT RAISE(ABORT, 'the text of a scheme version never changes once it has left the draft'); END",
    "CREATE VIRTUAL TABLE product_words USING fts5(search_text, content='products', content_rowid='id', prefix='2 3')",
    "CREATE TRIGGER products_words_added AFTER INSERT ON products BEGIN INSERT INTO product_words(rowid, search_text) VALUES (new.id, new.search_text); END",
    "CREATE TRIGGER products_words_gone AFTER DELETE ON products BEGIN INSERT INTO product_words(product_words, rowid, search_text) VALUES ('delete', old.id, old.search_text); END",
    "CREATE TRIGGER products_words_changed AFTER UPDATE OF search_text ON products BEGIN INSERT INTO product_words(product_words, rowid, search_text) VALUES ('delete', old.id, old.search_text); INSERT INTO product_words(rowid, search_text) VALUES (new.id, new.search_text); END",
    "CREATE TRIGGER certificate_acts_no_update BEFORE UPDATE ON certificate_acts BEGIN SELECT RAISE(ABORT, 'what was signed or done is only ever added'); END",
    "CREATE TRIGGER certificate_acts_no_delete BEFORE DELETE ON certificate_acts BEGIN SELECT RAISE(ABORT, 'what was signed or done is only ever added'); END",
    "CREATE TRIGGER certificate_versions_no_update BEFORE UPDATE ON certificate_versions BEGIN SELECT RAISE(ABORT, 'what was signed or done is only ever added'); END",
    "CREATE TRIGGER certificate_versions_no_delete BEFORE DELETE ON certificate_versions BEGIN SELECT RAISE(ABORT, 'what was signed or done is only ever added'); END",
)
ON_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'audit entries are only ever added'; END $$",
    "CREATE TRIGGER audit_entries_no_change BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_entries_refuse()",
    "CREATE OR REPLACE FUNCTION scheme_versions_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the text of a scheme version never changes once it has left the draft'; END $$",
    "CREATE TRIGGER scheme_versions_frozen BEFORE UPDATE ON scheme_versions FOR EACH ROW WHEN (OLD.state <> 'draft' AND (NEW.scheme_id IS DISTINCT FROM OLD.scheme_id OR NEW.version IS DISTINCT FROM OLD.version OR NEW.document IS DISTINCT FROM OLD.document OR NEW.digest IS DISTINCT FROM OLD.digest)) EXECUTE FUNCTION scheme_versions_refuse()",
    "CREATE INDEX ix_products_words ON products USING gin (to_tsvector('simple', search_text))",
    "CREATE OR REPLACE FUNCTION certificate_acts_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'what was signed or done is only ever added'; END $$",
    "CREATE TRIGGER certificate_acts_no_change BEFORE UPDATE OR DELETE ON certificate_acts FOR EACH ROW EXECUTE FUNCTION certificate_acts_refuse()",
    "CREATE OR REPLACE FUNCTION certificate_versions_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'what was signed or done is only ever added'; END $$",
    "CREATE TRIGGER certificate_versions_no_change BEFORE UPDATE OR DELETE ON certificate_versions FOR EACH ROW EXECUTE FUNCTION certificate_versions_refuse()",
)


def upgrade() -> None:
    _instance_facts()
    _outbox()
    _place_municipalities()
    _sign_in_failures()
    _spent_tokens()
    _users()
    _audit_entries()
    _consents()
    _known_devices()
    _one_time_codes()
    _parties()
    _passkeys()
    _place_localities()
    _place_postal_codes()
    _role_holdings()
    _stored_files()
    _belongings()
    _invitations()
    _mandates()
    _memberships()
    _producers()
    _representation_proofs()
    _schemes()
    _ties()
    _makers()
    _scheme_versions()
    _applications()
    _products()
    _answers()
    _certificates()
    _claim_documents()
    _decisions()
    _enquiries()
    _evaluations()
    _evidence()
    _product_photos()
    _returns()
    _variants()
    _certificate_acts()
    _certificate_subjects()
    _certificate_versions()
    _enquiry_messages()
    _findings()
    for statement in ON_SQLITE if op.get_bind().dialect.name == "sqlite" else ON_POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)
