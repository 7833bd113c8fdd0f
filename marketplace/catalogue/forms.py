"""The one-screen form of a product, and the lines of its variants."""

from dataclasses import fields
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, FieldList, FormField, HiddenField, SelectField, StringField, TextAreaField
from wtforms import Form as PlainForm
from wtforms.validators import InputRequired
from wtforms.widgets import TextInput

from certification.core.forms import Form, at_most, tidy, wrong
from certification.core.i18n import language, sentence
from certification.rules.errors import DomainError, InvalidInput
from certification.rules.text import N_
from marketplace.catalogue import values as limits
from marketplace.catalogue.models import Product
from marketplace.catalogue.readiness import NotReady, ProtectedWords
from marketplace.catalogue.taxonomy import Shelf, category, sellable
from marketplace.catalogue.values import ListingValues, VariantValues, read_price
from marketplace.producers.models import Maker

LONGEST_ANSWER = 40
LONGEST_VERSION = 12


class MoneyField(Field):  # type: ignore[misc]  # wtforms ships no types
    """An amount of pesos as people write it; ``data`` is centavos, or None when left empty."""

    widget = TextInput()

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.written: str | None = None

    def _value(self) -> str:
        if self.written is not None:
            return self.written
        return f"{self.data // 100:,}.{self.data % 100:02d}" if self.data is not None else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.written = (tidy(valuelist[0]) or "")[:LONGEST_ANSWER] if valuelist else ""
        self.data = None
        if self.written:
            try:
                self.data = read_price(self.written)
            except InvalidInput as error:
                raise ValueError(sentence(error)) from error


class NumberField(Field):  # type: ignore[misc]  # wtforms ships no types
    """A whole number within bounds; ``data`` is None when left empty. What was typed stays as it was."""

    widget = TextInput()

    def __init__(self, *args: Any, least: int, most: int, **given: Any) -> None:
        super().__init__(*args, **given)
        self.least, self.most = least, most
        self.written: str | None = None

    def _value(self) -> str:
        return self.written if self.written is not None else ("" if self.data is None else str(self.data))

    def process_formdata(self, valuelist: list[str]) -> None:
        self.written = (tidy(valuelist[0]) or "")[:LONGEST_ANSWER] if valuelist else ""
        self.data = None
        digits = self.written.replace(",", "").replace(" ", "")
        if not digits:
            return
        if not (digits.isascii() and digits.isdigit() and self.least <= int(digits) <= self.most):
            raise ValueError(_bounds(self.least, self.most))
        self.data = int(digits)


def _bounds(least: int, most: int) -> str:
    return sentence(InvalidInput("out_of_range", N_("Escriba un número de %(min)d a %(max)d."), min=least, max=most))


class ListingForm(Form):
    """Photographs have addresses of their own; their descriptions come with these fields, as ``alt-<id>``."""

    version = HiddenField()
    name = StringField(_l("Nombre"), [at_most(limits.LONGEST_NAME)], description=_l("Qué es y de qué está hecho. Así la buscan."))
    price = MoneyField(_l("Precio"), description=_l("Lo que usted recibe: aquí no hay comisión."))
    stock = NumberField(_l("¿Cuántas tiene?"), least=0, most=limits.MOST_ON_HAND)
    one_of_a_kind = BooleanField(_l("Es pieza única"))
    made_to_order = BooleanField(_l("También se hace sobre pedido"))
    lead_days = NumberField(_l("Días para hacerla sobre pedido"), least=1, most=limits.MOST_LEAD_DAYS)
    maker = SelectField(_l("¿Quién la hizo?"))
    category = SelectField(_l("Rama o categoría"))
    materials = StringField(_l("Materiales"), [at_most(limits.LONGEST_LINE)])
    technique = StringField(_l("Técnica"), [at_most(limits.LONGEST_LINE)])
    community = StringField(_l("Comunidad de origen"), [at_most(limits.LONGEST_NAME)])
    description = TextAreaField(_l("Cómo se hizo"), [at_most(limits.LONGEST_PROSE)])
    size = StringField(_l("Medidas"), [at_most(limits.LONGEST_LINE)])
    weight_g = NumberField(_l("Peso en gramos"), least=1, most=limits.MOST_GRAMS)
    unit = SelectField(_l("Se vende por"))
    hours = NumberField(_l("Horas de trabajo"), least=1, most=limits.MOST_HOURS)
    care = StringField(_l("Cuidados"), [at_most(limits.LONGEST_LINE)])
    name_en = StringField(_l("Nombre en inglés"), [at_most(limits.LONGEST_NAME)])
    description_en = TextAreaField(_l("Cómo se hizo, en inglés"), [at_most(limits.LONGEST_PROSE)])

    def offer(self, product: Product, makers: list[Maker]) -> None:
        """What the selects let choose: the producer's makers, and what is on the product already."""
        self.maker.choices = [("", _l("El taller entero")), *((one.public_id, one.public_name) for one in makers)]
        self.category.choices = _categories(product)
        self.unit.choices = list(UNIT_NAMES.items())

    def refuse(self, error: DomainError) -> None:
        """Beside its field; a list of problems each beside its own, protected words in the words of their rule."""
        if isinstance(error, NotReady):
            for one in error.problems:
                self.refuse(one)
        elif isinstance(error, ProtectedWords):
            field = self[error.claim.field]
            field.errors = [*field.errors, error.claim.message(language())]
        else:
            error.field = {"price_centavos": "price"}.get(error.field or "", error.field)
            super().refuse(error)

    @property
    def opened_at(self) -> int:
        """The version of the product that the form was opened with; 0 when it does not say."""
        return version_in(self.version.data)

    def values(self, alts: dict[str, str]) -> ListingValues:
        """What was filled in; ``alts`` by the photographs' public ids."""
        special = {"price_centavos", "category", "maker", "alts"}
        names = (one.name for one in fields(ListingValues) if one.name not in special)
        plain = {name: self[name].data or getattr(ListingValues, name) for name in names}
        plain["stock"] = self.stock.data  # none left is not nothing said
        return ListingValues(
            **plain,
            price_centavos=self.price.data,
            category=self.category.data or None,
            maker=self.maker.data or None,
            alts=tuple(alts.items()),
        )


UNIT_NAMES = {
    "pieza": _l("pieza"),
    "par": _l("par"),
    "juego": _l("juego"),
    "paquete": _l("paquete"),
    "bolsa": _l("bolsa"),
    "frasco": _l("frasco"),
    "kg": _l("kilo"),
    "g": _l("gramo"),
    "L": _l("litro"),
    "ml": _l("mililitro"),
}
SHELF_NAMES = {Shelf.CRAFT: _l("Artesanía"), Shelf.FOOD_AND_MORE: _l("Alimentos y más")}


def _categories(product: Product) -> dict[Any, list[tuple[str, str]]]:
    lang = language()
    offered = list(sellable())
    present = category(product.category) if product.category else None
    if present is not None and present not in offered:
        offered.append(present)
    groups: dict[Any, list[tuple[str, str]]] = {"": [("", str(_l("Elija una")))]}
    for one in offered:
        groups.setdefault(str(SHELF_NAMES[one.shelf]), []).append((one.id, one.label(lang)))
    return groups


def version_in(word: str | None) -> int:
    """The number in a hidden field; 0, which no row has, when it holds none."""
    return int(word) if word and word.isascii() and word.isdigit() and len(word) < LONGEST_VERSION else 0


def filled(product: Product) -> dict[str, Any]:
    """The form's data as the product stands."""
    only = product.variants[0] if len(product.variants) == 1 else None
    plain = {one.name: getattr(product, one.name) for one in fields(ListingValues) if hasattr(product, one.name)}
    return plain | {
        "version": product.version_id,
        "price": only.price_centavos if only else product.price_centavos,
        "stock": only.on_hand if only else None,
        "maker": product.maker.public_id if product.maker else "",
        "category": product.category or "",
    }


class VariantLine(PlainForm):  # type: ignore[misc]  # wtforms ships no types
    """One size, weight or colour. An empty line is none."""

    public_id = HiddenField()
    name = StringField(_l("Tamaño, peso o color"), [at_most(limits.LONGEST_ALT)], filters=[tidy])
    price = MoneyField(_l("Precio"))
    stock = NumberField(_l("¿Cuántas tiene?"), least=0, most=limits.MOST_ON_HAND)

    @property
    def empty(self) -> bool:
        return not (self.name.data or self.price.written or self.stock.written)


class VariantsForm(Form):
    """The lines that exist and a few empty ones."""

    version = HiddenField(validators=[InputRequired()])
    lines = FieldList(FormField(VariantLine), max_entries=limits.MOST_VARIANTS)

    @property
    def opened_at(self) -> int:
        """As for :class:`ListingForm`."""
        return version_in(self.version.data)

    def validate_lines(self, field: FieldList) -> None:
        for line in field:
            one = line.form
            if not one.empty and one.price.data is None and not one.price.errors:
                one.price.errors = [*one.price.errors, str(_l("Falta el precio."))]
                raise wrong("A cada opción le falta su precio.")

    def wanted(self) -> list[VariantValues]:
        """The lines that hold something."""
        return [
            VariantValues(one.name.data or "", one.price.data, one.stock.data, one.public_id.data or None)
            for one in (line.form for line in self.lines)
            if not one.empty
        ]
