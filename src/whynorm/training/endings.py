"""Ways in which a training ends that need no traceback: what happened, and the exit code."""


class Ending(Exception):
    """A run came to an end that its message tells all of."""

    exit_code = 1


class Unwritten(Ending):
    """The training is over, but something of it could not be written."""


class OutOfMemory(Ending):
    """A batch did not fit into memory."""
