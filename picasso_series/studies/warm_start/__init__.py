"""Is the warm start worth it? Levels that start from the strokes before them against levels that start anew, at equal budget.

``python -m picasso_series.studies.warm_start PHOTO… -o DIR`` draws, judges and reports; ``docs/warm-start.md`` tells what came of it.
"""
