"""What stands beside an exported model: how to translate with it."""

from typing import NamedTuple

PAGE = """\
# A Transformer for CTranslate2

Made by `python run.py task=export` from {run}. `vocabulary.json` cuts text into ids and joins them
again; to CTranslate2 a token's name is its id. In this folder, with ctranslate2 and whynorm
installed, this translates standard input line by line:

```python
import sys
from pathlib import Path
import ctranslate2
from whynorm.data.vocabulary import Vocabularies

text, engine = Vocabularies.load(Path("vocabulary.json")), ctranslate2.Translator(".")
source = [[str(number) for number in text.source.encode(line)] for line in sys.stdin]
found = engine.translate_batch(source, beam_size={beam}, length_penalty=0, min_decoding_length=0,
                               max_input_length={source}, max_decoding_length={target})
print(*(text.target.decode(map(int, one.hypotheses[0])) for one in found), sep="\\n")
```

Whatever ends within its limit comes out as from `task=translate` with `decoding.length_penalty=0`.
With another penalty a, scores are divided by length to the power of a here, and by
((5 + length) / 6) to the power of a there. `Translator(".", compute_type="int8")` may be faster,
and is not quite the same.
"""


class Limits(NamedTuple):
    """How `task=translate` would search: the beam, and the most tokens it reads and writes."""

    beam: int
    source: int
    target: int


def page(run: str, limits: Limits) -> str:
    """The README of an export."""
    return PAGE.format(run=run, **limits._asdict())
