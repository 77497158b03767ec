"""Prints what scipy says of the effects, for `shared/engine/src/effect/tests.rs`.

Run by hand where scipy is at hand (1.17.1 when last quoted): python3 tests/verdict/golden.py
"""

from fractions import Fraction
from math import comb

import numpy as np
import scipy
from scipy import stats

print("scipy", scipy.__version__)

print("kolmogorov_tail: limit law at the corrected statistic")
for d, n, m in [(0.05, 100, 100), (0.2, 300, 5000), (0.1, 1000, 5000), (0.04, 5000, 5000), (0.25, 30, 5000)]:
    root = np.sqrt(n * m / (n + m))
    exact = stats.distributions.kstwo.sf(d, int(np.round(n * m / (n + m))))
    print(d, n, m, repr(float(stats.kstwobign.sf((root + 0.12 + 0.11 / root) * d))), "one-sample exact", exact)

print("distance: ties count whole")
for a, b in [([1, 1, 1, 2], [1, 2, 2, 2]), ([0, 0, 1], [0, 1, 1, 1, 1]), ([1, 2, 3, 4], [2, 3, 4, 5]), ([5], [5, 5, 6])]:
    print(a, b, stats.ks_2samp(a, b).statistic)

print("fisher_tail: one-sided, table [[hits, rest], [hits, rest]]")
for k, n, j, m in [(3, 50, 0, 5000), (1, 50, 0, 5000), (155, 500, 0, 5000), (12, 100, 400, 5000), (2, 100, 400, 5000), (600, 10000, 250, 5000), (5, 5, 2, 5)]:
    print(k, n, j, m, repr(stats.fisher_exact([[k, n - k], [j, m - j]], alternative="greater").pvalue))

print("rise: Newcombe from two of Wilson's, 99 %")
for k, n, j, m in [(56, 70, 48, 80), (155, 500, 0, 5000), (3, 50, 0, 5000), (12, 100, 400, 5000)]:
    now, was = (stats.binomtest(*it).proportion_ci(0.99, method="wilson") for it in ((k, n), (j, m)))
    p, q = k / n, j / m
    low = p - q - np.hypot(p - now.low, was.high - q)
    high = p - q + np.hypot(now.high - p, q - was.low)
    print(k, n, j, m, repr(float(low)), repr(float(high)))

print("beyond_range: at least k of n before the second of m, in exact fractions")
for k, n, m in [(1, 50, 5000), (3, 50, 5000), (10, 1000, 5000), (200, 100000, 5000), (5, 5, 3)]:
    print(k, n, m, float((Fraction(comb(n, k + 1)) + m * comb(n, k)) / comb(n + m, k + 1)))

print("categories: homogeneity where no cell is small")
for now, was in [([30, 70], [2500, 2500]), ([350, 150], [4500, 500]), ([20, 30, 50], [1800, 1700, 1500]), ([101, 99, 100], [1000, 1010, 990])]:
    print(now, was, repr(stats.chi2_contingency([now, was], correction=False).pvalue))

print("categories: small cells, by 400,000 permutations")
rng = np.random.default_rng(5)
for now, was in [([44, 3, 2, 1], [4700, 100, 100, 100]), ([40, 10], [4950, 50]), ([48, 1, 1], [4800, 100, 100])]:
    now, was = np.array(now), np.array(was)
    pooled, n, m = now + was, now.sum(), was.sum()
    draws = rng.multivariate_hypergeometric(pooled, n, size=400_000)
    expected = pooled * n / (n + m)
    statistic = lambda x: ((x - expected) ** 2 / expected).sum(axis=-1)
    print(list(now), list(was), (np.sum(statistic(draws) >= statistic(now) - 1e-9) + 1) / 400_001)
