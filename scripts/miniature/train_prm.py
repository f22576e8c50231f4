"""Trains the PRM, or an outcome model, on labels of the pipeline's runs, above a policy's last weights (see README.md).

Rows of write-labels.ts: {q, s: steps, v: value of each step's prefix in [0, 1] or null, g: figure}. The loss is the binary
cross-entropy of Yes against No at the <prm> after every labeled step, with the soft value as target (MM-PRM, arXiv 2505.13427,
equation 6). The policy below stays as it is: what it learned from 100 times as many solutions is what the judging rests on, and a
few thousand problems would only teach it their answers.
"""
import argparse
import json
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from data import batches, load_tokenizer, open_figures, pad, pixels, prompts
from model import PRM, WIDTH, Prm
from optimize import Schedule, optimizers, save

# Rows of one problem, right or wrong ones, that training sees.
MOST = 8


def encode(path, tokenizer, hard):
    """Rows as lists: ids, and values at the markers (NaN: no label). The prompt and each step are encoded apart, as the scorer does."""
    with open(path) as file:
        rows = [json.loads(line) for line in file]
    ids, values, right, problems = [], [], [], []
    for at in range(0, len(rows), 5000):
        part = rows[at:at + 5000]
        steps = iter(tokenizer.encode_batch([f"{step}<prm>" for row in part for step in row["s"]]))
        for row, prompt in zip(part, prompts(tokenizer, part)):
            ids.append(np.array(prompt + [id for _ in row["s"] for id in next(steps).ids], np.uint16))
            right.append(row["v"][-1] is not None and row["v"][-1] > 0)
            problems.append((row["q"], row["g"]))
            soft = np.array([np.nan if value is None else value for value in row["v"]], np.float32)
            # VisualPRM, arXiv 2503.10291: a step is right when any continuation succeeded.
            values.append(np.where(np.isnan(soft), soft, soft > 0) if hard else soft)
    return {"ids": ids, "values": values, "right": right, "problems": problems,
            "lengths": np.array([len(row) for row in ids]), "figures": np.array([row["g"] for row in rows])}


def balanced(data, rng):
    """Rows of problems with right and wrong rollouts, neither more than twice the other nor many (MM-PRM leaves out what has nothing to
    tell apart)."""
    groups = defaultdict(lambda: ([], []))
    for row, (problem, good) in enumerate(zip(data["problems"], data["right"])):
        groups[problem][good].append(row)
    chosen = np.zeros(len(data["right"]), bool)
    for wrong, good in groups.values():
        size = min(len(wrong), 2 * len(good), MOST), min(len(good), 2 * len(wrong), MOST)
        for rows, count in zip((wrong, good), size):
            chosen[rng.permutation(rows)[:count].astype(int)] = True
    return chosen


@torch.no_grad()
def read(model, data, chosen, figures, tokens):
    """What the policy makes of the chosen rows, once for all: it does not change. One [S, WIDTH] and one [S, 3] a row."""
    found, count, begun = {}, 0, time.time()
    for rows in batches(data, chosen, tokens, np.random.default_rng(0), once=True):
        ids = pad([data["ids"][row] for row in rows])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden, expected = model.read(ids, pixels(figures, data["figures"][rows])) if data["figures"][rows[0]] >= 0 else model.read(ids)
        for i, row in enumerate(rows):
            found[row] = hidden[i, :data["lengths"][row]].bfloat16().clone(), expected[i, :data["lengths"][row]].clone()
        count += len(rows)
        if count // 2000 > (count - len(rows)) // 2000:
            print(f"{count} rows read, {(time.time() - begun) / 60:.1f} min", flush=True)
    return found


def loss(judgment, verdict, data, known, rows):
    """`known`: what `read` found."""
    padded = [torch.nn.utils.rnn.pad_sequence(parts, batch_first=True) for parts in zip(*(known[row] for row in rows))]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        judged = judgment(*padded)
    at_marker = pad([data["ids"][row] for row in rows])[:, :judged.shape[1]] == PRM
    target = torch.from_numpy(np.concatenate([data["values"][row] for row in rows]))
    labeled = ~target.isnan()
    return F.binary_cross_entropy_with_logits((judged[at_marker].float() @ verdict)[labeled], target[labeled])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--validation", required=True)
    arguments.add_argument("--start", type=Path, required=True, help="the policy's last weights")
    arguments.add_argument("--out", type=Path, required=True, help="the checkpoint")
    arguments.add_argument("--hard", action="store_true", help="labels 0 and 1 instead of soft values")
    arguments.add_argument("--steps", type=int, default=760, help="batches")
    arguments.add_argument("--tokens", type=int, default=4096, help="a batch")
    arguments.add_argument("--rate", type=float, default=1e-2, help="peak learning rate")
    arguments.add_argument("--compile", action="store_true", help="needs a C++ compiler")
    options = arguments.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(2)
    tokenizer = load_tokenizer()
    yes, no, newline = (tokenizer.token_to_id(text) for text in ("Yes", "No", "\u010a"))
    data, figures = encode(options.data, tokenizer, options.hard), open_figures(options.data + ".figures")
    unseen, unseen_figures = encode(options.validation, tokenizer, options.hard), open_figures(options.validation + ".figures")
    model = Prm()
    model.start(torch.load(options.start), newline)
    verdict = nn.Parameter(torch.zeros(WIDTH))
    matrices = [p for p in model.judge.parameters() if p.dim() == 2]
    others = [*model.told.parameters(), *model.judged.parameters(), *(p for p in model.judge.parameters() if p.dim() == 1), verdict]

    def write():
        with torch.no_grad():
            model.embedding.weight[yes], model.embedding.weight[no] = verdict / 2, -verdict / 2
        save(model, options.out)

    chosen, chosen_unseen = balanced(data, np.random.default_rng(3)), balanced(unseen, np.random.default_rng(3))
    print(chosen.sum(), "of", len(chosen), "rows, labels", sum(int((~np.isnan(data["values"][row])).sum()) for row in np.flatnonzero(chosen)), "trained parameters", sum(p.numel() for p in (*matrices, *others)), flush=True)
    known, known_unseen = read(model, data, chosen, figures, options.tokens), read(model, unseen, chosen_unseen, unseen_figures, options.tokens)

    def report():
        with torch.no_grad():
            return np.mean([loss(model.judgment, verdict, unseen, known_unseen, rows).item() for rows in batches(unseen, chosen_unseen, options.tokens, np.random.default_rng(2), once=True)])

    judgment = torch.compile(model.judgment, dynamic=True) if options.compile else model.judgment
    schedule = Schedule(optimizers(matrices, others, options.rate), last=options.steps)
    reported, seen, total, count = time.time(), 0, 0.0, 0
    for rows in batches(data, chosen, options.tokens, np.random.default_rng(1)):
        value = loss(judgment, verdict, data, known, rows)
        value.backward()
        if not schedule.step():
            break
        seen, total, count = seen + len(rows), total + value.item(), count + 1
        if time.time() - reported > 30:
            print(f"{schedule.minutes():.1f} min, {schedule.steps} steps, {seen / chosen.sum():.2f} epochs, loss {total / count:.4f}, unseen {report():.4f}", flush=True)
            reported, total, count = time.time(), 0.0, 0
            write()
    write()
    print(f"end: {seen / chosen.sum():.2f} epochs, unseen {report():.4f}", flush=True)


if __name__ == "__main__":
    main()
