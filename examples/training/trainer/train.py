"""
Trains a two-tower recommender on one process or many. `torchrun train.py` does; `python train.py` starts torchrun itself,
and ends with the exit code of the process that failed, where torchrun would end with 1 whatever it was.
"""

import math
import os
import signal
import sys
import time

import config
import torch
import torch.distributed as dist
from checkpoints import Checkpoints
from model import Clicks, TwoTower, auc
from progress import Progress
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from torch.nn.parallel import DistributedDataParallel


class Stop:
    """Whether this process was told to end: another node may not have been, so that all agree on it at each step."""

    def __init__(self):
        self.told = False
        signal.signal(signal.SIGTERM, self._tell)

    def _tell(self, *_):
        self.told = True


class Run:
    def __init__(self, settings):
        self.settings = settings
        self.rank, self.world = dist.get_rank(), dist.get_world_size()
        gpu = torch.cuda.is_available()
        self.device = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if gpu else torch.device("cpu")
        torch.manual_seed(settings.seed)
        self.clicks = Clicks(settings.data, settings.seed)
        towers = TwoTower(
            self.clicks.users, self.clicks.items, settings.embedding, settings.layers, settings.normalize
        ).to(self.device)
        self.model = DistributedDataParallel(towers)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=settings.learning_rate)
        folder = os.environ.get("CHECKPOINT_FOLDER")
        self.checkpoints = None if folder is None or self.rank > 0 else Checkpoints(folder)
        self.every = float(os.environ.get("CHECKPOINT_EVERY_SECONDS", "inf"))
        self.progress = Progress(os.environ.get("PROGRESS_FILE") if self.rank == 0 else None)
        self.step, self.loss, self.saved, self.saved_at = 0, math.nan, time.monotonic(), None

    def resume(self):
        """The first process reads, and the others have it from there: on a shared claim they might not see the same."""
        state = [self.checkpoints.load() if self.checkpoints else None]
        dist.broadcast_object_list(state, src=0)
        if state[0] is None:
            return
        if state[0]["settings"] != vars(self.settings):
            self.say(f"starts anew: the checkpoint is one of {state[0]['settings']}")
            return
        self.model.module.load_state_dict(state[0]["model"])
        self.optimizer.load_state_dict(state[0]["optimizer"])
        self.step = state[0]["step"]
        self.say(f"resumes at step {self.step}")

    def train(self, stop):
        while self.step < self.settings.steps:
            told = self.advance(stop.told)
            if not math.isfinite(self.loss):
                self.tell(now=True)
                self.say(f"the loss is {self.loss} at step {self.step}")
                return config.DIVERGED
            if told or time.monotonic() - self.saved >= self.every:
                self.save()
            self.tell(now=told)
            if told:
                self.say(f"was told to end, and saved step {self.step}")
                return 128 + signal.SIGTERM
        self.finish()
        return 0

    def advance(self, stop):
        """One step. What all must agree on goes around with the loss."""
        users, items, clicked = (
            column.to(self.device)
            for column in self.clicks.batch(self.step, self.settings.batch, self.rank, self.world)
        )
        loss = cross_entropy(self.model(users, items), clicked)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        agreed = torch.stack([loss.detach() / self.world, loss.new_tensor(float(stop))])
        dist.all_reduce(agreed)
        self.step, self.loss = self.step + 1, float(agreed[0])
        return float(agreed[1]) > 0

    def save(self):
        self.saved = time.monotonic()
        if self.checkpoints is None:
            return
        state = {
            "step": self.step,
            "settings": vars(self.settings),
            "model": self.model.module.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        self.checkpoints.save(self.step, state)
        self.saved_at = int(time.time())

    def finish(self):
        if self.rank == 0:
            with torch.no_grad():
                users, items, clicked = (column.to(self.device) for column in self.clicks.held_out)
                quality = auc(self.model.module(users, items), clicked)
            if self.checkpoints is not None:
                self.checkpoints.finish(self.model.module.state_dict())
                self.saved_at = int(time.time())
            self.tell(now=True, metrics={"auc": quality})
            self.say(f"ended at step {self.step} with a loss of {self.loss:.4f} and an AUC of {quality:.4f}")
        dist.barrier()

    def tell(self, now=False, **more):
        if self.saved_at is not None:
            more["checkpoint"] = self.saved_at
        samples = self.step * self.settings.batch
        self.progress.tell(now, step=self.step, steps=self.settings.steps, loss=self.loss, samples=samples, **more)

    def say(self, text):
        if self.rank == 0:
            print(text, flush=True)


def work():
    """One of torchrun's processes."""
    settings = config.read(sys.argv[1:])
    stop = Stop()
    gpu = torch.cuda.is_available()
    if gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if gpu else "gloo")
    run = Run(settings)
    run.resume()
    code = run.train(stop)
    dist.destroy_process_group()
    return code


def launch():
    """The container's first process: torchrun, with the exit code that the Job decides by."""
    from torch.distributed.run import main as torchrun

    config.read(sys.argv[1:])  # What is wrong is known before the nodes meet.
    try:
        torchrun([__file__, *sys.argv[1:]])
    except ChildFailedError as error:
        codes = [failure.exitcode for failure in error.failures.values()]
        return next((code for code in codes if code in config.FATAL), 1)
    except SignalException as error:
        return 128 + error.sigval
    return 0


if __name__ == "__main__":
    sys.exit(work() if "LOCAL_RANK" in os.environ else launch())
