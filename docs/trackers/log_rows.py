"""Hands the lines of `deno task train --log-json` to a tracker of experiments: python3 log_rows.py < rows

Put the calls of your tracker into begin() and log().
"""

import json
import sys


def begin(run, options):
    print(f"{run}: preset {options['preset']}, seed {options['seed']}", flush=True)


def log(values, step):
    print(step, values, flush=True)


def numbers(members, prefix=""):
    """{"losses/recons_loss": 8.1, "iterationsPerSecond": 3.2, …}; null, a loss that is no number, is left out."""
    values = {}
    for name, value in members.items():
        if isinstance(value, dict):
            values |= numbers(value, f"{prefix}{name}/")
        elif isinstance(value, (int, float)):
            values[prefix + name] = value
    return values


for line in sys.stdin:
    row = json.loads(line)
    if "options" in row:  # first of all, and again where a run goes on
        begin(row["run"], row["options"])
    else:
        log(numbers(row), row["step"])
