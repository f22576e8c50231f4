"""The mini PRM: a small decoder-only transformer (RMSNorm, rotary positions, GELU), used by train.py and export.py."""
import torch
import torch.nn.functional as F
from torch import nn

WIDTH, LAYERS, HEADS, HIDDEN, LENGTH = 192, 5, 6, 512, 512
HEAD = WIDTH // HEADS


def rotary_tables():
    """cos and sin of shape [LENGTH, HEAD]; both halves of a head share their angles (as in GPT-NeoX)."""
    angles = torch.arange(LENGTH).float()[:, None] * 10000.0 ** (-torch.arange(0, HEAD, 2).float() / HEAD)
    angles = torch.cat([angles, angles], -1)
    return angles.cos(), angles.sin()


def rotate(x, cos, sin):
    """x: [B, S, HEADS, HEAD]; cos, sin: [S, 1, HEAD]."""
    low, high = x.chunk(2, -1)
    return x * cos + torch.cat([-high, low], -1) * sin


class Norm(nn.Module):
    """RMSNorm; spelled out at export, because opset 17 has no operator for it."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))
        self.exporting = False

    def forward(self, x):
        if self.exporting:
            return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight
        return F.rms_norm(x, (WIDTH,), self.weight.to(x.dtype), 1e-6)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm_attention, self.norm_hidden = Norm(), Norm()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))
        self.up, self.down = nn.Linear(WIDTH, HIDDEN, bias=False), nn.Linear(HIDDEN, WIDTH, bias=False)

    def project(self, x, cos, sin):
        """Queries, keys (rotated) and values of new tokens, each [B, S, HEADS, HEAD]."""
        x = self.norm_attention(x)
        split = (x.shape[0], x.shape[1], HEADS, HEAD)
        return rotate(self.query(x).view(split), cos, sin), rotate(self.key(x).view(split), cos, sin), self.value(x).view(split)

    def finish(self, x, attended):
        x = x + self.out(attended)
        return x + self.down(F.gelu(self.up(self.norm_hidden(x)), approximate="tanh"))


class MiniPrm(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = Norm()
        cos, sin = rotary_tables()
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        nn.init.normal_(self.embedding.weight, std=0.02)
        for block in self.blocks:
            for linear in (block.out, block.down):
                nn.init.normal_(linear.weight, std=0.02 / (2 * LAYERS) ** 0.5)

    def forward(self, ids):
        """Hidden states [B, S, WIDTH] of whole sequences; the vocabulary head is the embedding, applied by the caller where needed."""
        x = self.embedding(ids)
        length = ids.shape[1]
        cos, sin = self.cos[:length, None].to(x.dtype), self.sin[:length, None].to(x.dtype)
        causal = torch.full((length, length), -1e4, dtype=x.dtype).triu(1)
        for block in self.blocks:
            query, key, value = (part.transpose(1, 2) for part in block.project(x, cos, sin))
            # Spelled out: on a CPU the backward pass of torch's fused attention costs five times these products.
            scores = query @ key.transpose(-1, -2) * HEAD**-0.5 + causal
            attended = scores.softmax(-1) @ value
            x = block.finish(x, attended.transpose(1, 2).flatten(2))
        return self.norm(x)


class CachedPrm(nn.Module):
    """The graph that is exported: new tokens against a cache. Shapes: S new tokens, P cached, V vocabulary, D = WIDTH.

    input_ids [1,S], position_ids [1,S], attention_bias [1,1,S,P+S] (0 or -1e9), per layer past_key, past_value [1,P,D]
    -> logits [1,S,V], per layer present_key, present_value [1,S,D] (the new tokens only; keys after rotation).
    """

    def __init__(self, model):
        super().__init__()
        self.model = model
        for module in model.modules():
            if isinstance(module, Norm):
                module.exporting = True

    def forward(self, input_ids, position_ids, attention_bias, *past):
        model = self.model
        x = model.embedding(input_ids)
        cos, sin = model.cos[position_ids[0]][:, None], model.sin[position_ids[0]][:, None]
        present = []
        for layer, block in enumerate(model.blocks):
            query, key, value = block.project(x, cos, sin)
            present += [key.flatten(2), value.flatten(2)]
            keys = torch.cat([past[2 * layer], present[-2]], 1).view(1, -1, HEADS, HEAD).permute(0, 2, 3, 1)
            values = torch.cat([past[2 * layer + 1], present[-1]], 1).view(1, -1, HEADS, HEAD).transpose(1, 2)
            scores = query.transpose(1, 2) @ keys * HEAD**-0.5 + attention_bias
            x = block.finish(x, (scores.softmax(-1) @ values).transpose(1, 2).flatten(2))
        return (model.norm(x) @ model.embedding.weight.T, *present)
