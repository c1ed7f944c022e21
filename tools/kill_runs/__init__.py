"""Kill picasso-series at random moments, and see that it ends as if nobody had.

``python -m tools.kill_runs`` draws, films, builds a gallery and fetches weights, kills each with SIGKILL again and again, starts the same
command anew until it ends by itself, and compares what it leaves with what an unkilled one leaves. Part of a checkout only.
"""
