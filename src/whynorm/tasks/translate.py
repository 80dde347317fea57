"""`task=translate`: translates a file, standard input, or what is typed, line by line."""

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from whynorm.decoding.translator import Translation, Translator
from whynorm.tasks import build
from whynorm.tasks.cross_attention import cross_attention
from whynorm.tasks.refusal import Refused
from whynorm.tasks.revival import Revived, revive
from whynorm.tasks.terminal import complain

PROMPT = "> "


def translate(config: DictConfig) -> None:
    """One line of output for each line of input; `n_best` translations have tabs between them."""
    run = revive(config)
    translator = make_translator(run, config.n_best)
    if config.input is None and typed_at_a_terminal():
        converse(translator)
        return
    lines = read(config.input)
    found = translations(translator, lines)
    write(config.output, [line_of(one) for one in found])
    if config.attention is not None:
        draw(run, [one[0] for one in found], Path(config.attention))


def typed_at_a_terminal() -> bool:
    """True where someone may type the input."""
    return sys.stdin.isatty()


def make_translator(run: Revived, n_best: int) -> Translator:
    """Translates with the run's model, by beam search where there is a beam or several are due."""
    wide = run.config.decoding.beam > 1 or n_best > 1
    search = build.beam(run.config, n_best=n_best) if wide else build.greedy(run.config)
    return build.make_translator(run.config, run.model, run.rules, run.vocabularies, search)


def translations(translator: Translator, lines: Sequence[str]) -> list[list[Translation]]:
    """The translations of each line; what was cut is said on standard error."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        try:
            found = translator.alternatives(lines)
        except ValueError as error:
            raise Refused(str(error)) from error
    for warning in said:
        complain(str(warning.message))
    return found


def line_of(alternatives: Sequence[Translation]) -> str:
    """The translations of one input line, as one line."""
    return "\t".join(" ".join(one.text.split()) for one in alternatives)


def converse(translator: Translator) -> None:
    """Translate each line as it is typed, until the input ends."""
    complain("Type a sentence; end with Ctrl-D.")
    while True:
        try:
            line = input(PROMPT)
        except (EOFError, KeyboardInterrupt):
            complain("")
            return
        found = line_of(translations(translator, [line])[0])
        sys.stdout.write(found.replace("\t", "\n") + "\n")


def read(name: str | None) -> list[str]:
    """The lines of a file or of standard input; only line feeds end a line."""
    place = "standard input" if name is None else name
    try:
        content = sys.stdin.buffer.read() if name is None else Path(name).read_bytes()
    except OSError as error:
        raise Refused(f"input={place} cannot be read: {error.strerror}") from error
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return [decoded(line, number, place) for number, line in enumerate(lines, start=1)]


def decoded(line: bytes, number: int, place: str) -> str:
    """A line as text."""
    try:
        return line.removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(
            f"{place}, line {number}, byte {error.start + 1}: this is not UTF-8; convert the text"
        ) from error


def write(name: str | None, lines: Sequence[str]) -> None:
    """Write the lines to a file, or to standard output."""
    text = "".join(line + "\n" for line in lines)
    if name is None:
        sys.stdout.write(text)
        return
    try:
        Path(name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"output={name} cannot be written: {error.strerror}") from error


def draw(run: Revived, found: Sequence[Translation], path: Path) -> None:
    """Draw what the first translated line attended to."""
    from whynorm.results import attention

    shown = next((one for one in found if one.source_ids and one.target_ids), None)
    if shown is None:
        raise Refused(f"attention={path}: no line was translated, so there is nothing to draw")
    weights = cross_attention(run.model, run.rules, shown).tolist()
    source = [run.vocabularies.source.decode([token]) for token in shown.source_ids]
    target = [run.vocabularies.target.decode([token]) for token in shown.target_ids]
    try:
        attention.draw(weights, source, target, path)
    except (ValueError, OSError) as error:
        raise Refused(f"attention={path} cannot be drawn: {error}") from error
