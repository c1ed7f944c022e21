"""Experiments on the program's own ways of drawing, made so that anyone can repeat them: ``python -m picasso_series.studies.<name>``."""
