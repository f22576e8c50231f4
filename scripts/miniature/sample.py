"""Samples solutions from a policy, thousands at once."""
import re

import numpy as np
import torch
import torch.nn.functional as F

from data import send
from sizes import COLUMNS, END, HEAD, HEADS, LAYERS, LENGTH, PATCHES, ROWS

MOST = 160


class Samples:
    """Rows that are sampled together: their prompts end at the same column, and attention skips what is before them."""

    def __init__(self, model, prompts, pixels, figures, device):
        self.model, self.rows = model, torch.arange(len(prompts), device=device)
        longest = max(len(prompt) for prompt in prompts)
        ids = np.zeros((len(prompts), longest), np.int64)
        for row, prompt in zip(ids, prompts):
            row[longest - len(prompt):] = prompt
        self.starts = send(np.array([longest - len(prompt) for prompt in prompts]), device)
        self.at, columns = longest, min(longest + MOST, LENGTH + longest)
        self.cache = [torch.zeros(2, len(prompts), HEADS, columns, HEAD, dtype=torch.bfloat16 if device == "cuda" else torch.float32, device=device) for _ in range(LAYERS)]
        place = torch.arange(longest, device=device)
        seen = (place >= self.starts[:, None])[:, None, None] & (place[:, None] >= place)[None, None]
        # Columns before a prompt attend to themselves, because attention to nothing gives NaN.
        seen |= torch.eye(longest, dtype=torch.bool, device=device)
        x = model.embedding(send(ids, device))
        figured = send(np.flatnonzero(np.array(figures) >= 0), device)
        if len(figured):
            distinct, own = np.unique(np.array(figures)[np.array(figures) >= 0], return_inverse=True)
            features = torch.cat([model.encoder(pixels[part][:, None].float() / 255) for part in send(distinct, device).split(1024)])
            x[figured[:, None], self.starts[figured][:, None] + torch.arange(PATCHES, device=device)] = features[send(own, device)].to(x.dtype)
        self.last = self.run(x, (place - self.starts[:, None]).clamp(min=0), slice(0, longest), seen)

    def run(self, x, place, columns, seen):
        """Passes new columns through the blocks; the last column's logits [B,V]."""
        model = self.model
        cos, sin = model.cos[place][:, :, None], model.sin[place][:, :, None]
        for block, cache in zip(model.blocks, self.cache):
            query, key, value = (part.transpose(1, 2) for part in block.project(x, cos, sin))
            cache[0, :, :, columns], cache[1, :, :, columns] = key, value
            keys, values = cache[0, :, :, :columns.stop], cache[1, :, :, :columns.stop]
            x = block.finish(x, F.scaled_dot_product_attention(query.to(keys.dtype), keys, values, attn_mask=seen).transpose(1, 2).flatten(2))
        return (model.norm(x[:, -1]) @ model.embedding.weight.T).float()

    def step(self, tokens):
        """Appends one token to every row."""
        columns = slice(self.at, self.at + 1)
        seen = (torch.arange(self.at + 1, device=tokens.device) >= self.starts[:, None])[:, None, None]
        self.last = self.run(self.model.embedding(tokens)[:, None], (self.at - self.starts)[:, None], columns, seen)
        self.at += 1

    def keep(self, kept):
        self.rows, self.starts, self.last = self.rows[kept], self.starts[kept], self.last[kept]
        self.cache = [cache[:, kept] for cache in self.cache]


@torch.no_grad()
def sample(model, prompts, pixels, figures, device, seed=1, temperature=1.0, at_once=8192):
    """Token ids that follow each prompt, up to <|end|> or MOST tokens. `pixels` [M,ROWS,COLUMNS] bytes on the device; `figures`: the index
    among them for every prompt, or -1."""
    generator = torch.Generator(device).manual_seed(seed)
    found = [None] * len(prompts)
    order = np.argsort([len(prompt) for prompt in prompts])
    for begin in range(0, len(order), at_once):
        part = order[begin:begin + at_once]
        rows = Samples(model, [prompts[i] for i in part], pixels, [figures[i] for i in part], device)
        written = torch.full((len(part), MOST), END, dtype=torch.int16, device=device)
        going = torch.ones(len(part), dtype=torch.bool, device=device)
        for at in range(MOST):
            tokens = torch.multinomial((rows.last / temperature).softmax(-1), 1, generator=generator)[:, 0]
            tokens = torch.where(going, tokens, END)
            written[rows.rows, at] = tokens.to(torch.int16)
            going = going & (tokens != END)
            if at % 12 == 11:
                share = going.float().mean().item()
                if share == 0:
                    break
                if share < 0.7:
                    rows.keep(going)
                    tokens, going = tokens[going], going[going]
            if at + 1 < MOST:
                rows.step(tokens)
        written = written.cpu().numpy()
        ends = np.where((written == END).any(1), (written == END).argmax(1), MOST)
        for i, row, end in zip(part, written, ends):
            found[i] = row[:end].tolist()
    return found


def solved(answer, text):
    """Whether the last answer that a text gives is the right one."""
    given = re.findall(r"answer is (\d+)", text)
    return bool(given) and given[-1] == answer
