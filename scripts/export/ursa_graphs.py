"""The three graphs of URSA-RM, from its authors' code: a tower for 1,024 pixels (SAM), one for 384 (SigLIP), and a Qwen2 with one value a token."""
import json

import torch
from torch import nn

from exporting import Cached, export, export_cached
from image_graphs import GRAPHS, export_embeddings
from weights import load_weights, without_initialization


class UrsaFeatures(nn.Module):
    """pixel_values [T,3,side,side] -> image features [T,576,hidden]."""

    def __init__(self, model):
        super().__init__()
        self.tower, self.aligner = model.vision_model, model.aligner

    def forward(self, pixel_values):
        own = self.tower.resize
        # Shrinking with antialiasing is no operator of ONNX.
        self.tower._modules.pop("resize", None)
        self.tower.resize = lambda images: shrunk(images, self.tower.low_res_size)
        try:
            return self.aligner(self.tower(pixel_values.to(next(self.aligner.parameters()).dtype)))
        finally:
            del self.tower.resize
            self.tower.resize = own


def shrunk(images, size):
    """torchvision's Resize of a square with antialiasing: a pixel is the mean of those around it, weighed by a triangle."""
    scale = images.shape[-1] / size
    places = (torch.arange(images.shape[-1], dtype=torch.float32) + 0.5)[None]
    weights = (1 - (places - (torch.arange(size, dtype=torch.float32)[:, None] + 0.5) * scale).abs() / scale).clamp(min=0)
    weights = (weights / weights.sum(1, keepdim=True)).to(images.dtype)
    return weights @ images @ weights.T


def ursa_model(folder, code, dtype, fields):
    """The model with the weights of `folder`, in evaluation mode."""
    from authors import ursa_classes
    config_class, model_class = ursa_classes(code)
    config = config_class(**{key: value for key, value in fields.items() if key not in ("auto_map", "model_type")})
    config._attn_implementation = "eager"
    with without_initialization(dtype):
        model = model_class(config)
    # The language model's output layer is never used.
    load_weights(folder, {"": Read(model)}, ignored=("language_model.lm_head.",))
    return model.eval()


class Read(nn.Module):
    """The parts of the model that a score depends on, by the names that they have in it."""

    def __init__(self, model):
        super().__init__()
        self.vision_model, self.aligner, self.score = model.vision_model, model.aligner, model.score
        self.language_model = nn.Module()
        self.language_model.model = model.language_model.model


def image_settings(folder):
    """`images` of the profile, as the model's image processor has them."""
    path = folder / "preprocessor_config.json"
    if not path.exists():
        raise ValueError(f"{folder} has no preprocessor_config.json, which says how images are prepared; download the whole model")
    fields = json.loads(path.read_text())
    if abs(fields.get("rescale_factor", 1 / 255) * 255 - 1) > 1e-3:
        raise ValueError(f"{path}: rescale_factor is {fields['rescale_factor']}, and only 1 / 255 is supported")
    mean, std = fields.get("image_mean") or [0.5] * 3, fields.get("image_std") or [0.5] * 3
    plain = not fields.get("do_normalize", True)
    return {"kind": "pad", "side": fields["image_size"], "least": fields.get("min_size", 14), "background": [int(value * 255) if fields.get("image_mean") else 127 for value in mean],
            "mean": [0, 0, 0] if plain else mean, "std": [1, 1, 1] if plain else std, "before": "", "token": "<|image|>", "tokens": 576, "after": ""}


def export_ursa(folder, model, side):
    """Writes the graphs and returns `graph` of the profile."""
    body = model.language_model.model
    # One image per run: the authors' code treats the number of images as a constant.
    export(folder / GRAPHS["vision"], UrsaFeatures(model), (torch.zeros(1, 3, side, side),), ["pixel_values"], ["image_features"], {}, fold=False)
    export_embeddings(folder, body.get_input_embeddings())
    export_cached(folder / GRAPHS["decoder"], Cached(body, model.score), body.config, embeds=True)
    return GRAPHS


def compare_images(folder, model, side, dtype, tolerance):
    """Runs an image through the graph and through the model. Returns the largest difference; raises ValueError."""
    import onnxruntime
    session = onnxruntime.InferenceSession(str(folder / GRAPHS["vision"]), providers=["CPUExecutionProvider"])
    pixels = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        own = model.aligner(model.vision_model(pixels.to(dtype))).float()
    found = torch.from_numpy(session.run(None, {"pixel_values": pixels.numpy()})[0]).float()
    difference = float((own - found).abs().max())
    if not difference <= tolerance * max(1.0, float(own.abs().max())):
        raise ValueError(f"the graph for images does not give what the model gives: its features differ by {difference:.2g}")
    return difference
