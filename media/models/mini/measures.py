"""Step-level measures while training; the figures of the model card are those of evaluate.ts."""
import numpy as np


def auroc(scores, labels):
    """Chance that a right step scores above a wrong one (ties count half); scores, labels: [N]."""
    order = np.argsort(scores, kind="stable")
    _, inverse, counts = np.unique(scores[order], return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    right = labels[order] == 1
    return (ranks[right].sum() - right.sum() * (right.sum() + 1) / 2) / (right.sum() * (~right).sum())


def first_low(scores, threshold):
    low = np.flatnonzero(scores < threshold)
    return int(low[0]) if len(low) else -1


def share(hits, names):
    """Hits by name, worst first: `kind 12/20`."""
    table = {name: (sum(h for h, n in zip(hits, names) if n == name), sum(n == name for n in names)) for name in set(names)}
    return ", ".join(f"{name} {h}/{n}" for name, (h, n) in sorted(table.items(), key=lambda item: item[1][0] / item[1][1]))


def report(scores, first, kinds, mistakes, threshold=0.5):
    """scores: one array a solution; first: index of its first wrong step or -1."""
    labels = np.concatenate([(np.arange(len(s)) < f) | (f < 0) for s, f in zip(scores, first)])
    found = [first_low(s, threshold) == f for s, f in zip(scores, first)]
    wrong = [i for i, f in enumerate(first) if f >= 0]
    right = [i for i, f in enumerate(first) if f < 0]
    return (f"AUROC {auroc(np.concatenate(scores), labels.astype(int)):.4f}, first error {np.mean([found[i] for i in wrong]):.3f},"
            f" false alarms {1 - np.mean([found[i] for i in right]):.3f}"
            f" | {share([found[i] for i in wrong], [kinds[i] for i in wrong])}"
            f" | {share([found[i] for i in wrong], [mistakes[i] for i in wrong])}")
