"""Trains the embedded encoder: one small net that marks a photo's subject and sees a drawing as it sees the photo.

The steps, each a module to run from the project's top folder (``DATA`` holds the three archives that the model card names, ``WORK`` is
any folder outside the project):

    python -m tools.structure_net.prepare DATA WORK     cut-outs, photos and drawings of them, as arrays
    python -m tools.structure_net.train WORK            checkpoints; goes on where it was stopped
    python -m tools.structure_net.export DATA WORK      picasso_series/encoders/structure.npz
    python -m tools.structure_net.measure DATA WORK     its masks, marks and telling lines in pictures that it never saw

Nothing here is part of the installed package, and no picture is ever committed.
"""
