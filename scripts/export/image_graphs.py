"""The three graphs of an InternVL model (MM-PRM, VisualPRM), from its authors' code."""
import torch
from torch import nn

from exporting import Cached, export, export_cached

GRAPHS = {"decoder": "decoder_model_merged.onnx", "embeddings": "embed_tokens.onnx", "vision": "vision_encoder.onnx"}


class Features(nn.Module):
    """pixel_values [T,3,side,side] -> image features [T,tokens,hidden]."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        embeddings = model.vision_model.embeddings
        side = embeddings.image_size // embeddings.patch_size

        def positions(table, height, width):
            # Resizing a table to its own size changes nothing, and is not exported.
            return table if (int(height), int(width)) == (side, side) else type(embeddings)._get_pos_embed(embeddings, table, height, width)

        self.positions, self.embeddings = positions, embeddings

    def forward(self, pixel_values):
        self.embeddings._get_pos_embed = self.positions
        try:
            # StepLens gives pixels as float32, whatever the weights are.
            return self.model.extract_feature(pixel_values.to(self.embeddings.position_embedding.dtype))
        finally:
            del self.embeddings._get_pos_embed


def text_parts(language_model):
    """Decoder, output layer and embeddings of an InternLM2, Qwen2 or Llama."""
    return language_model.model, language_model.get_output_embeddings(), language_model.get_input_embeddings()


def export_internvl(folder, model):
    """Writes the graphs and returns `graph` of the profile."""
    body, head, embed = text_parts(model.language_model)
    side = model.config.force_image_size or model.config.vision_config.image_size
    export_vision(folder, Features(model), torch.zeros(1, 3, side, side))
    export_embeddings(folder, embed)
    export_cached(folder / GRAPHS["decoder"], Cached(body, head), body.config, embeds=True)
    return GRAPHS


def export_vision(folder, features, pixels):
    images = {0: "images"}
    export(folder / GRAPHS["vision"], features, (pixels,), ["pixel_values"], ["image_features"], {"pixel_values": images, "image_features": images})


def export_embeddings(folder, embed):
    sequence = {0: "batch", 1: "sequence"}
    export(folder / GRAPHS["embeddings"], embed, (torch.zeros(1, 3, dtype=torch.long),), ["input_ids"], ["inputs_embeds"], {"input_ids": sequence, "inputs_embeds": sequence})
