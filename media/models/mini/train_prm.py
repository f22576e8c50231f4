"""Trains the PRM, or an outcome model, on labels of the pipeline's runs, starting from the policy's last weights (see README.md).

Rows of write-labels.ts: {q, s: steps, v: value of each step's prefix in [0, 1] or null, g: figure}. Three losses:
  verdict  binary cross-entropy of Yes against No at the <prm> after every labelled step, with the soft value as target
           (MM-PRM, arXiv 2505.13427, equation 6);
  place    the same at every token, by a head that is not exported: the share of right ones among the problem's rollouts that
           wrote the same numbers so far. It is the labels' own signal at a finer grain, and what lets so small a model find
           the wrong number within a few thousand rows;
  text     the next token of right rollouts, so that what the policy learned is not lost.
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
from model import PRM, WIDTH, Mini
from optimize import Schedule, optimizers, save


MOST = 6


def encode(path, tokenizer, hard, outcome=False):
    """Rows as lists: ids, values at the markers (NaN: no label) and the place target of every token (NaN in the prompt). The prompt
    and each step are encoded apart, as the scorer does. `outcome`: the last marker alone is labelled, and no place."""
    numeric = np.array([tokenizer.id_to_token(i).strip("\u0120") in set("0123456789+-*/=") for i in range(tokenizer.get_vocab_size())])
    with open(path) as file:
        rows = [json.loads(line) for line in file]
    ids, values, begins, right, problems = [], [], [], [], []
    for at in range(0, len(rows), 5000):
        part = rows[at:at + 5000]
        steps = iter(tokenizer.encode_batch([f"{step}<prm>" for row in part for step in row["s"]]))
        for row, prompt in zip(part, prompts(tokenizer, part)):
            ids.append(np.array(prompt + [id for _ in row["s"] for id in next(steps).ids], np.uint16))
            begins.append(len(prompt))
            right.append(row["v"][-1] is not None and row["v"][-1] > 0)
            problems.append((row["q"], row["g"]))
            soft = np.array([np.nan if value is None else value for value in row["v"]], np.float32)
            # VisualPRM, arXiv 2503.10291: a step is right when any continuation succeeded.
            values.append(np.where(np.isnan(soft), soft, soft > 0) if hard else soft)
    counts = defaultdict(lambda: [0, 0])
    keys = []
    for row, begin, good, problem in zip(ids, begins, right, problems):
        written, own = hash(problem), []
        for token in row[begin:]:
            if numeric[token]:
                written = hash((written, int(token)))
            own.append(written)
        for key in set(own):
            counts[key][0] += good
            counts[key][1] += 1
        keys.append(own)
    places = []
    for row, begin, own in zip(ids, begins, keys):
        place = np.full(len(row), np.nan, np.float32)
        if not outcome:
            shares = [counts[key][0] / counts[key][1] for key in own]
            place[begin:] = [share > 0 for share in shares] if hard else shares
        places.append(place)
    return {"ids": ids, "values": values, "begins": begins, "right": right, "places": places,
            "lengths": np.array([len(row) for row in ids]), "figures": np.array([row["g"] for row in rows]), "problems": problems}


def balanced(data, rng):
    """Rows of problems with right and wrong rollouts, neither more than twice the other nor many (MM-PRM leaves out what has nothing to
    tell apart): a model that sees a problem too often learns its answer, not to judge."""
    groups = defaultdict(lambda: ([], []))
    for row, (problem, good) in enumerate(zip(data["problems"], data["right"])):
        groups[problem][good].append(row)
    chosen = np.zeros(len(data["right"]), bool)
    for wrong, good in groups.values():
        size = min(len(wrong), 2 * len(good), MOST), min(len(good), 2 * len(wrong), MOST)
        for rows, count in zip((wrong, good), size):
            chosen[rng.permutation(rows)[:count].astype(int)] = True
    return chosen


def losses(run, model, head, odds, data, figures, rows):
    ids = pad([data["ids"][row] for row in rows])
    with_figure = data["figures"][rows[0]] >= 0
    hidden = run(ids, pixels(figures, data["figures"][rows])) if with_figure else run(ids)
    target = torch.from_numpy(np.concatenate([data["values"][row] for row in rows]))
    logits = hidden[ids == PRM].float() @ odds().float()
    known = ~target.isnan()
    verdict = F.binary_cross_entropy_with_logits(logits[known], target[known])
    places = pad([data["places"][row] for row in rows], np.float32, np.nan)
    known = ~places.isnan()
    place = F.binary_cross_entropy_with_logits(head(hidden[known]).float().squeeze(-1), places[known]) if known.any() else verdict * 0
    right = torch.tensor([bool(data["right"][row]) for row in rows])
    begins = torch.tensor([data["begins"][row] for row in rows])
    written = (right[:, None] & (torch.arange(ids.shape[1]) >= begins[:, None]) & (ids > 1))[:, 1:]
    text = F.cross_entropy((hidden[:, :-1][written] @ model.embedding.weight.T).float(), ids[:, 1:][written]) if written.any() else verdict * 0
    return verdict, place, text


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--validation", required=True)
    arguments.add_argument("--start", type=Path, required=True, help="the policy's last weights")
    arguments.add_argument("--out", type=Path, required=True, help="the checkpoint")
    arguments.add_argument("--hard", action="store_true", help="labels 0 and 1 instead of soft values")
    arguments.add_argument("--outcome", action="store_true", help="the verdict on the whole solution alone")
    arguments.add_argument("--minutes", type=float, default=8)
    arguments.add_argument("--tokens", type=int, default=4096, help="a batch")
    arguments.add_argument("--rate", type=float, default=8e-4, help="peak learning rate")
    arguments.add_argument("--compile", action="store_true", help="needs a C++ compiler")
    options = arguments.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(2)
    tokenizer = load_tokenizer()
    yes, no = tokenizer.token_to_id("Yes"), tokenizer.token_to_id("No")
    data, figures = encode(options.data, tokenizer, options.hard, options.outcome), open_figures(options.data + ".figures")
    unseen, unseen_figures = encode(options.validation, tokenizer, options.hard), open_figures(options.validation + ".figures")
    model = Mini()
    model.load_state_dict(torch.load(options.start))
    head = nn.Linear(WIDTH, 1)
    odds = lambda: model.embedding.weight[yes] - model.embedding.weight[no]
    run = torch.compile(model, dynamic=True) if options.compile else model
    schedule = Schedule(optimizers(model, head.parameters(), options.rate), options.minutes)
    held_out = [rows for rows, _ in zip(batches(unseen, unseen["lengths"] > 0, options.tokens, np.random.default_rng(2)), range(24))]

    def validate():
        with torch.no_grad():
            return np.mean([[part.item() for part in losses(model, model, head, odds, unseen, unseen_figures, rows)] for rows in held_out], 0).round(4)

    print(len(data["ids"]), "rows, labels", sum(int((~np.isnan(v)).sum()) for v in data["values"]), "mean", np.nanmean(np.concatenate(data["values"])), flush=True)
    chosen = balanced(data, np.random.default_rng(3))
    print("of mixed problems, balanced:", chosen.sum(), flush=True)
    reported, seen, total, count = time.time(), 0, torch.zeros(3), 0
    for rows in batches(data, chosen, options.tokens, np.random.default_rng(1)):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            verdict, place, text = losses(run, model, head, odds, data, figures, rows)
        (verdict + place + 0.3 * text).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        if not schedule.step():
            break
        seen, total, count = seen + len(rows), total + torch.stack([verdict, place, text]).detach(), count + 1
        if time.time() - reported > 60:
            print(f"{schedule.minutes():.1f} min, {schedule.steps} steps, {seen / chosen.sum():.2f} epochs, losses {(total / count).numpy().round(4)}, unseen {validate()}", flush=True)
            reported, total, count = time.time(), torch.zeros(3), 0
            save(model, options.out)
    save(model, options.out)
    print(f"end: {seen / chosen.sum():.2f} epochs, unseen {validate()}", flush=True)


if __name__ == "__main__":
    main()
