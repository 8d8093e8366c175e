"""The metadata of a field: its name for people, its values, and when it has an effect.

The metadata stand in the annotation of the field: `beta: Annotated[float, Setting(...)] = 1.0`.
pydantic checks the values with them. The command line, the form and the docs are made from them.
"""

from __future__ import annotations

import dataclasses
import functools
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, TypeVar, get_type_hints

from annotated_types import GroupedMetadata, Gt, Interval, Predicate
from pydantic import AfterValidator, StringConstraints, ValidationError

# -0.0 becomes 0.0: equal configs must have the same JSON.
Number = Annotated[float, AfterValidator(lambda value: value + 0.0)]
LONGEST_VALUE = 80  # characters of a value in an error message
TYPES = {
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "a text",
}
UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")
MISSING = ("missing", "missing_argument", "missing_keyword_only_argument")
Class = TypeVar("Class", bound=type)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Setting(GroupedMetadata):
    """The metadata of a field.

    Attributes:
        label: the field's name for people, such as the title of a box in a form.
        help: the field's meaning, in a phrase.
        group: the heading that the field is listed under.
        note: more about the values; a form shows it on demand.
        unit: of the value.
        low, high: the least and the greatest value.
        above: a number that the value must be greater than.
        offered: the least and the greatest value in a form, if it offers a smaller range.
        step: change of the value by one click in a form.
        choices: all values; or the name "package.module:function" of a function that lists the
            values for a kind of data (None: any kind). It is a name, because its module imports
            the config.
        is_name: whether every lower-case name is valid. `choices` then lists the names that this
            installation knows; runs of another installation may have other names.
        read_when: other fields and their values: the field has an effect only if each of them has
            one of its values.
        kinds: kinds of data for which the field has an effect; empty for all kinds.
        name, type, default: of the field; `settings_of` sets them.
    """

    label: str
    help: str
    group: str
    note: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    above: float | None = None
    offered: tuple[float, float] | None = None
    step: float | None = None
    choices: tuple[str, ...] | str = ()
    is_name: bool = False
    read_when: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    name: str = ""
    type: type = str
    default: Any = None

    def __iter__(self) -> Iterator[Any]:
        """Yield the constraints that pydantic checks."""
        if self.low is not None or self.high is not None:
            yield Interval(ge=self.low, le=self.high)
        if self.above is not None:
            yield Gt(self.above)
        if self.is_name:
            yield from StringConstraints(pattern="^[a-z0-9][a-z0-9_]{0,39}$")
        elif self.choices:
            yield Predicate(lambda value: value in self.choices_for())

    def choices_for(self, kind: str | None = None) -> tuple[str, ...]:
        """Return the values to choose from for a kind of data; None: for any kind."""
        if isinstance(self.choices, str):
            return tuple(pkgutil.resolve_name(self.choices)(kind))
        return self.choices

    @property
    def title(self) -> str:
        """The label with the unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def condition(self) -> str:
        """The condition on its value, such as "from 0 to 1"; empty if only the type matters."""
        if self.is_name:
            return "a lower-case name"
        if self.choices:
            return f"one of {', '.join(self.choices_for())}"
        low, high = (f"{x:,.15g}" if x is not None else "" for x in (self.low, self.high))
        if low and high:
            return f"from {low} to {high}"
        least = f"at least {low}" if low else ""
        if self.above is not None:
            least = f"above {self.above:,.15g}"
        return " and ".join(part for part in (least, f"at most {high}" if high else "") if part)

    @property
    def when(self) -> str:
        """When it has an effect, such as "read when model is vae"; empty if it always has."""
        conditions = [f"{name} is {_any_of(values)}" for name, values in self.read_when.items()]
        if self.kinds:
            conditions.append(f"the data are {_any_of(self.kinds)}")
        return f"read when {' and '.join(conditions)}" if conditions else ""

    def read_by(self, values: Mapping[str, Any], kind: str | None = None) -> bool:
        """Return whether the field has an effect.

        Args:
            values: of the other fields.
            kind: of the data; None for any kind.
        """
        fits = kind is None or not self.kinds or kind in self.kinds
        return fits and all(values[name] in allowed for name, allowed in self.read_when.items())


def settings_of(cls: type) -> dict[str, Setting]:
    """Return the settings of a dataclass by the names of its fields, in their order."""
    hints = get_type_hints(cls, include_extras=True)
    settings = {}
    for field in dataclasses.fields(cls):
        hint = hints[field.name]
        (setting,) = (item for item in hint.__metadata__ if isinstance(item, Setting))
        settings[field.name] = dataclasses.replace(
            setting, name=field.name, type=hint.__origin__, default=field.default
        )
    return settings


def sentence(error: ValidationError, what: str, settings: Mapping[str, Setting]) -> str:
    """Return the first error of pydantic as one sentence.

    Args:
        error: of pydantic.
        what: the object that was checked, such as "the config".
        settings: the settings of the object's fields, by name; a field may have none.
    """
    errors = error.errors(include_url=False)
    first = errors[0]
    kind, place = first["type"], ".".join(map(str, first["loc"]))
    if kind == "json_invalid":
        return f"{what} is not valid JSON: {first['ctx']['error']}."
    if not place:
        return f"{what} must be a JSON object."
    if kind in UNKNOWN:
        unknown = sorted(str(other["loc"][-1]) for other in errors if other["type"] in UNKNOWN)
        return f"{what} has unknown fields: {', '.join(unknown)}."
    if kind in MISSING:
        return f"{what} lacks the field {place}."
    setting = settings.get(place)
    value = repr(first["input"])
    if len(value) > LONGEST_VALUE:
        value = value[:LONGEST_VALUE] + "…"
    if kind in TYPES:
        return f"{place} must be {TYPES[kind]}, got {value}."
    if setting and setting.condition:
        comma = ";" if setting.choices and not setting.is_name else ","
        return f"{place} must be {setting.condition}{comma} got {value}."
    return f"{place}: {first['msg'][0].lower()}{first['msg'][1:]}, got {value}."


def refuses_with(refusal: type[Exception], what: str) -> Callable[[Class], Class]:
    """Return a decorator for pydantic dataclasses that turns their errors into `refusal`.

    Args:
        refusal: the class of the exception to raise. Its message is one sentence.
        what: the object that is checked, see `sentence`.
    """

    def decorate(cls: Class) -> Class:
        validate = vars(cls)["__init__"]

        @functools.wraps(validate)
        def __init__(self: Any, *args: Any, **values: Any) -> None:
            try:
                validate(self, *args, **values)
            except ValidationError as error:
                raise refusal(sentence(error, what, settings_of(cls))) from None

        setattr(cls, "__init__", __init__)  # noqa: B010
        return cls

    return decorate


def markdown_table(settings: Iterable[Setting]) -> str:
    """Return the settings as a table in Markdown, one per row, for the docs."""
    rows = ["| field | default | values | what it is |", "| --- | --- | --- | --- |"]
    for setting in settings:
        names = setting.choices_for() if setting.is_name and setting.choices else ()
        meaning = f"{setting.help} ({setting.unit})" if setting.unit else setting.help
        default = f"{setting.default:g}" if setting.type is float else setting.default
        sentences = [_as_sentence(meaning), setting.note, _as_sentence(setting.when)]
        cells = (
            f"`{setting.name}`",
            f"`{default}`",
            ": ".join(filter(None, [setting.condition, ", ".join(names)])),
            " ".join(filter(None, sentences)),
        )
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _any_of(values: tuple[str, ...]) -> str:
    return " or ".join(filter(None, [", ".join(values[:-1]), values[-1]]))


def _as_sentence(phrase: str) -> str:
    return phrase and f"{phrase[0].upper()}{phrase[1:]}."
