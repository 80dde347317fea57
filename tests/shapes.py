"""How annotations are checked while the tests run."""

from beartype import BeartypeConf, beartype

# As every static checker reads it, a float may be an int.
checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
