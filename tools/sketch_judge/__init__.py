"""A judge of drawings for tuning: a small classifier of human sketches, trained apart and never part of any loss.

``train`` makes it from PACS, ``measure`` asks it what the levels of runs show; ``README.md`` tells what it is good for.
"""
