"""The three graphs of a Qwen2-VL or Qwen2.5-VL, whose images have grids of any shape, from the classes of the transformers package."""
import torch
from torch import nn

from exporting import Cached, export, export_cached
from image_graphs import GRAPHS, export_embeddings
from weights import load_weights, weight_shapes, without_initialization


class GridFeatures(nn.Module):
    """pixel_values [P, values of a patch] and image_grid_thw [1,3] of one image -> image features [P / merge², hidden].

    The model's own forward pass cuts the patches into windows by lists of numbers, which a graph cannot hold for every grid. Here each patch's
    row and column follow from the grid, and a window is a row of a table of patches; the order of the patches stays as it is. The layers are the
    model's own, with an attention in place of theirs that has the same weights."""

    def __init__(self, visual):
        super().__init__()
        config = visual.config
        self.visual, self.merge = visual, config.spatial_merge_size
        # A Qwen2-VL has no windows.
        self.whole = getattr(config, "fullatt_block_indexes", None)
        self.side = config.window_size // config.patch_size if self.whole is not None else None

    def forward(self, pixel_values, image_grid_thw):
        visual = self.visual
        grid = Grid(image_grid_thw[0, 1], image_grid_thw[0, 2], self.merge)
        hidden = visual.patch_embed(pixel_values)
        patches = torch.arange(hidden.shape[0])
        rows, columns = grid.places(patches)
        turns = torch.cat([axis[:, None].float() * visual.rotary_pos_emb.inv_freq.float() for axis in (rows, columns)], dim=-1)
        turns = torch.cat([turns, turns], dim=-1)[:, None]
        windows = None if self.side is None else Windows(grid, rows, columns, self.side)
        for number, block in enumerate(visual.blocks):
            own = None if self.whole is None or number in self.whole else windows
            hidden = with_attention(block, lambda attention, states: attend(attention, states, turns, own), hidden)
        return visual.merger(hidden)


class Grid:
    """Rows and columns of an image, as numbers in the graph. Patches come block by block, as the image processor gives them."""

    def __init__(self, rows, columns, merge):
        self.rows, self.columns, self.merge = rows, columns, merge

    def places(self, patches):
        block, inside = patches // self.merge**2, patches % self.merge**2
        across = self.columns // self.merge
        return block // across * self.merge + inside // self.merge, block % across * self.merge + inside % self.merge

    def patches(self, rows, columns):
        """The inverse of `places`."""
        block = rows // self.merge * (self.columns // self.merge) + columns // self.merge
        return block * self.merge**2 + rows % self.merge * self.merge + columns % self.merge


class Windows:
    """Squares of `side` patches; those at the right and the lower edge have places without a patch."""

    def __init__(self, grid, rows, columns, side):
        across, down = (grid.columns + side - 1) // side, (grid.rows + side - 1) // side
        places = torch.arange(down * across * side**2)
        window, inside = places // side**2, places % side**2
        row, column = window // across * side + inside // side, window % across * side + inside % side
        is_there = (row < grid.rows) & (column < grid.columns)
        self.size = side**2
        # The patch at each place of each window, and the place of each patch.
        self.patches = torch.where(is_there, grid.patches(row, column), 0)
        self.places = (rows // side * across + columns // side) * side**2 + rows % side * side + columns % side
        self.hidden = torch.where(is_there, 0.0, -1e9).view(-1, 1, 1, self.size)


def attend(attention, states, turns, windows):
    """states [P,D] -> [P,D]: every patch sees all, or those in its window."""
    heads = attention.num_heads
    query, key, value = attention.qkv(states).reshape(states.shape[0], 3, heads, -1).unbind(1)
    query, key = turned(query, turns), turned(key, turns)
    if windows is None:
        query, key, value = query[None], key[None], value[None]
    else:
        query, key, value = (part[windows.patches].view(-1, windows.size, heads, part.shape[-1]) for part in (query, key, value))
    scores = torch.matmul(query.permute(0, 2, 1, 3), key.permute(0, 2, 3, 1)).float() * query.shape[-1] ** -0.5
    if windows is not None:
        scores = scores + windows.hidden
    seen = torch.matmul(torch.softmax(scores, dim=-1).to(value.dtype), value.permute(0, 2, 1, 3)).permute(0, 2, 1, 3)
    seen = seen.reshape(-1, states.shape[1])
    return attention.proj(seen if windows is None else seen[windows.places])


def turned(states, turns):
    """Rotary embedding, in float32 as the model has it."""
    first, second = states.float().chunk(2, dim=-1)
    return (states.float() * turns.cos() + torch.cat([-second, first], dim=-1) * turns.sin()).to(states.dtype)


def with_attention(block, attention, hidden):
    """The model's own block, with another attention."""
    own = block.attn.forward
    block.attn.forward = lambda states, *_, **__: attention(block.attn, states)
    try:
        return block(hidden, cu_seqlens=None, position_embeddings=None)
    finally:
        block.attn.forward = own


def grid_model(folder, dtype, fields):
    """(the whole model in evaluation mode, its output layer). The names of the weights decide between the language model's head and a value head."""
    from transformers import AutoModelForImageTextToText, CONFIG_MAPPING

    from heads import body_prefix, output_weights, value_head
    config = CONFIG_MAPPING[fields["model_type"]](**{key: value for key, value in fields.items() if key not in ("auto_map", "model_type")})
    shapes = weight_shapes(folder)
    with without_initialization(dtype):
        whole = AutoModelForImageTextToText.from_config(config, attn_implementation="eager", dtype=dtype)
        head, parts = value_head(config.get_text_config(), shapes)
        if head is None:
            head, parts = whole.get_output_embeddings(), output_weights(folder, config, whole, shapes)
    parts = {body_prefix(folder, shapes): whole.model.language_model, tower_prefix(folder, shapes): whole.model.visual, **parts}
    load_weights(folder, parts, ignored=tuple(name for name in shapes if not name.startswith(tuple(parts))))
    return whole.eval(), head.eval()


def tower_prefix(folder, names):
    """Prefix of the names of the weights that read images: "visual." or "model.visual."."""
    found = [name for name in names if name.endswith("patch_embed.proj.weight")]
    if len(found) != 1:
        raise ValueError(f"{folder} has no part that reads images: {len(found)} of its weights are named patch_embed.proj.weight")
    return found[0][:-len("patch_embed.proj.weight")]


def export_grid(folder, whole, head):
    """Writes the graphs and returns `graph` of the profile."""
    body = whole.model.language_model
    visual = whole.model.visual
    grid = torch.tensor([[1, 4, 6]])
    pixels = torch.zeros(24, values_of_patch(visual.config))
    export(folder / GRAPHS["vision"], GridFeatures(visual), (pixels, grid), ["pixel_values", "image_grid_thw"], ["image_features"],
           {"pixel_values": {0: "patches"}, "image_features": {0: "tokens"}})
    export_embeddings(folder, body.get_input_embeddings())
    export_cached(folder / GRAPHS["decoder"], Cached(body, head), body.config, embeds=True, axes_of_positions=3)
    return GRAPHS


def values_of_patch(config):
    return config.in_channels * config.temporal_patch_size * config.patch_size**2


def compare_images(folder, visual, dtype, tolerance):
    """Runs images of some shapes through the graph and through the model. Returns the largest difference; raises ValueError."""
    import onnxruntime
    session = onnxruntime.InferenceSession(str(folder / GRAPHS["vision"]), providers=["CPUExecutionProvider"])
    largest = 0.0
    # Smaller than a window, some windows, and parts of windows at both edges.
    for number, (rows, columns) in enumerate(((2, 2), (8, 16), (18, 10))):
        pixels = torch.randn(rows * columns, values_of_patch(visual.config), generator=torch.Generator().manual_seed(number))
        grid = torch.tensor([[1, rows, columns]])
        with torch.no_grad():
            own = visual(pixels.to(dtype), grid_thw=grid)
        own = getattr(own, "pooler_output", own).float()
        found = torch.from_numpy(session.run(None, {"pixel_values": pixels.numpy(), "image_grid_thw": grid.numpy()})[0]).float()
        difference = float((own - found).abs().max())
        if not difference <= tolerance * max(1.0, float(own.abs().max())):
            raise ValueError(f"the graph for images does not give what the model gives for an image of {rows} x {columns} patches: its features differ by {difference:.2g}")
        largest = max(largest, difference)
    return largest
