"""Runs the trials of a sweep: coordinator.py FOLDER, which holds sweep.json and the template of a trial, trial.json.

All that it knows stands in the trials' Jobs, and each round reads it anew: one that was killed goes on where the other
was. A trial's Job has a fixed name, so that none is started twice. It belongs to the sweep's own Job and goes with it.

  NAMESPACE      where all of it is
  SWEEP_UID      of the sweep's own Job
  POLL_SECONDS   the pause between two rounds; 10 when it is not set

Ends with 3 when no trial has a result, which trying again does not mend.
"""

import copy
import csv
import io
import json
import math
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

import strategy
from api import Api, Refused
from hyperparameters import arguments

POLL_SECONDS = float(os.environ.get("POLL_SECONDS", "10"))
# Of an API server that doesn't answer, before the pod ends and the Job starts another.
PATIENCE_SECONDS = 600
# The sidecar of a trial's first node tells how far it is, and leaves the last word in its termination message.
SIDECAR, PORT = "progress", 9404
HOPELESS = 3

SWEEP = "recstack/sweep"
NUMBER = "recstack/trial"
POINT = "recstack/trial-point"
PROGRESS = "recstack/trial-progress"
OUTCOME = "recstack/trial-outcome"
HYPERPARAMETERS = "recstack/hyperparameters"


class Failed(Exception):
    """What trying again does not mend."""


class Coordinator:
    def __init__(self, sweep, template, api, uid):
        self.sweep = sweep
        self.template = template
        self.api = api
        self.uid = uid
        self.published = None

    def round(self):
        """Does what is to be done now; true when all is."""
        selector = f"{SWEEP}={self.sweep['name']}"
        # Jobs first: the pods of one that has ended by then are all there.
        jobs = self.api.jobs(selector)
        pods = self.api.pods(selector)
        mine = (trial_of(job, pods) for job in jobs if self.owns(job))
        trials = sorted(mine, key=lambda trial: trial["number"])
        for trial in trials:
            if trial["state"] == "running" and trial["ended"] is not None:
                self.settle(trial)
        if self.sweep.get("earlyStopping"):
            self.watch(trials)
        self.start(trials, len(holders(jobs, pods)))
        done = len(trials) == self.sweep["trials"] and not any(
            trial["state"] == "running" or trial["holds"] for trial in trials
        )
        self.publish(trials, done)
        return done

    def owns(self, job):
        """An earlier sweep of this name may not be gone yet."""
        return any(owner["uid"] == self.uid for owner in job["metadata"].get("ownerReferences", []))

    def settle(self, trial):
        """Takes down how a trial has ended."""
        if trial["ended"]["type"] == "Failed":
            outcome = {"state": "failed", "reason": trial["ended"].get("message", trial["ended"].get("reason", ""))}
        else:
            value = self.value_in(final_message(trial))
            if value is None or not math.isfinite(value):
                what = "nothing" if value is None else str(value)
                metric = self.sweep["objective"]["metric"]
                outcome = {"state": "failed", "reason": f"it ended well, and its last progress has {what} as {metric}"}
            else:
                outcome = {"state": "complete", "value": value}
        self.record(trial, outcome)

    def watch(self, trials):
        """Takes down how far the running trials are, and stops those that are behind the others."""
        running = [trial for trial in trials if trial["state"] == "running" and trial["address"] is not None]
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda trial: ask(trial["address"]), running))
        for trial, answer in zip(running, answers):
            value = self.value_in(answer)
            step = number_in(answer, "step")
            if value is None or step is None:
                continue
            # Trials are compared at the same step, and nobody is asked at the same one by chance.
            check = int(step // self.sweep["earlyStopping"]["every"])
            if check < 1 or check in trial["progress"]:
                continue
            trial["progress"][check] = value
            annotations = {PROGRESS: json.dumps(trial["progress"])}
            if strategy.is_hopeless(self.sweep, trials, trial["number"]):
                reason = f"behind at step {step:g}, with {value:g}"
                self.record(trial, {"state": "stopped", "value": value, "reason": reason}, annotations)
            else:
                self.api.patch_job(trial["name"], {"metadata": {"annotations": annotations}})

    def record(self, trial, outcome, annotations=None):
        change = {"metadata": {"annotations": {**(annotations or {}), OUTCOME: json.dumps(outcome)}}}
        if outcome["state"] == "stopped":
            # The Job ends in the same step, and stays as the record; a suspended one would be started by its queue.
            change["spec"] = {"activeDeadlineSeconds": 1}
        self.api.patch_job(trial["name"], change)
        trial.update(value=None, reason="")
        trial.update(outcome)
        print(f"{trial['name']}: {json.dumps(outcome)}", flush=True)

    def start(self, trials, held):
        """Starts as many trials as there is room for."""
        known = {trial["number"] for trial in trials}
        room = self.sweep["parallel"] - held
        missing = [number for number in range(self.sweep["trials"]) if number not in known]
        for number in missing[: max(0, room)]:
            point = strategy.propose(self.sweep, trials, number)
            job = self.job(number, point)
            try:
                self.api.create_job(job)
            except Refused as error:
                # A quota that is full, or an earlier sweep's trial that is not gone yet.
                if error.code not in (403, 409):
                    raise
                print(f"{job['metadata']['name']} has to wait: {error}", file=sys.stderr, flush=True)
                return
            print(f"{job['metadata']['name']}: started with {json.dumps(point)}", flush=True)
            trials.append(trial_of(job, []))

    def job(self, number, point):
        hyperparameters = strategy.hyperparameters(self.sweep, point)
        text = json.dumps(hyperparameters, ensure_ascii=False)
        job = copy.deepcopy(self.template)
        metadata = job["metadata"]
        metadata["name"] = f"{self.sweep['name']}-{number}"
        metadata["labels"][NUMBER] = str(number)
        metadata.setdefault("annotations", {}).update({HYPERPARAMETERS: text, POINT: json.dumps(point)})
        owner = {"apiVersion": "batch/v1", "kind": "Job", "name": self.sweep["owner"], "uid": self.uid}
        metadata["ownerReferences"] = [owner]
        template = job["spec"]["template"]
        template["metadata"].setdefault("annotations", {})[HYPERPARAMETERS] = text
        (trainer,) = [one for one in template["spec"]["containers"] if one["name"] == "trainer"]
        trainer["args"] = arguments(hyperparameters)
        return job

    def publish(self, trials, done):
        """Keeps the table up to date; the best is written at the end, once."""
        data = {"trials.csv": self.table(trials)}
        best = self.best(trials)
        if done and best is not None:
            hyperparameters = strategy.hyperparameters(self.sweep, best["point"])
            data["hyperparameters.json"] = json.dumps(hyperparameters, ensure_ascii=False)
            metric = self.sweep["objective"]["metric"]
            data["best.json"] = json.dumps({"trial": best["name"], "uid": best["uid"], metric: best["value"]})
        if data != self.published:
            self.api.patch_config_map(self.sweep["best"], {"data": data})
            self.published = data
        if done and best is None:
            reasons = sorted({trial["reason"] for trial in trials})
            raise Failed(f"none of {len(trials)} trials has a result: {'; '.join(reasons)}")

    def best(self, trials):
        complete = [trial for trial in trials if trial["state"] == "complete"]
        choose = max if self.sweep["objective"]["goal"] == "maximize" else min
        return choose(complete, key=lambda trial: trial["value"], default=None)

    def table(self, trials):
        file = io.StringIO()
        names = list(self.sweep["search"])
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["trial", "state", self.sweep["objective"]["metric"], *names, "reason"])
        for trial in trials:
            values = strategy.hyperparameters(self.sweep, trial["point"])
            row = [json.dumps(value) if isinstance(value, (list, bool)) else value for value in map(values.get, names)]
            writer.writerow([trial["number"], trial["state"], trial["value"], *row, trial["reason"]])
        return file.getvalue()

    def value_in(self, progress):
        metric = self.sweep["objective"]["metric"]
        metrics = progress.get("metrics") if isinstance(progress, dict) else None
        value = number_in(metrics, metric)
        return number_in(progress, "loss") if value is None and metric == "loss" else value


def trial_of(job, pods):
    """A trial as its Job and the Job's pods tell of it."""
    metadata = job["metadata"]
    annotations = metadata["annotations"]
    own = [pod for pod in pods if job_of(pod) == metadata.get("uid")]
    first = [pod for pod in own if pod["metadata"]["labels"].get("batch.kubernetes.io/job-completion-index") == "0"]
    running = [pod for pod in first if phase(pod) == "Running" and "deletionTimestamp" not in pod["metadata"]]
    return {
        "number": int(metadata["labels"][NUMBER]),
        "name": metadata["name"],
        "uid": metadata.get("uid"),
        "point": json.loads(annotations[POINT]),
        "progress": {int(step): value for step, value in json.loads(annotations.get(PROGRESS, "{}")).items()},
        "ended": end_of(job),
        "holds": bool(holders([job], own)),
        "address": next((pod["status"]["podIP"] for pod in running if "podIP" in pod["status"]), None),
        "succeeded": next((pod for pod in first if phase(pod) == "Succeeded"), None),
        **{"state": "running", "value": None, "reason": ""},
        **json.loads(annotations.get(OUTCOME, "{}")),
    }


def holders(jobs, pods):
    """The Jobs that hold GPUs, or will: also those of an earlier sweep, and those that ended before their pods have."""
    running = {job["metadata"].get("uid") for job in jobs if end_of(job) is None}
    return running | {job_of(pod) for pod in pods if phase(pod) not in ("Succeeded", "Failed")}


def end_of(job):
    conditions = job.get("status", {}).get("conditions", [])
    return next((one for one in conditions if one["type"] in ("Complete", "Failed") and one["status"] == "True"), None)


def job_of(pod):
    return pod["metadata"]["labels"].get("batch.kubernetes.io/controller-uid")


def phase(pod):
    return pod.get("status", {}).get("phase")


def final_message(trial):
    """The last progress of a trial, by the termination message of its sidecar."""
    statuses = (trial["succeeded"] or {}).get("status", {}).get("initContainerStatuses", [])
    for status in statuses:
        if status["name"] == SIDECAR:
            return parsed(status.get("state", {}).get("terminated", {}).get("message", ""))
    return None


def ask(address):
    """The progress of a running trial, or nothing: it may not be so far yet, or just have ended."""
    host = f"[{address}]" if ":" in address else address
    try:
        with urlopen(f"http://{host}:{PORT}/progress", timeout=3) as answer:
            return parsed(answer.read())
    except (OSError, HTTPException):
        return None


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def number_in(map_, key):
    """Where the sidecar writes null, the program has told of something that is no finite number."""
    if not isinstance(map_, dict) or key not in map_:
        return None
    value = map_[key]
    if value is None:
        return math.nan
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def main(folder):
    sweep, template = (json.loads(Path(folder, name).read_text()) for name in ("sweep.json", "trial.json"))
    coordinator = Coordinator(sweep, template, Api(os.environ["NAMESPACE"]), os.environ["SWEEP_UID"])
    answered = time.monotonic()
    while True:
        try:
            if coordinator.round():
                return
            answered = time.monotonic()
        except Refused as error:
            if error.code in (400, 422):
                raise Failed(f"the API server refuses: {error}") from error
            give_up_after(answered, error)
        except (OSError, HTTPException, ValueError) as error:
            give_up_after(answered, error)
        time.sleep(POLL_SECONDS)


def give_up_after(answered, error):
    if time.monotonic() - answered > PATIENCE_SECONDS:
        raise error
    print(f"{error}: trying again", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Failed as error:
        print(error, file=sys.stderr, flush=True)
        sys.exit(HOPELESS)
