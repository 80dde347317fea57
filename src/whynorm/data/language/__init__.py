"""The German and English that the `grammar` corpus speaks: lexicon, syntax, two grammars."""
