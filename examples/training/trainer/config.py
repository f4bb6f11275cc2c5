"""What a run is told: by arguments, by HYPERPARAMETERS_FILE, and by recstack's variables."""

import argparse
import json
import os

WRONG = 2  # Also what argparse ends with. No retry heals it.
DIVERGED = 3  # The loss is no number any more, and would not become one from the last checkpoint on.
FATAL = (WRONG, DIVERGED)


def read(argv):
    parser = argparse.ArgumentParser(description="Trains a two-tower recommender on clicks.")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=512, help="clicks of a step, over all processes")
    parser.add_argument("--learning_rate", type=float, default=1e-2)
    parser.add_argument("--embedding", type=int, default=16, help="width of the embeddings")
    parser.add_argument("--layers", type=int, nargs="+", default=[32, 16], help="widths of each tower's layers")
    parser.add_argument("--normalize", action=argparse.BooleanOptionalAction, default=False, help="compare by cosine")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", help="CSV file of user,item,clicked without a header; made up if there is none")
    file = os.environ.get("HYPERPARAMETERS_FILE")
    if file is not None:
        with open(file) as opened:
            given = json.load(opened)
        unknown = sorted(given.keys() - vars(parser.parse_args([])).keys())
        if unknown:
            parser.error(f"{file} has {', '.join(unknown)}, which this program does not know")
        parser.set_defaults(**given)
    config = parser.parse_args(argv)
    if config.steps < 1 or config.batch < 1 or config.learning_rate <= 0:
        parser.error("steps, batch and learning_rate must be above zero")
    if config.data is not None and not os.path.isfile(config.data):
        parser.error(f"there is no file {config.data}")
    return config
