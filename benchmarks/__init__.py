"""Benchmarks: ours and a named peer in turn, whole processes, figures as ratios."""
