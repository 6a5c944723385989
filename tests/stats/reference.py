"""Writes reference.json: what SciPy, statsmodels and krippendorff say, or plain enumeration where they have no such method.

python3 -m venv venv && venv/bin/pip install scipy statsmodels pandas krippendorff
venv/bin/python tests/stats/reference.py
"""

import itertools
import json
import math
import pathlib

import krippendorff
import numpy as np
import pandas as pd
import scipy
import statsmodels
from scipy import stats
from scipy.special import gammaln
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(20260401)


def numeric():
    return {
        "logGamma": [[x, gammaln(x)] for x in (0.1, 0.5, 1, 1.5, 3, 12.5, 151, 5000)],
        "normalCdf": [[x, stats.norm.cdf(x)] for x in (-7, -3.2, -1, 0, 0.3, 1.96, 5)],
        "normalQuantile": [[p, stats.norm.ppf(p)] for p in (0.001, 0.025, 0.2, 0.5, 0.8, 0.975, 0.9999)],
        "studentQuantile": [[p, df, stats.t.ppf(p, df)] for p in (0.025, 0.8, 0.975, 0.999) for df in (1, 2, 4, 8, 74, 149, 9999)],
        "studentCdf": [[t, df, stats.t.cdf(t, df)] for t in (-3, -0.2, 0, 1.4, 8) for df in (1, 3, 17.5, 300)],
        "noncentralStudentCdf": [
            [t, df, d, stats.nct.cdf(t, df, d)] for t in (-2.1, 0.5, 2.3) for df in (1, 2, 8, 60, 800) for d in (0.3, 2, 4.5)
        ],
    }


def wilson():
    cases = [(0, 6), (1, 6), (2, 6), (6, 6), (127, 150), (125, 150), (1, 1), (9, 24), (431, 1000)]
    return [[k, n, level, *proportion_confint(k, n, 1 - level, "wilson")] for k, n in cases for level in (0.9, 0.95, 0.99)]


def clustered(strata):
    """Linearised ratio, stratified clusters, Korn-Graubard size with the design effect floored at 1."""
    flat = [s for stratum in strata for s in stratum]
    d, n = sum(x for x, _ in flat), sum(y for _, y in flat)
    p = d / n
    variance = 0.0
    for stratum in strata:
        if len(stratum) > 1:
            e = np.array([x - p * y for x, y in stratum]) / n
            variance += len(stratum) * np.var(e, ddof=1)
    df = len(flat) - len(strata)
    deff = variance / (p * (1 - p) / n) if 0 < p < 1 else 1.0
    size = n / max(1.0, deff) * min(1.0, (stats.t.ppf(0.975, n - 1) / stats.t.ppf(0.975, df)) ** 2)
    low, high = proportion_confint(p * size, size, 0.05, "wilson")
    return {"strata": strata, "low": low, "high": high, "designEffect": deff}


def clustered_cases():
    return [
        clustered([[[24, 25]] * 3, [[15, 25], [23, 25], [17, 25]]]),
        clustered([[[14, 25], [22, 25], [20, 25]]]),
        clustered([[[24, 25], [20, 24], [9, 21], [17, 25]], [[3, 8], [5, 8], [8, 8]], [[1, 5]]]),
    ]


def weighted_difference(strata):
    weights = [len(a) * len(b) / (len(a) + len(b)) for a, b in strata]
    return sum(w * (np.mean(a) - np.mean(b)) for w, (a, b) in zip(weights, strata)) / sum(weights)


def labellings(strata):
    per_stratum = []
    for a, b in strata:
        pool, n = list(a) + list(b), len(a)
        splits = []
        for chosen in itertools.combinations(range(len(pool)), n):
            splits.append(([pool[i] for i in chosen], [v for i, v in enumerate(pool) if i not in chosen]))
        per_stratum.append(splits)
    return itertools.product(*per_stratum)


def tails(strata, shift=0.0):
    """Share of labellings at least as far up, and down, as the one seen, once group a is moved down by shift."""
    moved = [([x - shift for x in a], list(b)) for a, b in strata]
    seen = weighted_difference(moved)
    values = np.array([weighted_difference(s) for s in labellings(moved)])
    tolerance = 1e-9
    return np.mean(values >= seen - tolerance), np.mean(values <= seen + tolerance)


def inverted(strata, level):
    """Ends of the shifts that the two-sided test at 1 - level does not refuse, by bisection."""
    alpha = 1 - level
    span = 10 * max(1.0, max(abs(v) for a, b in strata for v in list(a) + list(b)))

    def refused(shift):
        up, down = tails(strata, shift)
        return 2 * min(up, down) <= alpha + 1e-9

    if not refused(span):
        return None
    ends = []
    for far in (-span, span):
        inside, outside = weighted_difference(strata), far
        if refused(inside):
            return "the estimate itself is refused"
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if refused(middle) else (middle, outside)
        ends.append((inside + outside) / 2)
    return ends


def permutation():
    single = [
        ([0.96, 0.92, 0.6, 0.88], [0.56, 0.72, 0.8, 0.64, 0.52]),
        ([12.25, 15.5, 11.125, 19.75], [14.5, 9.875, 13.3, 10.0]),
        ([0.4, 0.4, 0.6], [0.6, 0.2, 0.6, 0.4]),
        ([0.96] * 3, [0.92] * 3),
    ]
    stratified = [
        [([24 / 25] * 3, [23 / 25] * 3), ([15 / 25, 23 / 25, 17 / 25], [14 / 25, 22 / 25, 20 / 25])],
        [([0.375] * 3, [0.375] * 3), ([0.5, 0.5, 0.375], [0.375, 0.375, 0.5])],
        [([3.1, 5.9], [2.2, 1.7, 2.9]), ([10.4, 9.1, 12.6], [8.8, 7.25])],
        [([1 / 33, 5 / 33, 9 / 33], [2 / 33, 30 / 33]), ([31 / 33, 2 / 33], [11 / 33, 1 / 33, 7 / 33])],
    ]
    out = []
    for strata in [[s] for s in single] + stratified:
        up, down = tails(strata)
        entry = {
            "strata": [{"a": a, "b": b} for a, b in strata],
            "difference": weighted_difference(strata),
            "p": min(1.0, 2 * min(up, down)),
            "intervals": {str(level): inverted(strata, level) for level in (0.8, 0.95)},
            "assignments": math.prod(math.comb(len(a) + len(b), len(a)) for a, b in strata),
        }
        if len(strata) == 1:
            a, b = strata[0]
            test = stats.permutation_test((a, b), lambda x, y, axis: np.mean(x, axis=axis) - np.mean(y, axis=axis), n_resamples=np.inf, vectorized=True)
            entry["scipy"] = test.pvalue
        out.append(entry)
    return out


def exact_conditional(tables):
    p, first = np.array([1.0]), 0
    for (x, n), (y, m) in tables:
        defended = x + y
        low, high = max(0, defended - m), min(n, defended)
        p, first = np.convolve(p, stats.hypergeom.pmf(np.arange(low, high + 1), n + m, defended, n)), first + low
    seen = sum(x for (x, _), _ in tables) - first
    return min(1.0, p[p <= p[seen] * (1 + 1e-7)].sum())


def tables():
    cases = [
        [((2, 6), (1, 6))],
        [((6, 6), (0, 6))],
        [((7, 9), (2, 11))],
        [((0, 3), (0, 3)), ((2, 3), (1, 3))],
        [((3, 3), (0, 3)), ((3, 3), (0, 3))],
        [((5, 7), (1, 6)), ((4, 4), (2, 5)), ((1, 8), (0, 3))],
        [((180, 300), (150, 310)), ((20, 40), (33, 90))],
    ]
    out = []
    for case in cases:
        entry = {"tables": [{"a": {"defended": x, "of": n}, "b": {"defended": y, "of": m}} for (x, n), (y, m) in case]}
        entry["p"] = exact_conditional(case)
        weights = [n * m / (n + m) for (_, n), (_, m) in case]
        entry["difference"] = sum(w * (x / n - y / m) for w, ((x, n), (y, m)) in zip(weights, case)) / sum(weights)
        if len(case) == 1:
            (x, n), (y, m) = case[0]
            entry["fisher"] = stats.fisher_exact([[x, n - x], [y, m - y]]).pvalue
            entry["newcombe"] = list(confint_proportions_2indep(x, n, y, m, method="newcomb", compare="diff"))
        out.append(entry)
    return out


def detectable():
    power = TTestIndPower()
    means = [
        {"a": a, "b": b, "power": w, "alpha": alpha, "effect": power.solve_power(nobs1=a, ratio=b / a, alpha=alpha, power=w)}
        for a, b in ((4, 4), (6, 6), (5, 12), (40, 40), (200, 350))
        for w, alpha in ((0.8, 0.05), (0.9, 0.01))
    ]
    fisher = []
    for a, b, start, end in ((6, 6, 0.0, 0.9), (10, 12, 0.2, 0.75), (30, 30, 0.5, 0.2)):
        refused = np.array(
            [[stats.fisher_exact([[x, a - x], [y, b - y]]).pvalue <= 0.05 for y in range(b + 1)] for x in range(a + 1)]
        )
        chance = np.outer(stats.binom.pmf(range(a + 1), a, start), stats.binom.pmf(range(b + 1), b, end))
        fisher.append({"a": a, "b": b, "from": start, "to": end, "power": float((chance * refused).sum())})
    return {"means": means, "fisher": fisher}


def anova():
    balanced = [
        {"baseline": b, "agent": a, "condition": c, "value": round(float(50 + 9 * (b == "x") + 4 * (a == "q") + 3 * (c == "g") + rng.normal(0, 6)), 3)}
        for b in "xyz" for a in "pq" for c in "gh" for _ in range(3)
    ]
    unbalanced = [row for i, row in enumerate(balanced) if i % 5 != 0 and i not in (1, 2, 3)]
    names = ["baseline", "agent", "condition"]

    def explained(frame, subset):
        if not subset:
            return 0.0
        fit = ols("value ~ " + " + ".join(f"C({f})" for f in subset), frame).fit()
        return float(fit.ess)

    def averaged(frame):
        gains = {f: [] for f in names}
        for order in itertools.permutations(names):
            for i, f in enumerate(order):
                gains[f].append(explained(frame, order[: i + 1]) - explained(frame, order[:i]))
        return {f: float(np.mean(g)) for f, g in gains.items()}

    out = []
    for rows in (balanced, unbalanced):
        frame = pd.DataFrame(rows)
        full = ols("value ~ C(baseline) * C(agent) * C(condition)", frame).fit()
        entry = {"rows": rows, "squares": averaged(frame), "total": float(full.centered_tss), "within": float(full.ssr)}
        entry["interaction"] = entry["total"] - entry["within"] - explained(frame, names)
        if rows is balanced:
            table = anova_lm(ols("value ~ C(baseline) + C(agent) + C(condition)", frame).fit(), typ=2)
            entry["anova"] = {f: float(table.loc[f"C({f})", "sum_sq"]) for f in names}
        out.append(entry)
    return out


def alpha():
    out = []
    for density in (1.0, 0.7):
        matrix = rng.integers(0, 2, (3, 40)).astype(float)
        matrix[1] = np.where(rng.random(40) < 0.7, matrix[0], matrix[1])
        matrix[rng.random(matrix.shape) > density] = np.nan
        units = [[str(int(v)) for v in column if not np.isnan(v)] for column in matrix.T]
        out.append({"units": units, "alpha": krippendorff.alpha(matrix, level_of_measurement="nominal")})
    return out


def corrections():
    sets = [[0.01, 0.04, 0.03, 0.005], [0.2], [0.5, 0.5, 0.001, 1.0, 0.02, 0.02], [round(float(p), 4) for p in rng.random(33) ** 3]]
    return [
        {"ps": ps, "holm": list(multipletests(ps, method="holm")[1]), "bh": list(multipletests(ps, method="fdr_bh")[1])}
        for ps in sets
    ]


def bootstrap():
    values = [0.56, 0.88, 0.8, 0.96, 0.6, 0.92, 0.68, 0.72]
    result = stats.bootstrap((values,), np.mean, n_resamples=200_000, method="percentile", rng=rng)
    return {
        "values": values,
        "low": result.confidence_interval.low,
        "high": result.confidence_interval.high,
        "standardError": result.standard_error,
    }


result = {
    "madeWith": {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "numpy": np.__version__},
    "numeric": numeric(),
    "wilson": wilson(),
    "clustered": clustered_cases(),
    "permutation": permutation(),
    "tables": tables(),
    "detectable": detectable(),
    "anova": anova(),
    "alpha": alpha(),
    "corrections": corrections(),
    "bootstrap": bootstrap(),
}
(HERE / "reference.json").write_text(json.dumps(result, indent=1, default=float) + "\n")
