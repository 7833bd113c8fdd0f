"""All models, so that the schema is whole wherever it is asked for."""

from certification.accounts import models as accounts
from certification.applications import models as applications
from certification.audit import models as audit
from certification.core import instance, outbox
from certification.core.media import models as media
from certification.core.orm import Base
from certification.log import models as log
from certification.parties import models as parties
from certification.parties.places import catalogue as places
from certification.registry import logged
from certification.registry import models as registry
from certification.registry.watches import models as watches
from certification.schemes import models as schemes
from marketplace.catalogue import models as catalogue
from marketplace.enquiries import models as enquiries
from marketplace.producers import models as producers

METADATA = Base.metadata
MODULES = (
    accounts,
    applications,
    audit,
    catalogue,
    enquiries,
    instance,
    log,
    logged,
    media,
    outbox,
    parties,
    places,
    producers,
    registry,
    schemes,
    watches,
)
