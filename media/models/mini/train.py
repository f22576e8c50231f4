"""Trains the mini PRM on solutions with planted mistakes (see README.md for the commands).

Three losses on one sequence `Question: ..\\nProcess: step<prm>step<prm>..` (MM-PRM's layout):
  verdict   Yes against No at every <prm>, cross-entropy (MM-PRM, arXiv 2505.13427);
  text      next token, where it is a digit or an operator of the right part, which teaches copying and arithmetic;
  place     at every token of the solution, by a head that is not exported: is the text right up to here? The generator
            knows the first wrong character, and this dense signal makes the verdict learnable in minutes.
"""
import argparse
import itertools
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import nn

from measures import report
from model import MiniPrm

HERE = Path(__file__).parent
PAD, PRM = 0, 1


def encode(path, tokenizer, limit):
    """Rows as one flat array: ids, and per token `state` (0 question, 1 right, 2 wrong). Kept beside the JSON Lines as .npz."""
    cache = Path(f"{path}.{limit}.npz")
    if not cache.exists():
        ids, state, lengths, first, kinds, mistakes = [], [], [], [], [], []
        with open(path) as file:
            rows = map(json.loads, itertools.islice(file, limit))
            while chunk := list(itertools.islice(rows, 5000)):
                add(chunk, tokenizer, ids, state, lengths, first, kinds, mistakes)
        np.savez(cache, ids=np.concatenate(ids), state=np.concatenate(state), lengths=np.array(lengths), first=np.array(first),
                 kinds=np.array(kinds), mistakes=np.array(mistakes))
    with np.load(cache) as data:
        return {key: data[key] for key in data.files}


def add(rows, tokenizer, ids, state, lengths, first, kinds, mistakes):
    # The prompt and the steps are encoded apart, as a scorer does that adds steps one by one.
    prompts = tokenizer.encode_batch([f"Question: {row['q']}\nProcess: " for row in rows])
    solutions = tokenizer.encode_batch(["".join(f"{step}<prm>" for step in row["s"]) for row in rows])
    for row, prompt, solution in zip(rows, prompts, solutions):
        wrong = sum(len(step) + len("<prm>") for step in row["s"][:row["f"]]) + row["d"] if row["f"] >= 0 else 10**9
        # A token is wrong when it holds the first wrong character or stands after it.
        marks = [2 if end > wrong else 1 for _, end in solution.offsets]
        state.append(np.array([0] * len(prompt.ids) + marks, np.uint8))
        ids.append(np.array(prompt.ids + solution.ids, np.uint16))
        lengths.append(len(prompt.ids) + len(solution.ids))
        first.append(row["f"])
        kinds.append(row["k"])
        mistakes.append(row["m"])


def batches(data, tokens, rng):
    """Endless batches of about `tokens` tokens, rows of like length together; yields ids and state, padded, [B, S]."""
    starts = np.concatenate([[0], np.cumsum(data["lengths"])])
    while True:
        order = np.argsort(data["lengths"] + rng.random(len(data["lengths"])) * 16)
        groups, at = [], 0
        while at < len(order):
            size = max(1, tokens // int(data["lengths"][order[at]] + 8))
            groups.append(order[at:at + size])
            at += size
        rng.shuffle(groups)
        for rows in groups:
            yield pad(data, starts, rows)


def pad(data, starts, rows):
    longest = -(-int(data["lengths"][rows].max()) // 8) * 8
    ids, state = np.zeros((len(rows), longest), np.int64), np.zeros((len(rows), longest), np.int64)
    for i, row in enumerate(rows):
        part = slice(starts[row], starts[row + 1])
        ids[i, :data["lengths"][row]] = data["ids"][part]
        state[i, :data["lengths"][row]] = data["state"][part]
    return torch.from_numpy(ids), torch.from_numpy(state)


def verdicts(model, hidden, yes, no):
    """Log odds of Yes against No for hidden states [N, WIDTH]."""
    weight = model.embedding.weight
    return hidden.float() @ (weight[yes] - weight[no]).float()


def losses(model, run, place, ids, state, yes, no, numeric):
    """`run` is the (compiled) forward pass of `model`; `numeric` tells which token ids are digits or operators, [V]."""
    hidden = run(ids)
    marker = ids == PRM
    verdict = F.binary_cross_entropy_with_logits(verdicts(model, hidden[marker], yes, no), (state[marker] == 1).float())
    target = ids[:, 1:]
    keep = (state[:, 1:] == 1) & numeric[target]
    text = F.cross_entropy((hidden[:, :-1][keep] @ model.embedding.weight.T).float(), target[keep])
    solution = state > 0
    where = F.binary_cross_entropy_with_logits(place(hidden[solution]).float().squeeze(-1), (state[solution] == 1).float())
    return verdict, text, where


@torch.no_grad()
def score(model, data, yes, no, rows):
    """Scores of the steps of `rows`, one array each."""
    starts = np.concatenate([[0], np.cumsum(data["lengths"])])
    order = sorted(rows, key=lambda row: data["lengths"][row])
    found = {}
    for at in range(0, len(order), 64):
        part = order[at:at + 64]
        ids, _ = pad(data, starts, part)
        scores = torch.sigmoid(verdicts(model, model(ids), yes, no)).float().numpy()
        for row, line, values in zip(part, ids.numpy(), scores):
            found[row] = values[line == PRM]
    return [found[row] for row in rows]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--validation", required=True)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--rows", type=int, default=700_000)
    arguments.add_argument("--minutes", type=float, default=45, help="wall-clock; the learning rate falls to 0 at its end")
    arguments.add_argument("--tokens", type=int, default=8192, help="a batch")
    arguments.add_argument("--compile", action="store_true", help="needs a C++ compiler")
    arguments.add_argument("--rate", type=float, default=4e-3, help="peak learning rate")
    arguments.add_argument("--resume", type=Path, help="weights to start from")
    arguments.add_argument("--threads", type=int, default=2)
    options = arguments.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(options.threads)
    rng = np.random.default_rng(1)
    tokenizer = Tokenizer.from_file(str(HERE / "tokenizer.json"))
    yes, no = tokenizer.token_to_id("Yes"), tokenizer.token_to_id("No")
    data, validation = encode(options.data, tokenizer, options.rows), encode(options.validation, tokenizer, 1000)
    numeric = torch.tensor([tokenizer.id_to_token(i).strip("Ġ") in set("0123456789+-*/") for i in range(tokenizer.get_vocab_size())])
    model = MiniPrm(tokenizer.get_vocab_size())
    if options.resume:
        model.load_state_dict(torch.load(options.resume))
    place = nn.Linear(model.norm.weight.numel(), 1)
    print("solutions", len(data["lengths"]), "tokens each", data["lengths"].mean(), "longest", data["lengths"].max(),
          "parameters", sum(p.numel() for p in model.parameters()), flush=True)

    matrices = [p for p in model.blocks.parameters() if p.dim() == 2]
    others = [p for p in [*model.parameters(), *place.parameters()] if not any(p is m for m in matrices)]
    optimizers = [torch.optim.Muon(matrices, lr=options.rate, weight_decay=0.02, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
                  torch.optim.AdamW(others, lr=0.75 * options.rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)]
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]

    # Fused element-wise code is two to three times faster than eager here; the lengths of the batches vary, hence dynamic.
    run = torch.compile(model, dynamic=True) if options.compile else model
    options.out.mkdir(parents=True, exist_ok=True)
    begun = reported = time.time()
    seen, running, count = 0, torch.zeros(3), 0
    for step, (ids, state) in enumerate(batches(data, options.tokens, rng)):
        elapsed = (time.time() - begun) / (60 * options.minutes)
        if elapsed >= 1:
            break
        rate = min(1, (step + 1) / 150) * (0.5 + 0.5 * math.cos(math.pi * elapsed))
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * max(rate, 0.01)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            verdict, text, where = losses(model, run, place, ids, state, yes, no, numeric)
        (verdict + 0.5 * text + where).backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        seen += len(ids)
        running += torch.stack([verdict, text, where]).detach()
        count += 1
        if step in (20, 100) or time.time() - reported > 120:
            reported = time.time()
            scores = score(model, validation, yes, no, range(1000))
            print(f"{(reported - begun) / 60:.1f} min, {step} steps, {seen} solutions, losses {(running / count).numpy().round(4)},",
                  report(scores, validation["first"], validation["kinds"], validation["mistakes"]), flush=True)
            running, count = torch.zeros(3), 0
            save(model, options.out)
    save(model, options.out)
    scores = score(model, validation, yes, no, range(1000))
    print("end:", seen, "solutions", report(scores, validation["first"], validation["kinds"], validation["mistakes"]), flush=True)


def save(model, folder):
    """Written beside and renamed, so that a kill never leaves half a checkpoint."""
    torch.save(model.state_dict(), folder / "model.tmp")
    (folder / "model.tmp").rename(folder / "model.pt")


if __name__ == "__main__":
    main()
