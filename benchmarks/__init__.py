"""The reproducible load benchmark: `make bench`.

Each server runs in a process of its own, pinned to one core; the load client, pinned to another,
connects, counts and times. What is compared is compared in one run, and ratios are what counts.
"""
