"""Config nodes held against the constructors that they name: keys first, then types."""

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pkgutil import resolve_name
from typing import Any, get_type_hints

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError

from whynorm.tasks.refusal import Refused, choices

HYDRA_KEYS = {"_target_", "_partial_", "_args_", "_convert_", "_recursive_"}


def hold(place: str, node: Any) -> None:
    """Refuse a key or value in this node, or in one below it, that its constructor does not take.

    `place` is what the user writes to get there, such as `norm`.
    """
    if isinstance(node, Mapping):
        if "_target_" in node:
            values = {key: value for key, value in node.items() if key not in HYDRA_KEYS}
            hold_arguments(place, target(place, node["_target_"]), values)
        for key, below in node.items():
            hold(f"{place}.{key}", below)


def hold_arguments(place: str, maker: Callable[..., Any], values: Mapping[str, Any]) -> None:
    """Refuse values that the maker has no argument for, or whose type its annotation forbids."""
    parameters = inspect.signature(maker).parameters
    hints = annotations(maker)
    for key, value in values.items():
        if key not in parameters:
            raise Refused(f"{place}.{key}: {place} has no such option; {choices(key, parameters)}")
        if key in hints and not made_elsewhere(value):
            hold_type(f"{place}.{key}", value, hints[key])


def hold_type(place: str, value: Any, annotation: Any) -> None:
    """Refuse a value that is not of the annotated type."""
    adapter = reader(annotation)
    if adapter is None:
        return
    try:
        # As JSON, where a list may stand for a tuple and a text for a path, not for a number.
        adapter.validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        wanted = "; or ".join(dict.fromkeys(reasons(error)))
        raise Refused(f"{place}={shown(value)}: {wanted}") from error


def reasons(error: ValidationError) -> Iterator[str]:
    """What each type that the annotation allows would have wanted."""
    for one in error.errors():
        message = one["msg"].replace("Input should be", "must be")
        yield "must have more values" if message == "Field required" else message


def shown(value: Any) -> str:
    """A value as the user writes it."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def made_elsewhere(value: Any) -> bool:
    """True where a constructor of its own makes the value, or part of it."""
    if isinstance(value, Mapping):
        return "_target_" in value or any(made_elsewhere(below) for below in value.values())
    return isinstance(value, list) and any(made_elsewhere(below) for below in value)


def target(place: str, name: str) -> Callable[..., Any]:
    """The constructor or function of that name."""
    try:
        return resolve_name(name)
    except (ImportError, AttributeError, ValueError) as error:
        raise Refused(f"{place}._target_={name} cannot be imported") from error


def annotations(maker: Callable[..., Any]) -> dict[str, Any]:
    """The types of the maker's arguments; none where they name what only a type checker sees."""
    function = maker.__init__ if inspect.isclass(maker) else maker
    try:
        return get_type_hints(function, include_extras=True)
    except (NameError, TypeError):
        return {}


@cache
def reader(annotation: Any) -> TypeAdapter | None:
    """Checks values against the annotation; None where it is none that plain values can meet."""
    try:
        return TypeAdapter(annotation, config=ConfigDict(arbitrary_types_allowed=True))
    except (PydanticSchemaGenerationError, PydanticUserError, TypeError):
        return None
