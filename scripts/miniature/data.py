"""Solutions as token rows: written by write-data.ts (for the policy) or from rollouts (for the PRM)."""
import json
import sys
import time
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from sizes import COLUMNS, END, IMAGE, PATCHES, ROWS

READING = "reading "
# Tokens of a row in each part of a batch.
LONGEST = {"figure": 224, "text": 168, "reading": 112}
MODELS = Path(__file__).parents[2] / "media" / "models" / "mini"


def load_tokenizer():
    return Tokenizer.from_file(str(MODELS / "tokenizer.json"))


def prompts(tokenizer, rows):
    """Token ids of the text before the first step, one list a row; `g` >= 0: a figure comes before it."""
    texts = tokenizer.encode_batch([f"Question: {row['q']}\nProcess: " for row in rows])
    return [([IMAGE] * PATCHES if row["g"] >= 0 else []) + text.ids for row, text in zip(rows, texts)]


def encode_solutions(path, tokenizer, limit=None):
    """Rows for the policy: prompt, every step with its line end, <|end|>. The pieces are encoded apart, as a sampler does that
    continues from a step. Returns flat arrays: ids, prompt and whole lengths, figure; kept beside the JSON Lines as .npz."""
    cache = Path(f"{path}.{limit or 'all'}.npz")
    if not cache.exists():
        ids, begins, lengths, figures, kinds = [], [], [], [], []
        with open(path) as file:
            rows = [json.loads(line) for line, _ in zip(file, range(limit or 10**9))]
        for at in range(0, len(rows), 5000):
            part = rows[at:at + 5000]
            steps = iter(tokenizer.encode_batch([f"{step}\n" for row in part for step in row["s"]]))
            for row, prompt in zip(part, prompts(tokenizer, part)):
                whole = prompt + [id for _ in row["s"] for id in next(steps).ids] + [END]
                ids.append(np.array(whole, np.uint16))
                begins.append(len(prompt))
                lengths.append(len(whole))
                figures.append(row["g"])
                kinds.append(row["k"])
        partial = cache.with_suffix(".partial.npz")
        np.savez(partial, ids=np.concatenate(ids), begins=np.array(begins), lengths=np.array(lengths), figures=np.array(figures), kinds=np.array(kinds))
        partial.rename(cache)
    with np.load(cache) as data:
        return {key: data[key] for key in data.files}


def open_figures(path):
    """All figures of a data file, [M, ROWS, COLUMNS] gray bytes, mapped and not read."""
    return np.memmap(path, np.uint8, "r").reshape(-1, ROWS, COLUMNS) if Path(path).stat().st_size else np.zeros((0, ROWS, COLUMNS), np.uint8)


def pad(arrays, dtype=np.int64, filler=0):
    """[B, S], S a multiple of 8, `filler` after the end."""
    longest = -(-max(len(a) for a in arrays) // 8) * 8
    padded = np.full((len(arrays), longest), filler, dtype)
    for row, values in zip(padded, arrays):
        row[:len(values)] = values
    return padded


def cut(lengths, rows, tokens, rng):
    """`rows` in groups of like length and about `tokens` tokens, in random order."""
    order = rows[np.argsort(lengths[rows] + rng.random(len(rows)) * 16)]
    groups, at = [], 0
    while at < len(order):
        size = max(1, tokens // int(lengths[order[at]] + 8))
        groups.append(order[at:at + size])
        at += size
    return groups


def batches(data, chosen, tokens, rng, once=False):
    """Batches of about `tokens` tokens, without end unless `once`: numbers of `chosen` rows of like length, all with a figure or all without."""
    lengths, figured = data["lengths"], data["figures"] >= 0
    while True:
        groups = [group for rows in (np.flatnonzero(figured & chosen), np.flatnonzero(~figured & chosen)) for group in cut(lengths, rows, tokens, rng)]
        rng.shuffle(groups)
        yield from groups
        if once:
            return


def part_of(kind, figure):
    return "reading" if kind.startswith(READING) else "figure" if figure >= 0 else "text"


class Corpus:
    """The solutions of every file of a folder that write-data.ts and `encode_folder` have finished, on a device; the folder may still be
    growing. A batch has three parts of fixed shapes: solutions with a figure, solutions without, and lines that ask what a figure shows."""

    def __init__(self, folder, device):
        self.folder, self.device, self.read = Path(folder), device, set()
        self.ids, self.figures, self.parts, self.rows = [], [], {}, {}

    def grow(self):
        """Takes in the files that are new. A file is finished when its .done is there."""
        import torch

        for mark in sorted(self.folder.glob("*.done")):
            if mark in self.read:
                continue
            self.read.add(mark)
            path = str(mark.with_suffix(""))
            data, figures = encode_solutions(path, None), open_figures(f"{path}.figures")
            tokens, drawn = sum(len(part) for part in self.ids), sum(len(part) for part in self.figures)
            self.ids.append(torch.from_numpy(data["ids"].astype(np.int16)).to(self.device))
            self.figures.append(torch.from_numpy(np.array(figures)).to(self.device))
            before = len(self.parts["lengths"]) if self.parts else 0
            for kind in np.unique(data["kinds"]):
                new = before + np.flatnonzero((data["kinds"] == kind) & (data["lengths"] <= LONGEST[part_of(str(kind), data["figures"][data["kinds"] == kind][0])]))
                self.rows[str(kind)] = np.concatenate([self.rows[str(kind)], new]) if str(kind) in self.rows else new
            own = {"starts": tokens + np.concatenate([[0], np.cumsum(data["lengths"])[:-1]]), "begins": data["begins"], "lengths": data["lengths"],
                   "figures": np.where(data["figures"] >= 0, data["figures"] + drawn, -1)}
            self.parts = {key: np.concatenate([self.parts[key], value]) if self.parts else value for key, value in own.items()}
        if len(self.ids) > 1:
            self.ids, self.figures = [torch.cat(self.ids)], [torch.cat(self.figures)]
        return len(self.parts["lengths"]) if self.parts else 0

    def draw(self, part, count, weights, rng):
        """`count` rows of a part of a batch. `weights` says how often a kind is drawn, relative to its share."""
        kinds = [kind for kind, rows in self.rows.items() if part_of(kind, self.parts["figures"][rows[0]]) == part]
        share = np.array([len(self.rows[kind]) * weights.get(kind.removeprefix(READING), 1.0) for kind in kinds])
        counts = rng.multinomial(count, share / share.sum())
        return np.concatenate([rng.choice(self.rows[kind], count) for kind, count in zip(kinds, counts)])

    def take(self, part, rows):
        """A batch's part: ids [B,S], the token that follows each where it is the solution's, else -100, and figures [B,ROWS,COLUMNS] in bytes or None."""
        import torch

        starts, begins, lengths = (send(self.parts[key][rows], self.device)[:, None] for key in ("starts", "begins", "lengths"))
        place = torch.arange(LONGEST[part], device=self.device)
        ids = self.ids[0][starts + torch.minimum(place, lengths - 1)].long()
        follows = torch.roll(ids, -1, 1).masked_fill((place + 1 < begins) | (place + 1 >= lengths), -100)
        return ids, follows, None if part == "text" else self.figures[0][send(self.parts["figures"][rows], self.device)]


def send(array, device):
    """An array as a tensor on the device; from pinned memory, so that the copy does not block."""
    import torch

    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device == "cuda" else tensor.to(device)


def encode_folder(folder, number, of):
    """Encodes the files of a folder as write-data.ts finishes them (FILE.written), every `of`-th from `number`; FILE.done says that one is ready.
    Ends when FOLDER/end is there and all are done."""
    tokenizer = load_tokenizer()
    while True:
        is_last = (Path(folder) / "end").exists()
        waiting = [mark for mark in sorted(Path(folder).glob("*.written")) if int(mark.stem) % of == number and not mark.with_suffix(".done").exists()]
        for mark in waiting:
            encode_solutions(str(mark.with_suffix("")), tokenizer)
            mark.with_suffix(".done").touch()
        if is_last and not waiting:
            return
        time.sleep(0.2)


if __name__ == "__main__":
    encode_folder(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
