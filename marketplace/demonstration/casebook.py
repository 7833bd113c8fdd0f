"""One application of the demonstration, and the label that it led to."""

from collections.abc import Callable
from dataclasses import dataclass

from certification.applications.models import Application
from certification.registry.models import Certificate
from certification.schemes.models import SchemeVersion
from marketplace.demonstration.content import DemoApplication
from marketplace.demonstration.people import Cast

Step = tuple[int, int, Callable[[], object]]


@dataclass
class Case:
    """One application under way, with the certificate it led to."""

    demo: DemoApplication
    cast: Cast
    version: SchemeVersion
    begins: int | None = None
    renews: "Case | None" = None
    application: Application | None = None
    certificate: Certificate | None = None

    @property
    def row(self) -> Application:
        assert self.application is not None  # noqa: S101 - the first event starts it
        return self.application

    @property
    def label(self) -> Certificate:
        assert self.certificate is not None, self.demo.key  # noqa: S101 - granted on an earlier day
        return self.certificate
