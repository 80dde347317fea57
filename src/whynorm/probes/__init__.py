"""Instruments that ask live modules who depends on whom; nothing here is trained."""
