"""One certificate of fictional people, its registry's keys and its lists, for tests of everything that reads credentials."""

from datetime import UTC, date, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.rules.credential import CertificateVersion, SchemeWords, StatusSlot
from certification.rules.criteria import DecisionMode, SubjectKind
from certification.rules.did import KeyPeriod, RegistryKeys, did_of, method_of
from certification.rules.disclosures import disclose
from certification.rules.signing import Keypair
from certification.rules.statement import GrantStatement, Place, Subject

ORIGIN = "https://tianguis.example"
DID = did_of(ORIGIN)
AT = datetime(2026, 11, 21, 16, 32, tzinfo=UTC)
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
PAIR = Keypair(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), demonstration=False)
METHOD = method_of(DID, PAIR.kid)
KEYS = RegistryKeys(DID, {PAIR.kid: KeyPeriod(PAIR.kid, PAIR.public, BEGUN)})
MAKERS = disclose("makers", ["Aurelia Prueba", "Benito Ficticio"], [bytes(range(16)), bytes(range(1, 17))])
REVOCATIONS = StatusSlot(f"{ORIGIN}/status/revocation/1", 94_567)
SUSPENSIONS = StatusSlot(f"{ORIGIN}/status/suspension/1", 23_452)
GRANT = GrantStatement(
    issuer=ORIGIN,
    code="A1B2C3D4E59",
    version=1,
    scheme_id="origen-local",
    scheme_version="1.0",
    scheme_digest="cd" * 32,
    label_class="artesania",
    mode=DecisionMode.PARTICIPATORY,
    subject=Subject(
        kind=SubjectKind.PRODUCT_LINE,
        holder="Taller Nube Roja",
        goods=("Tapete de lana", "Cojín de lana"),
        place=Place("20", "Oaxaca", "546", "Teotitlán del Valle", "0001", "Teotitlán del Valle"),
        techniques=("telar de pedal",),
        photo_digests=("ab" * 32,),
        refs=("01J0000000",),
    ),
    decided_on=date(2026, 11, 20),
    valid_from=date(2026, 11, 21),
    valid_until=date(2028, 11, 20),
    surveillance_due=date(2027, 11, 20),
)
VERSION = CertificateVersion(
    origin=ORIGIN,
    issuer_name="Registro Tianguis de prueba",
    grant=GRANT,
    scheme=SchemeWords(
        "Origen local", "Hecho a mano donde se dice.", date(2026, 1, 1), f"{ORIGIN}/owners/1", "Asamblea ficticia"
    ),
    holder_id=f"{ORIGIN}/c/A1B2C3D4E59#holder",
    revocation=REVOCATIONS,
    suspension=SUSPENSIONS,
    grace_ends=date(2028, 1, 19),
    commitments=tuple(one.commitment for one in MAKERS),
)
