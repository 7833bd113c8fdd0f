"""The whole demonstration market as one frozen record."""

from dataclasses import dataclass

from marketplace.demonstration.content.records import (
    DemoEnquiry,
    DemoParty,
    DemoPerson,
    DemoProducer,
    DemoProduct,
    DemoTie,
)
from marketplace.demonstration.content.records_labels import DemoApplication, DemoCertificate


@dataclass(frozen=True, slots=True)
class DemoContent:
    """All of it. ``schemes`` are documents of the shape of standards.json's schemes, plus ``external_mark``."""

    producers: tuple[DemoProducer, ...]
    parties: tuple[DemoParty, ...]
    people: tuple[DemoPerson, ...]
    ties: tuple[DemoTie, ...]
    certificates: tuple[DemoCertificate, ...]
    applications: tuple[DemoApplication, ...]
    enquiries: tuple[DemoEnquiry, ...]
    schemes: tuple[dict[str, object], ...]

    @property
    def products(self) -> tuple[DemoProduct, ...]:
        return tuple(product for producer in self.producers for product in producer.products)

    @property
    def all_people(self) -> tuple[DemoPerson, ...]:
        """Members of the producers first, then everyone else."""
        return tuple(person for producer in self.producers for person in producer.people) + self.people

    @property
    def all_parties(self) -> tuple[DemoParty, ...]:
        """The producers' parties first, then those that sell nothing here."""
        return tuple(producer.party for producer in self.producers) + self.parties
