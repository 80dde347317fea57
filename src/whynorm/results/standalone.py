"""What pages are made of that open from disk and need nothing but themselves."""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).parent
KINDS = {".svg": "image/svg+xml", ".png": "image/png"}


def environment() -> Environment:
    """What makes pages of the templates beside this file: all that they are given is escaped."""
    return Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def own(name: str) -> str:
    """The text of a file that lies beside this one."""
    return (HERE / name).read_text(encoding="utf-8")


def digest(content: str) -> str:
    """The SHA-256 of a script or a style sheet, as policies write it."""
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def address(picture: Path) -> str:
    """A picture as an address that holds it; as an image, it runs no script."""
    content = base64.b64encode(picture.read_bytes()).decode()
    return f"data:{KINDS[picture.suffix]};base64,{content}"
