"""``python -m picasso_series`` is the command line."""

from picasso_series.cli.app import main

main()
