"""Feeds every reader of the program with damaged, strange and hostile input, and tells what is not answered by one sentence.

    python -m tools.fuzz                                  100,000 cases over all readers
    python -m tools.fuzz --cases 500 photo manifest       500 cases of each of these readers
    python -m tools.fuzz --case photo:123 --keep DIR      one case again, with its files left in DIR

A case is a reader's name and a number: the same everywhere the same libraries are installed, so that cases can be split by ranges
(``--seed``) and taken up again. Commands run in this process through the program's own ``run``, which makes sentences of errors;
``seams`` says what of drawing is left out. A case fails when there is a traceback or a remark of Python's, an exit code outside the
contract, an error without its one sentence, more than ``--cpu`` seconds of processor time, two minutes on the clock, or more than
1.5 GB of memory. Most of a case's time goes into its folder: with ``TMPDIR`` on a disk in memory it takes half as long.
"""
