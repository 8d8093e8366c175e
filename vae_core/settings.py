"""What a field is called, which values it takes, when it is read; pydantic's errors in a sentence.

A class says it once, in the annotation of the field: `beta: Annotated[float, Setting(...)] = 1.0`.
pydantic checks the values by it; the command line, the form and the docs are made from it.
"""

from __future__ import annotations

import dataclasses
import functools
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, TypeVar, get_type_hints

from annotated_types import GroupedMetadata, Gt, Interval, Predicate
from pydantic import AfterValidator, StringConstraints, ValidationError

# -0.0 becomes 0.0: the two are equal, and are to be written alike.
Number = Annotated[float, AfterValidator(lambda value: value + 0.0)]
LONGEST_VALUE = 80  # characters of a value in a sentence
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
        label: its name for people, as over a box of a form.
        help: what it is, in a phrase.
        group: the heading it stands under.
        note: more about its values; a form shows it on demand.
        unit: of its value.
        low, high: the least and the greatest value.
        above: the value has to be greater than this.
        offered: the least and the greatest value of a form, where it offers fewer.
        step: of the box of a form.
        choices: all values, or where the function is that lists them, as "package.module:function";
            it takes the kind of data, None for any. A text, as such a module imports the config.
        is_name: any lower-case name is taken, and `choices` are those known here. For what a run
            folder of another installation may name.
        read_when: the field has no effect unless each of these other fields has one of the values.
        kinds: of data for which it has an effect; empty: any.
        name, type, default: of the field itself; `settings_of` fills them in.
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
        """What pydantic checks."""
        if self.low is not None or self.high is not None:
            yield Interval(ge=self.low, le=self.high)
        if self.above is not None:
            yield Gt(self.above)
        if self.is_name:
            yield from StringConstraints(pattern="^[a-z0-9][a-z0-9_]{0,39}$")
        elif self.choices:
            yield Predicate(lambda value: value in self.choices_for())

    def choices_for(self, kind: str | None = None) -> tuple[str, ...]:
        """The values to choose from, for data of that kind."""
        if isinstance(self.choices, str):
            return tuple(pkgutil.resolve_name(self.choices)(kind))
        return self.choices

    @property
    def title(self) -> str:
        """The label with the unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def condition(self) -> str:
        """What its value must be, such as "from 0 to 1"; nothing where any of its type will do."""
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
        """When it is read, such as "read when model is vae"; nothing where it always is."""
        conditions = [f"{name} is {_either(values)}" for name, values in self.read_when.items()]
        if self.kinds:
            conditions.append(f"the data are {_either(self.kinds)}")
        return f"read when {' and '.join(conditions)}" if conditions else ""

    def read_by(self, values: Mapping[str, Any], kind: str | None = None) -> bool:
        """Has the field an effect, the other fields having these values?

        Args:
            kind: of the data; None: of any.
        """
        fits = kind is None or not self.kinds or kind in self.kinds
        return fits and all(values[name] in allowed for name, allowed in self.read_when.items())


def settings_of(cls: type) -> dict[str, Setting]:
    """The settings of a dataclass by the names of its fields, in their order."""
    hints = get_type_hints(cls, include_extras=True)
    found = {}
    for field in dataclasses.fields(cls):
        hint = hints[field.name]
        (setting,) = (item for item in hint.__metadata__ if isinstance(item, Setting))
        found[field.name] = dataclasses.replace(
            setting, name=field.name, type=hint.__origin__, default=field.default
        )
    return found


def sentence(error: ValidationError, what: str, settings: Mapping[str, Setting]) -> str:
    """The first thing that is wrong, in one sentence.

    Args:
        what: was checked, such as "the config".
        settings: of its fields, as far as they have any.
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
    """Decorates a pydantic dataclass: bad values raise `refusal` with one sentence.

    Args:
        what: is checked, see `sentence`.
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
    """The settings for the docs: name, default, values and meaning, one a row."""
    rows = ["| field | default | values | what it is |", "| --- | --- | --- | --- |"]
    for setting in settings:
        names = setting.choices_for() if setting.is_name and setting.choices else ()
        meaning = f"{setting.help} ({setting.unit})" if setting.unit else setting.help
        default = f"{setting.default:g}" if setting.type is float else setting.default
        cells = (
            f"`{setting.name}`",
            f"`{default}`",
            ": ".join(filter(None, [setting.condition, ", ".join(names)])),
            " ".join(filter(None, [_sentence(meaning), setting.note, _sentence(setting.when)])),
        )
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _either(values: tuple[str, ...]) -> str:
    return " or ".join(filter(None, [", ".join(values[:-1]), values[-1]]))


def _sentence(phrase: str) -> str:
    return phrase and f"{phrase[0].upper()}{phrase[1:]}."
