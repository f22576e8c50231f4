"""Trains the policy on right solutions: next-token prediction of the solution (see README.md for the commands).

Prints, every few minutes, the share of unseen problems it solves at temperature 1. Checkpoints are kept by time: an early one
makes a policy that errs often enough to be worth searching, the last one is where the PRM starts from.
"""
import argparse
import json
import re
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from data import batches, encode_solutions, load_tokenizer, open_figures, pad, pixels, prompts
from model import END, Cached, Mini, causal, LAYERS, WIDTH
from optimize import Schedule, optimizers, save


def loss(run, weight, data, figures, rows):
    """`run` is the (compiled) forward pass."""
    starts = np.concatenate([[0], np.cumsum(data["lengths"])])
    ids = pad([data["ids"][starts[row]:starts[row + 1]] for row in rows])
    begins, lengths = torch.from_numpy(data["begins"][rows]), torch.from_numpy(data["lengths"][rows])
    place = torch.arange(ids.shape[1])
    keep = ((place >= begins[:, None]) & (place < lengths[:, None]))[:, 1:]
    with_figure = data["figures"][rows[0]] >= 0
    hidden = run(ids, pixels(figures, data["figures"][rows])) if with_figure else run(ids)
    return F.cross_entropy((hidden[:, :-1][keep] @ weight.T).float(), ids[:, 1:][keep])


@torch.no_grad()
def solve(model, tokenizer, rows, figures, temperature, generator):
    """One sampled solution per row: its text."""
    cached, found = Cached(model), []
    for row, prompt in zip(rows, prompts(tokenizer, rows)):
        image = pixels(figures, np.array([row["g"]])) if row["g"] >= 0 else torch.zeros(0, 1, 80, 128)
        ids, past, written = torch.tensor([prompt]), [torch.zeros(1, 0, WIDTH)] * (2 * LAYERS), []
        while len(written) < 160:
            length = past[0].shape[1]
            logits, *present = cached(ids, torch.arange(length, length + ids.shape[1])[None], causal(ids.shape[1], length), image, *past)
            past = [torch.cat(pair, 1) for pair in zip(past, present)]
            last = logits[0, -1]
            token = int(last.argmax()) if temperature == 0 else int(torch.multinomial((last / temperature).softmax(-1), 1, generator=generator))
            if token == END:
                break
            written.append(token)
            ids, image = torch.tensor([[token]]), torch.zeros(0, 1, 80, 128)
        found.append(tokenizer.decode(written, skip_special_tokens=False))
    for module in model.modules():
        if hasattr(module, "exporting"):
            module.exporting = False
    return found


def solved(row, text):
    answer = re.findall(r"answer is (\d+)", text)
    return bool(answer) and answer[-1] == row["a"]


def report(model, tokenizer, rows, figures):
    generator = torch.Generator().manual_seed(1)
    hits = [solved(row, text) for row, text in zip(rows, solve(model, tokenizer, rows, figures, 1, generator))]
    share = lambda keep: f"{np.mean([hit for hit, row in zip(hits, rows) if keep(row)]):.2f}"
    kinds = sorted({row["k"] for row in rows})
    return f"solved {share(lambda row: True)}, with figure {share(lambda row: row['g'] >= 0)} | " + ", ".join(f"{kind} {share(lambda row: row['k'] == kind)}" for kind in kinds)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--validation", required=True)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--rows", type=int, default=250_000)
    arguments.add_argument("--minutes", type=float, default=45, help="wall-clock; the learning rate falls to 0 at its end")
    arguments.add_argument("--tokens", type=int, default=6144, help="a batch")
    arguments.add_argument("--rate", type=float, default=3e-3, help="peak learning rate")
    arguments.add_argument("--resume", type=Path, help="weights to start from; what they lack starts fresh")
    arguments.add_argument("--reading", action="store_true", help="only lines that ask what a figure shows")
    arguments.add_argument("--compile", action="store_true", help="needs a C++ compiler")
    options = arguments.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(2)
    rng = np.random.default_rng(1)
    tokenizer = load_tokenizer()
    data, figures = encode_solutions(options.data, tokenizer, options.rows), open_figures(options.data + ".figures")
    chosen = data["kinds"] == "reading a figure" if options.reading else data["lengths"] > 0
    unseen_figures = open_figures(options.validation + ".figures")
    with open(options.validation) as file:
        unseen = [row for row in map(json.loads, file) if row["a"]][:90]
    model = Mini()
    if options.resume:
        weights = torch.load(options.resume)
        own = model.state_dict()
        for name, weight in weights.items():
            own[name][:len(weight)] = weight
        model.load_state_dict(own)
    print("solutions", len(data["lengths"]), "tokens each", data["lengths"].mean(), "parameters", sum(p.numel() for p in model.parameters()), flush=True)
    run = torch.compile(model, dynamic=True) if options.compile else model
    matrices = [p for p in model.blocks.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if not any(p is matrix for matrix in matrices)]
    schedule = Schedule(optimizers(matrices, others, options.rate), options.minutes)
    reported, seen, total, count = time.time(), 0, 0.0, 0
    for rows in batches(data, chosen, options.tokens, rng):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            value = loss(run, model.embedding.weight, data, figures, rows)
        value.backward()
        if not schedule.step():
            break
        seen, total, count = seen + len(rows), total + value.item(), count + 1
        if schedule.steps in (20, 100) or schedule.steps % 200 == 0:
            print(f"{schedule.minutes():.1f} min, {schedule.steps} steps, {seen} solutions, loss {total / count:.4f}", flush=True)
            total, count = 0.0, 0
        if time.time() - reported > 300:
            print(f"{schedule.minutes():.1f} min,", report(model, tokenizer, unseen, unseen_figures), flush=True)
            reported = time.time()
            save(model, options.out / f"policy-{round(schedule.minutes()):03d}.pt")
    save(model, options.out / "policy-end.pt")
    print("end:", seen, "solutions,", report(model, tokenizer, unseen, unseen_figures), flush=True)


if __name__ == "__main__":
    main()
