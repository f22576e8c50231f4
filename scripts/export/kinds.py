"""Kinds of models by `model_type`: how each is loaded and which graphs it becomes."""
from dataclasses import dataclass
from typing import Callable, Optional


@dataclass
class Exported:
    """The written graphs, and the model's own forward pass for a comparison."""
    # `graph` of a prm.json.
    graph: object
    config: object
    # Token ids [1,S] -> logits [1,S,width]; where positions have several axes, also with positions [axes,1,S].
    own: Callable
    # Rows of the vocabulary.
    vocabulary: int
    # Type of the weights; some classes give logits in float32 anyway.
    dtype: object
    # Number of axes of the decoder's positions.
    axes: int = 1
    # Folder, tolerance -> largest difference of the features of images; raises ValueError.
    compare_images: Optional[Callable] = None
    # `images` of a prm.json, if the model's files describe how images are prepared.
    images: Optional[dict] = None


def text(model, out, code, dtype, fields):
    from exporting import Cached, export_cached
    from heads import text_model
    body, head, own = text_model(model, dtype)
    embed = body.get_input_embeddings()
    export_cached(out / "model.onnx", Cached(body, head, embed), body.config)
    return Exported("model.onnx", body.config, own, embed.num_embeddings, dtype)


def internvl(model, out, code, dtype, fields):
    from authors import internvl_model
    from image_graphs import export_internvl
    whole = internvl_model(model, code, dtype)
    graph = export_internvl(out, whole)
    language = whole.language_model
    return Exported(graph, language.config, lambda ids: language(input_ids=ids, use_cache=False, return_dict=True).logits, language.get_input_embeddings().num_embeddings, dtype)


def grid(model, out, code, dtype, fields):
    from grid_graphs import compare_images, export_grid, grid_model
    whole, head = grid_model(model, dtype, fields)
    body = whole.model.language_model
    graph = export_grid(out, whole, head)
    own = lambda ids, positions=None: head(body(input_ids=ids, position_ids=positions, use_cache=False).last_hidden_state)
    images = lambda folder, tolerance: compare_images(folder, whole.model.visual, dtype, tolerance)
    return Exported(graph, body.config, own, body.get_input_embeddings().num_embeddings, dtype, axes=3, compare_images=images)


def ursa(model, out, code, dtype, fields):
    if code is None:
        return text(model, out, code, dtype, fields)
    from ursa_graphs import compare_images, export_ursa, image_settings, ursa_model
    settings = image_settings(model)
    whole = ursa_model(model, code, dtype, fields)
    body, side = whole.language_model.model, settings["side"]
    graph = export_ursa(out, whole, side)
    own = lambda ids: whole.score(body(input_ids=ids, use_cache=False).last_hidden_state)
    images = lambda folder, tolerance: compare_images(folder, whole, side, dtype, tolerance)
    return Exported(graph, body.config, own, body.get_input_embeddings().num_embeddings, dtype, compare_images=images, images=settings)


KINDS = {"text": text, "internvl_chat": internvl, "qwen2_vl": grid, "qwen2_5_vl": grid, "ursa": ursa}
