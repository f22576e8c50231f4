"""The miniature models: the policy is a decoder-only transformer (RMSNorm, rotary positions, GELU) that reads a figure as 64 tokens
before the text; the PRM is a policy that then judges what it reads."""
import torch
import torch.nn.functional as F
from torch import nn

from sizes import COLUMNS, HEAD, HEADS, HIDDEN, IMAGE, LAYERS, LENGTH, LOOKS, NO, PATCHES, PRM, ROWS, SHARPNESS, VOCABULARY, WIDTH, YES


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


def attend(block, x, cos, sin, is_causal=True):
    """A block over whole sequences [B, S, WIDTH]; `is_causal`: every token sees those before it, else all."""
    length = x.shape[1]
    cos, sin = cos[:length, None].to(x.dtype), sin[:length, None].to(x.dtype)
    query, key, value = (part.transpose(1, 2) for part in block.project(x, cos, sin))
    if x.is_cuda:
        attended = F.scaled_dot_product_attention(query, key, value, is_causal=is_causal)
    else:
        # Spelled out: on a CPU the backward pass of torch's fused attention costs five times these products, and opset 17 has none.
        scores = query @ key.transpose(-1, -2) * HEAD**-0.5
        if is_causal:
            scores = scores + torch.full((length, length), -1e4, dtype=x.dtype).triu(1)
        attended = scores.softmax(-1) @ value
    return block.finish(x, attended.transpose(1, 2).reshape(-1, length, WIDTH))


class Encoder(nn.Module):
    """Figures [T,1,ROWS,COLUMNS] -> features [T,PATCHES,WIDTH]: convolutions within patches, then blocks between them, so that the
    token of a number can say whose number it is."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.Conv2d(32, 32, 3, padding=1)
        self.patch = nn.Conv2d(32, WIDTH, (5, 8), stride=(5, 8))
        self.place = nn.Parameter(torch.zeros(PATCHES, WIDTH))
        self.looks = nn.ModuleList(Block() for _ in range(LOOKS))
        nn.init.normal_(self.place, std=0.02)
        # The features contain the places, so the blocks rotate nothing.
        self.register_buffer("cos", torch.ones(PATCHES, HEAD), persistent=False)
        self.register_buffer("sin", torch.zeros(PATCHES, HEAD), persistent=False)
        # On a CPU the convolutions of one channel run several times faster in this layout.
        self.to(memory_format=torch.channels_last)

    def patches(self, pixels):
        # Ink is 1 and paper 0, so that padding looks like paper.
        x = F.relu(self.first(1 - pixels))
        x = F.relu(self.second(x))
        x = x + F.relu(self.third(x))
        return self.patch(x).permute(0, 2, 3, 1).reshape(-1, PATCHES, WIDTH) + self.place

    def forward(self, pixels):
        x = self.patches(pixels)
        for block in self.looks:
            x = attend(block, x, self.cos, self.sin, False)
        return x


class Mini(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.encoder = Encoder()
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = Norm()
        cos, sin = rotary_tables()
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        nn.init.normal_(self.embedding.weight, std=0.02)
        for block in (*self.blocks, *self.encoder.looks):
            for linear in (block.out, block.down):
                nn.init.normal_(linear.weight, std=0.02 / (2 * LAYERS) ** 0.5)

    def forward(self, ids, pixels=None):
        """Hidden states [B, S, WIDTH] of whole sequences; with `pixels` [B,1,ROWS,COLUMNS] the first 64 of each row are its figure.
        The vocabulary head is the embedding, applied by the caller where needed."""
        x = self.embedding(ids)
        if pixels is not None:
            x = torch.cat([self.encoder(pixels).to(x.dtype), x[:, PATCHES:]], 1)
        for block in self.blocks:
            x = attend(block, x, self.cos, self.sin)
        return self.norm(x)


class Prm(Mini):
    """A policy with one block above it. For every token, the block gets how likely the policy found it. The policy would not have written a
    wrong number, so the judging block has little to learn: what a surprise means, and its consequences for later steps."""

    def __init__(self):
        super().__init__()
        self.told, self.judge, self.judged = nn.Linear(3, WIDTH), Block(), Norm()
        # The words of the verdict never occur in a solution, so their likelihood must not change what the policy expects.
        self.register_buffer("silent", torch.zeros(VOCABULARY), persistent=False)
        self.silent[[NO, YES]] = -1e4

    def start(self, policy, newline):
        """Copies a policy's weights. To the policy, `<prm>` looks like the line end after a step in its own solutions."""
        self.load_state_dict(policy, strict=False)
        with torch.no_grad():
            self.embedding.weight[PRM] = self.embedding.weight[newline]

    def expected(self, before, ids):
        """[B,S,3]: how far the log-probability of every token, after the hidden state before it, is below that of the likeliest one;
        the latter; and the mean."""
        logs = (before @ self.embedding.weight.T + self.silent).float().log_softmax(-1)
        most = logs.amax(-1)
        return torch.stack([logs.gather(2, ids[..., None])[..., 0] - most, most, (logs.exp() * logs).sum(-1)], -1).clamp(min=-12)

    def read(self, ids, pixels=None):
        """Input of the judging block: the policy's hidden states [B,S,WIDTH] and its expectations [B,S,3]."""
        hidden = super().forward(ids, pixels)
        return hidden, self.expected(torch.cat([hidden[:, :1], hidden[:, :-1]], 1), ids)

    def judgment(self, hidden, expected):
        """Judged states [B,S,WIDTH]; the verdict is the vocabulary head's Yes against No at a marker."""
        return self.judged(attend(self.judge, hidden + self.told(expected.to(hidden.dtype)), self.cos, self.sin))

    def forward(self, ids, pixels=None):
        return self.judgment(*self.read(ids, pixels))


class Cached(nn.Module):
    """The graph that is exported: new tokens against a cache. Shapes: B rows, S new tokens, P cached, T figures, V vocabulary, D = WIDTH.

    input_ids, position_ids [B,S], attention_bias [B,1,S,P+S] (0 or -1e9), pixel_values [T,1,80,128] for the image tokens among
    input_ids in row-major order, per layer past_key, past_value [B,P,D]
    -> logits [B,S,V], per layer present_key, present_value [B,S,D] (the new tokens only; keys after rotation).
    A PRM has two layers more: one that looks back to the token before, wherever the mask has it, and the judging block.
    """

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.layers = LAYERS + 2 * isinstance(model, Prm)
        for module in model.modules():
            if isinstance(module, Norm):
                module.exporting = True

    def forward(self, input_ids, position_ids, attention_bias, pixel_values, *past):
        model = self.model
        x = model.embedding(input_ids)
        features = model.encoder(pixel_values).reshape(-1, WIDTH)
        # Tokens that belong to no image point at a last row of zeros.
        features = torch.cat([features, torch.zeros(1, WIDTH)])
        is_image = input_ids == IMAGE
        order = is_image.flatten().long().cumsum(0).view(input_ids.shape) - 1
        x = torch.where(is_image[..., None], features[torch.where(is_image, order, features.shape[0] - 1)], x)
        cos, sin = model.cos[position_ids][:, :, None], model.sin[position_ids][:, :, None]
        present = []

        def attended(query, key, value):
            at = len(present)
            present.extend([key.flatten(2), value.flatten(2)])
            keys = torch.cat([past[at], present[at]], 1).unflatten(2, (HEADS, HEAD)).permute(0, 2, 3, 1)
            values = torch.cat([past[at + 1], present[at + 1]], 1).unflatten(2, (HEADS, HEAD)).transpose(1, 2)
            scores = query.transpose(1, 2) @ keys * HEAD**-0.5 + attention_bias
            return (scores.softmax(-1) @ values).transpose(1, 2).flatten(2)

        for block in model.blocks:
            x = block.finish(x, attended(*block.project(x, cos, sin)))
        x = model.norm(x)
        if isinstance(model, Prm):
            # Equal vectors that are rotated by their positions agree best if the positions are equal: a query rotated to the
            # position before its own attends to that token alone.
            flat = torch.full((*input_ids.shape, HEADS, HEAD), SHARPNESS)
            earlier = (position_ids - 1).clamp(min=0)
            before = attended(rotate(flat, model.cos[earlier][:, :, None], model.sin[earlier][:, :, None]), rotate(flat, cos, sin), x.unflatten(2, (HEADS, HEAD)))
            x = x + model.told(model.expected(before, input_ids))
            x = model.judged(model.judge.finish(x, attended(*model.judge.project(x, cos, sin))))
        return (x @ model.embedding.weight.T, *present)


def causal(new, past):
    """attention_bias for `new` tokens after `past` cached ones, [1,1,S,P+S]."""
    return torch.full((new, past + new), -1e9).triu(past + 1)[None, None]
