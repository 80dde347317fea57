"""Names of people, and of towns in both languages."""

from whynorm.data.language.words import Name

PEOPLE = tuple(
    Name(name, name)
    for name in ("Anna", "Peter", "Maria", "Paul", "Julia", "Martin", "Clara", "David")
)
TOWNS = (
    Name("Berlin", "Berlin"),
    Name("Wien", "Vienna"),
    Name("Hamburg", "Hamburg"),
    Name("München", "Munich"),
    Name("Köln", "Cologne"),
    Name("Paris", "Paris"),
)
