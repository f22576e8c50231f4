"""Trains small judges on labels of several kinds, several seeds each, and writes the scores of each for unseen solutions, for
`npm run model:results -- --part judges`. `--labels` are rows of write-labels.ts: rollouts of the bundled policy from `steplens label`.

`--blocks` is the folder of train_prm.py: the judging block itself, of every seed that it was trained with, is one more kind.

A judge gets the same facts about a step as the judging block about its tokens: how far each was below the base's choice, how sure the base
was, and the same for the steps before. Twelve numbers and a hidden layer of 32: a training takes a second, so that many can be compared.

  python study.py --base base.pt --labels labels.jsonl --own own.jsonl --planted planted.jsonl --out study.jsonl.gz
"""
import argparse
import base64
import gzip
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from data import load_tokenizer, prompts
from model import Block, Norm
from optimize import best_device
from sizes import NO, WIDTH, YES
from train_prm import Known, balanced, open_base, read_rows, score, targets

# VisualPRM's margin (arXiv 2503.10291): within the noise of its rollouts a step is no worse than the one before.
MARGIN = 0.25


def mapped(values, change):
    """`change(value)` of every known value."""
    return [np.where(np.isnan(row), np.nan, change(row)).astype(np.float32) for row in values]


def hard(values):
    return mapped(values, lambda row: row > 0)


def exact(rows):
    return [np.array([row["x"] < 0 or at < row["x"] for at in range(len(row["s"]))], np.float32) for row in rows]


def flipped(values, share, seed):
    rng = np.random.default_rng(seed)
    return [np.where(rng.random(len(row)) < share, 1 - row, row).astype(np.float32) for row in values]


def advantages(values, margin):
    """VisualPRM's other target: 1 where a step keeps the expected success of the step before within the margin."""
    found = []
    for row in values:
        before, own = None, []
        for value in row:
            own.append(np.nan if np.isnan(value) else float(value > 0 and (before is None or value >= before - margin)))
            before = before if np.isnan(value) else value
        found.append(np.array(own, np.float32))
    return found


def counted(rows, values, value):
    """`value(right, all)` where continuations were counted, else the value as it is."""
    return [np.array([old if counts is None else value(*counts) for old, counts in zip(row, one["n"])], np.float32) for one, row in zip(rows, values)]


def fewer(count, seed):
    """The value of `count` of the continuations, drawn without replacement."""
    rng = np.random.default_rng(seed)
    return lambda right, every: rng.hypergeometric(right, every - right, min(count, every)) / min(count, every)


def stopped(right, every, rng):
    """Continuations that are used when sampling stops at the first right one, in batches of 1, 2, 4, .."""
    order, used, size = rng.permutation(every) < right, 0, 1
    while used < every and not order[:used].any():
        used, size = min(every, used + size), 2 * size
    return used


def spending(rows, used):
    """Rollouts of every row: the solution, and `used(right, all)` a counted step, at the first of the rows that share it."""
    seen, found = set(), []
    for row in rows:
        prefixes = [(row["q"], row["g"], *row["s"][:at + 1]) for at in range(len(row["s"]))]
        found.append(1 + sum(used(*counts) for prefix, counts in zip(prefixes, row["n"]) if counts and prefix not in seen))
        seen.update(prefixes)
    return np.array(found)


def first_wrong(values):
    return np.array([next((at for at, value in enumerate(row) if value == 0), -1) for row in values])


def information(values):
    """The balanced-information score (arXiv 2602.04145)."""
    found = []
    for row in values:
        known = row[~np.isnan(row)]
        right = known[known > 0]
        share = len(right) / max(len(known), 1)
        found.append((share * (1 - share) + 0.05) * (right.mean() if len(right) else 0))
    return np.array(found)


def plan(rows):
    """Every run: name, values, which rows, what the labels cost in rollouts, and the peak learning rate."""
    values, true = targets(rows), exact(rows)
    sure, every = hard(values), np.ones(len(rows), bool)
    problems = list(dict.fromkeys((row["q"], row["g"]) for row in rows))
    place = {problem: at for at, problem in enumerate(np.random.default_rng(5).permutation(len(problems)))}
    order = np.array([place[problems.index((row["q"], row["g"]))] for row in rows])
    full = spending(rows, lambda right, all: all).sum()
    runs = []

    def run(name, values, chosen=every, spent=full, rate=3e-3):
        runs.append({"name": name, "values": values, "chosen": chosen, "rollouts": int(spent), "rate": rate})

    def equal(name, values, used):
        """On the first problems whose labels cost a quarter of all labels."""
        spent = spending(rows, used)
        most = int(np.searchsorted(np.cumsum(np.bincount(order, spent, len(problems))), full / 4))
        run(f"equal cost: {name}", values, order <= most, spent[order <= most].sum())

    # Values themselves; soft against hard; value against advantage.
    run("soft", values)
    run("hard", sure)
    run("exact", true)
    run("beta-binomial", counted(rows, values, lambda right, all: (right + 1) / (all + 2)))
    run("advantage", advantages(values, MARGIN))
    run("advantage, no margin", advantages(values, 0))
    run("exact, advantage", advantages(true, 0))
    noisy = flipped(true, 0.15, 5)
    run("15 % flipped", noisy)
    run("15 % flipped, advantage", advantages(noisy, 0))
    # Rules of economy at equal cost.
    for count in (8, 4, 2):
        equal(f"soft, {count} a step", counted(rows, values, fewer(count, 3)), lambda right, all, count=count: min(count, all))
    equal("hard, 8 a step", sure, lambda right, all: all)
    rng = np.random.default_rng(4)
    equal("hard, first success", sure, lambda right, all: stopped(right, all, rng))
    # Selection: the same number of solutions for each. The judge of the consensus errs at one solution in ten.
    judged = np.array([row["x"] if rng.random() >= 0.1 else rng.integers(-1, len(row["s"])) for row in rows])
    solved = np.bincount(order, [row["v"][-1] == 1 for row in rows], len(problems)) / np.bincount(order, minlength=len(problems))
    faults, size = first_wrong(sure), len(rows) // 4
    for name, among in (("random", every), ("consensus", faults == judged), ("self-confidence", (faults >= 0) | (solved[order] >= 0.5)),
                        ("balanced information", information(values) >= np.quantile(information(values), 0.75))):
        chosen = np.zeros(len(rows), bool)
        chosen[rng.permutation(np.flatnonzero(among))[:size]] = True
        run(f"quarter: {name}", sure, chosen)
    for rate in (3e-4, 1e-3, 1e-2, 3e-2):
        run(f"soft, rate {rate:g}", values, rate=rate)
    return runs


def told_of(known, rows, tokenizer):
    """Twelve numbers of every step, one array a row."""
    found = []
    for at, (row, prompt) in enumerate(zip(rows, prompts(tokenizer, rows))):
        expected = known.expected[known.starts[at]:known.starts[at + 1]].float().cpu().numpy()
        begin, worst, jumps, own = len(prompt), 0.0, 0.0, []
        for number, end in enumerate(known.markers[at]):
            below, most, mean = expected[begin:end + 1].T
            order = np.argsort(below)
            low = below[order[:2]]
            own.append([low[0], low[-1], below.mean(), (below < -1).sum() / 3, (below < -4).sum() / 3, most[order[0]], most.min(), mean.mean(), worst, jumps, number / 5, np.log(end + 1 - begin)])
            begin, worst, jumps = end + 1, min(worst, low[0]), jumps + (below < -4).sum() / 3
        found.append(np.array(own, np.float32))
    return found


def fit(told, values, chosen, steps, rate, seed):
    """A judge of steps: twelve numbers of a step -> score in [0, 1]."""
    torch.manual_seed(seed)
    inputs = torch.from_numpy(np.concatenate([told[at] for at in np.flatnonzero(chosen)]))
    target = torch.from_numpy(np.concatenate([values[at] for at in np.flatnonzero(chosen)]))
    labeled = ~target.isnan()
    inputs, target = inputs[labeled], target[labeled]
    mean, spread = inputs.mean(0), inputs.std(0) + 1e-3
    judge = nn.Sequential(nn.Linear(12, 32), nn.GELU(), nn.Linear(32, 1))
    optimizer = torch.optim.AdamW(judge.parameters(), lr=rate, weight_decay=0.01)
    for _ in range(steps):
        part = torch.randint(len(inputs), (512,))
        F.binary_cross_entropy_with_logits(judge((inputs[part] - mean) / spread)[:, 0], target[part]).backward()
        optimizer.step()
        optimizer.zero_grad()

    @torch.no_grad()
    def score(rows):
        return judge((torch.from_numpy(np.concatenate(rows)) - mean) / spread)[:, 0]

    return score


def bytes_of(logits):
    """One byte a step: 128 + 9 times the logit."""
    return base64.b64encode((128 + (9 * logits).round().clamp(-128, 127)).numpy().astype(np.uint8).tobytes()).decode()


def study(rows, told, unseen, steps, seeds, log):
    """Trains every judge on every kind of labels, and logs its scores of unseen steps."""
    for run in plan(rows):
        for seed in range(1, seeds + 1):
            judge = fit(told, run["values"], run["chosen"], steps, run["rate"], seed)
            line = {"name": run["name"], "seed": seed, "rows": int(run["chosen"].sum()), "rollouts": run["rollouts"]}
            log.write(json.dumps({**line, **{name: bytes_of(judge(part)) for name, part in unseen.items()}}) + "\n")
        print(run["name"], int(run["chosen"].sum()), "rows", flush=True)


def blocks(folder, base, known, rows, log):
    """Logs the scores of unseen steps by the judging block of every seed, trained on these rows and on planted mistakes."""
    tokenizer = load_tokenizer()
    for seed, path in enumerate(sorted(Path(folder).glob("prm-*.pt")), 1):
        weights = {name: weight.float() for name, weight in torch.load(path, map_location="cpu").items()}
        model = open_base(base, tokenizer, "cpu")
        model.told, model.judge, model.judged = nn.Linear(3, WIDTH), Block(), Norm()
        model.load_state_dict(weights)
        model.to(best_device()).requires_grad_(False)
        verdict = model.embedding.weight[YES] - model.embedding.weight[NO]
        line = {"name": "the judging block", "seed": seed, "rows": len(rows), "rollouts": int(spending(rows, lambda right, all: all).sum())}
        for name, part in known.items():
            scores = torch.from_numpy(np.concatenate(score(model, verdict, part, 8192))).double().clamp(1e-9, 1 - 1e-9)
            line[name] = bytes_of((scores / (1 - scores)).log().float())
        log.write(json.dumps(line) + "\n")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("base", "labels", "own", "planted"):
        arguments.add_argument(f"--{name}", required=True)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--blocks", type=Path)
    arguments.add_argument("--steps", type=int, default=400)
    arguments.add_argument("--seeds", type=int, default=3)
    options = arguments.parse_args()
    device, tokenizer = best_device(), load_tokenizer()
    model = open_base(options.base, tokenizer, device)

    def told(path, is_balanced=False):
        rows, figures = read_rows(path)
        if is_balanced:
            rows = [rows[at] for at in np.flatnonzero(balanced(rows, targets(rows), np.random.default_rng(3)))]
        known = Known(model, rows, figures, tokenizer, device, 16384)
        return rows, told_of(known, rows, tokenizer), known

    rows, own, _ = told(options.labels, True)
    unseen = {name: told(getattr(options, name)) for name in ("own", "planted")}
    with gzip.open(options.out, "wt") as log:
        study(rows, own, {name: part for name, (_, part, _) in unseen.items()}, options.steps, options.seeds, log)
        if options.blocks:
            blocks(options.blocks, options.base, {name: known for name, (_, _, known) in unseen.items()}, rows, log)


if __name__ == "__main__":
    main()
