"""Ridge logistic regression, by which small judgments are fitted onto what the trained net sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Table = NDArray[np.float64]


def regress(features: Table, truth: NDArray[np.bool_], ridge: float, known: Table | None = None) -> tuple[Table, float]:
    """Weights (C,) and bias of the regression of ``truth`` (N,) on ``features`` (N, C).

    Args:
        features: what is seen of each case.
        truth: what is to be told.
        ridge: what a weight of one costs, against the cases' log loss.
        known: log odds (N,) that are given and that the features' are added to.
    """
    sign = np.where(truth, 1.0, -1.0)
    given = np.zeros(len(truth)) if known is None else known

    def cost(x: Table) -> tuple[float, Table]:
        margin = sign * (features @ x[:-1] + x[-1] + given)
        slope = -sign / (1 + np.exp(margin))
        value = np.logaddexp(0, -margin).sum() + ridge / 2 * x[:-1] @ x[:-1]
        return float(value), np.append(features.T @ slope + ridge * x[:-1], slope.sum())

    best = minimize(cost, np.zeros(features.shape[1] + 1), jac=True, method="L-BFGS-B")
    return best.x[:-1], float(best.x[-1])
