"""Checkpoints in a folder: whole or not at all, the last few of them, and the newest that can be read."""

import os
import re
from pathlib import Path

import torch

KEEP = 3
NAME = re.compile(r"step-\d{9}\.pt")


class Checkpoints:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def save(self, step, state):
        """Renames what is on the disk: whoever is killed in the middle leaves the last checkpoint as it was."""
        self._write(f"step-{step:09}.pt", state)
        for old in self._newest_first()[KEEP:]:
            old.unlink()

    def load(self):
        """The newest state, or None. One that can't be read, as after a full disk, gives way to the one before."""
        for path in self._newest_first():
            try:
                return torch.load(path, map_location="cpu")
            except Exception as error:  # What a broken file raises differs with where it is broken.
                print(f"{path} can't be read: {error}", flush=True)
        return None

    def finish(self, model):
        """Leaves the model alone, so that the claim does not fill up with the checkpoints of every night."""
        self._write("model.pt", model)
        for path in self._newest_first():
            path.unlink()

    def _write(self, name, state):
        temporary = self.folder / f".{name}"
        with open(temporary, "wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.folder / name)

    def _newest_first(self):
        return sorted((path for path in self.folder.iterdir() if NAME.fullmatch(path.name)), reverse=True)
