"""Side-by-side measurements: `python -m benchmarks` prints one table of ratios.

Each row compares something of ours with a named peer. Both sides run in turn, in one run, so that
whatever else the machine does meets both; the figures are medians, and the ratio is of those. Speed
is measured here and never asserted: a ratio above its bound is marked, and the exit code stays 0.
"""
