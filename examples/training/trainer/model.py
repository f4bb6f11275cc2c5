"""A two-tower recommender, and clicks to train it on."""

import csv

import torch
from torch import nn

USERS, ITEMS, TASTES, CLICKS = 400, 200, 4, 40_000


class TwoTower(nn.Module):
    def __init__(self, users, items, embedding, layers, normalize):
        super().__init__()
        self.user = tower(users, embedding, layers)
        self.item = tower(items, embedding, layers)
        self.normalize = normalize

    def forward(self, users, items):
        user, item = self.user(users), self.item(items)
        if self.normalize:
            user, item = nn.functional.normalize(user, dim=1), nn.functional.normalize(item, dim=1)
        return (user * item).sum(1)


def tower(rows, embedding, layers):
    widths = [embedding, *layers]
    hidden = [part for a, b in zip(widths, widths[1:]) for part in (nn.Linear(a, b), nn.ReLU())]
    # Without the last activation: a dot product of positive numbers could not say no.
    return nn.Sequential(nn.Embedding(rows, embedding), *hidden[:-1])


class Clicks:
    """Columns of users, items and whether they clicked; the last tenth is held out."""

    def __init__(self, path, seed):
        rows = made_up(seed) if path is None else read(path)
        users, items, clicked = (torch.tensor(column) for column in zip(*rows))
        held_out = len(rows) // 10
        self.users, self.items = int(users.max()) + 1, int(items.max()) + 1
        self.rest = (users[:-held_out], items[:-held_out], clicked[:-held_out].float())
        self.held_out = (users[-held_out:], items[-held_out:], clicked[-held_out:].float())
        self.seed = seed

    def batch(self, step, size, rank, world):
        """
        A process's part of a step. It follows from the step alone, so that a run that resumes sees what it would have
        seen, also with another number of processes.
        """
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + step)
        chosen = torch.randint(len(self.rest[0]), (size,), generator=generator)[rank::world]
        return [column[chosen] for column in self.rest]


def read(path):
    with open(path, newline="") as file:
        return [tuple(int(field) for field in row) for row in csv.reader(file)]


def made_up(seed):
    """Users and items have hidden tastes; who meets an item of theirs clicks, more often than not."""
    generator = torch.Generator().manual_seed(seed)
    user_tastes = torch.randn(USERS, TASTES, generator=generator)
    item_tastes = torch.randn(ITEMS, TASTES, generator=generator)
    users = torch.randint(USERS, (CLICKS,), generator=generator)
    items = torch.randint(ITEMS, (CLICKS,), generator=generator)
    clicked = torch.bernoulli(((user_tastes[users] * item_tastes[items]).sum(1)).sigmoid(), generator=generator)
    return list(zip(users.tolist(), items.tolist(), clicked.int().tolist()))


def auc(scores, clicked):
    """How often a click is placed above what was not clicked."""
    ranks = torch.empty_like(scores)
    ranks[scores.argsort()] = torch.arange(1, len(scores) + 1, dtype=scores.dtype, device=scores.device)
    yes, no = clicked.sum(), (1 - clicked).sum()
    return float((ranks[clicked > 0].sum() - yes * (yes + 1) / 2) / (yes * no))
