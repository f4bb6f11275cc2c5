"""What to try next, and what not to go on with: Optuna, asked anew each time about all trials that there are.

Nothing is kept between two questions, so that a coordinator that starts again answers as the one before it would have.
"""

import itertools
import math
import warnings

import optuna

warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
optuna.logging.set_verbosity(optuna.logging.WARNING)

STATES = {
    "complete": optuna.trial.TrialState.COMPLETE,
    "stopped": optuna.trial.TrialState.PRUNED,
    "failed": optuna.trial.TrialState.FAIL,
    "running": optuna.trial.TrialState.RUNNING,
}


def propose(sweep, trials, number):
    """The point of a trial: a number of each space, of a choice the index."""
    search = sweep["search"]
    if sweep["strategy"] == "grid":
        grid = itertools.product(*map(points, search.values()))
        return dict(zip(search, next(itertools.islice(grid, number, None))))
    distributions = {name: distribution(space) for name, space in search.items()}
    # Each trial has a seed of its own: one that goes on from the last would give the first points again after a restart.
    seed = (sweep["seed"] + number) % 2**32
    if sweep["strategy"] == "random":
        sampler = optuna.samplers.RandomSampler(seed=seed)
    else:
        # The liar takes running trials for bad ones, or those that start together would all be sent to one place.
        sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    study = study_of(sweep, trials, sampler=sampler)
    return study.ask(distributions).params


def hyperparameters(sweep, point):
    """What a trial is told: the fixed ones, and what its point stands for."""
    chosen = {
        name: space["values"][point[name]] if space["type"] == "choice" else point[name]
        for name, space in sweep["search"].items()
    }
    return {**sweep["fixed"], **chosen}


def is_hopeless(sweep, trials, number):
    """Whether the best of a running trial is worse than half of the complete ones were at its step, or it is no number."""
    (mine,) = [trial for trial in trials if trial["number"] == number]
    if not math.isfinite(mine["progress"][max(mine["progress"])]):
        return True
    others = [trial for trial in trials if trial["number"] != number]
    pruner = optuna.pruners.MedianPruner(n_startup_trials=sweep["earlyStopping"]["after"])
    study = study_of(sweep, [*others, mine])
    return pruner.prune(study, study.trials[-1])


def study_of(sweep, trials, sampler=None):
    study = optuna.create_study(direction=sweep["objective"]["goal"], sampler=sampler)
    for trial in trials:
        study.add_trial(
            optuna.trial.create_trial(
                state=STATES[trial["state"]],
                value=trial["value"] if trial["state"] == "complete" else None,
                params=trial["point"],
                distributions={name: distribution(space) for name, space in sweep["search"].items()},
                intermediate_values=trial["progress"],
            )
        )
    return study


def distribution(space):
    kind = space["type"]
    if kind == "choice":
        return optuna.distributions.CategoricalDistribution(range(len(space["values"])))
    if kind == "integer":
        # The greatest that the steps reach: Optuna would mend it too, with a warning.
        return optuna.distributions.IntDistribution(space["min"], points(space)[-1], step=space["step"])
    return optuna.distributions.FloatDistribution(space["min"], space["max"], log=kind == "logUniform")


def points(space):
    """All points of a space that has an end to them."""
    if space["type"] == "choice":
        return range(len(space["values"]))
    return range(space["min"], space["max"] + 1, space["step"])
