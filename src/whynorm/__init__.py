"""Why does the Transformer normalise the way it does, and what do its masks really do?"""

from importlib.metadata import version

__version__ = version("whynorm")
