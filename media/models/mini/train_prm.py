"""Trains the PRM, or an outcome model, on labels of the pipeline's runs, starting from the policy's last weights (see README.md).

Rows of write-labels.ts: {q, s: steps, v: value of each step's prefix in [0, 1] or null, g: figure}. Binary cross-entropy of Yes
against No at the <prm> after every labelled step, with the soft value as target (MM-PRM, arXiv 2505.13427, equation 6).
"""
import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from data import batches, load_tokenizer, open_figures, pad, pixels, prompts
from model import PRM, Mini
from optimize import Schedule, optimizers, save


def encode(path, tokenizer, hard):
    """Rows as lists: ids and values at the markers (NaN: no label). The prompt and each step are encoded apart, as the scorer does."""
    with open(path) as file:
        rows = [json.loads(line) for line in file]
    ids, values, begins = [], [], []
    for at in range(0, len(rows), 5000):
        part = rows[at:at + 5000]
        steps = iter(tokenizer.encode_batch([f"{step}<prm>" for row in part for step in row["s"]]))
        for row, prompt in zip(part, prompts(tokenizer, part)):
            ids.append(np.array(prompt + [id for _ in row["s"] for id in next(steps).ids], np.uint16))
            begins.append(len(prompt))
            soft = np.array([np.nan if value is None else value for value in row["v"]], np.float32)
            # VisualPRM, arXiv 2503.10291: a step is right when any continuation succeeded.
            values.append(np.where(np.isnan(soft), soft, soft > 0) if hard else soft)
    return {"ids": ids, "values": values, "begins": begins, "lengths": np.array([len(row) for row in ids]), "figures": np.array([row["g"] for row in rows])}


def loss(run, odds, embedding, data, figures, rows):
    ids = pad([data["ids"][row] for row in rows])
    with_figure = data["figures"][rows[0]] >= 0
    hidden = run(ids, pixels(figures, data["figures"][rows])) if with_figure else run(ids)
    target = torch.from_numpy(np.concatenate([data["values"][row] for row in rows]))
    logits = hidden[ids == PRM].float() @ odds().float()
    known = ~target.isnan()
    verdict = F.binary_cross_entropy_with_logits(logits[known], target[known])
    # Right solutions are still foretold, so that what the policy learned is not lost to a few thousand labels.
    right = torch.tensor([bool(data["values"][row][-1] == 1) for row in rows])
    begins = torch.tensor([data["begins"][row] for row in rows])
    place = torch.arange(ids.shape[1])
    text = (right[:, None] & (place >= begins[:, None]) & (ids > 1))[:, 1:]
    if not text.any():
        return verdict, verdict * 0
    return verdict, F.cross_entropy((hidden[:, :-1][text] @ embedding().T).float(), ids[:, 1:][text])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--validation", required=True)
    arguments.add_argument("--start", type=Path, required=True, help="the policy's last weights")
    arguments.add_argument("--out", type=Path, required=True, help="the checkpoint")
    arguments.add_argument("--hard", action="store_true", help="labels 0 and 1 instead of soft values")
    arguments.add_argument("--minutes", type=float, default=8)
    arguments.add_argument("--tokens", type=int, default=4096, help="a batch")
    arguments.add_argument("--rate", type=float, default=8e-4, help="peak learning rate")
    arguments.add_argument("--compile", action="store_true", help="needs a C++ compiler")
    options = arguments.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(2)
    tokenizer = load_tokenizer()
    yes, no = tokenizer.token_to_id("Yes"), tokenizer.token_to_id("No")
    data, figures = encode(options.data, tokenizer, options.hard), open_figures(options.data + ".figures")
    unseen, unseen_figures = encode(options.validation, tokenizer, options.hard), open_figures(options.validation + ".figures")
    model = Mini()
    model.load_state_dict(torch.load(options.start))
    embedding = lambda: model.embedding.weight
    odds = lambda: model.embedding.weight[yes] - model.embedding.weight[no]
    run = torch.compile(model, dynamic=True) if options.compile else model
    schedule = Schedule(optimizers(model, [], options.rate), options.minutes)
    held_out = [rows for rows, _ in zip(batches(unseen, unseen["lengths"] > 0, options.tokens, np.random.default_rng(2)), range(24))]

    def validate():
        with torch.no_grad():
            return np.mean([loss(model, odds, embedding, unseen, unseen_figures, rows)[0].item() for rows in held_out])

    print(len(data["ids"]), "rows, labels", sum(int((~np.isnan(v)).sum()) for v in data["values"]), "mean", np.nanmean(np.concatenate(data["values"])), flush=True)
    reported, seen, total, count = time.time(), 0, 0.0, 0
    for rows in batches(data, data["lengths"] > 0, options.tokens, np.random.default_rng(1)):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            value, text = loss(run, odds, embedding, data, figures, rows)
        (value + 0.3 * text).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        if not schedule.step():
            break
        seen, total, count = seen + len(rows), total + value.item(), count + 1
        if time.time() - reported > 60:
            print(f"{schedule.minutes():.1f} min, {schedule.steps} steps, {seen / len(data['ids']):.2f} epochs, loss {total / count:.4f}, unseen {validate():.4f}", flush=True)
            reported, total, count = time.time(), 0.0, 0
            save(model, options.out)
    save(model, options.out)
    print(f"end: {seen / len(data['ids']):.2f} epochs, unseen {validate():.4f}", flush=True)


if __name__ == "__main__":
    main()
