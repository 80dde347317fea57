"""What a config node describes, as an object."""

from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate

from whynorm.tasks.refusal import Refused, one_sentence


def made(node: Any) -> Any:
    """What a config node describes; a mistake in it is refused in one sentence.

    The only place that instantiates, so that a newer Hydra asks for a change here alone.
    """
    try:
        return instantiate(node, _convert_="all")
    except InstantiationException as error:
        cause = error.__cause__
        if isinstance(cause, ValueError | TypeError | ImportError):
            raise Refused(one_sentence(str(cause))) from error
        raise Refused(one_sentence(str(error))) from error
