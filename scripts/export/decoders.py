"""How the decoders of published models are run with a cache that is given and returned, and with a mask of our own."""
import torch
from torch import nn
from transformers.cache_utils import DynamicCache

from masks import layer_masks


class TransformersDecoder(nn.Module):
    """A decoder of the transformers package (`Qwen2Model`, `LlamaModel`, ...)."""

    def __init__(self, body):
        super().__init__()
        self.body, self.config = body, body.config

    def forward(self, embeds, attention_mask, position_ids, past=()):
        """embeds [B,S,H], attention_mask [B,P+S] of ones and zeros, position_ids [B,S] (or [3,B,S]), past: key and value of every layer,
        [B,heads,P,size] -> hidden states [B,S,H], the same keys and values with the new tokens' behind them."""
        cache = DynamicCache()
        for layer in range(len(past) // 2):
            cache.update(past[2 * layer], past[2 * layer + 1], layer)
        masks = layer_masks(self.config, attention_mask, embeds.shape[1], embeds.dtype)
        hidden = self.body(inputs_embeds=embeds, attention_mask=masks, position_ids=position_ids, past_key_values=cache, use_cache=True).last_hidden_state
        return hidden, [part for layer in cache.layers for part in (layer.keys, layer.values)]

    def without_cache(self, embeds, attention_mask, position_ids):
        masks = layer_masks(self.config, attention_mask, embeds.shape[1], embeds.dtype)
        return self.body(inputs_embeds=embeds, attention_mask=masks, position_ids=position_ids, use_cache=False).last_hidden_state

    def own(self, embeds):
        """The model's own forward pass, with the mask and the positions that it makes itself."""
        return self.body(inputs_embeds=embeds, use_cache=False).last_hidden_state


class InternLM2Decoder(nn.Module):
    """InternLM2 in its authors' code (modeling_internlm2.py), which keeps its cache as tuples."""

    def __init__(self, body):
        super().__init__()
        self.body, self.config = body, body.config
        scaling = self.config.rope_scaling or {}
        stretch = scaling.get("factor", 1.0) if scaling.get("type") == "linear" else 1.0
        # The authors keep cosines and sines of all positions, 32 MB a layer in the graph. Dynamic scaling changes nothing up to
        # `max_position_embeddings`, which the profile's `maxTokens` does not exceed.
        self.rotary = Rotary(body.layers[0].attention.rotary_emb.inv_freq, stretch)

    def forward(self, embeds, attention_mask, position_ids, past=()):
        """As `TransformersDecoder.forward`."""
        pairs = [(past[i], past[i + 1]) for i in range(0, len(past), 2)] or None
        result = self._with_mask(embeds, attention_mask, position_ids, pairs, use_cache=True)
        return result.last_hidden_state, [part for layer in result.past_key_values for part in layer]

    def without_cache(self, embeds, attention_mask, position_ids):
        return self._with_mask(embeds, attention_mask, position_ids, None, use_cache=False).last_hidden_state

    def own(self, embeds):
        return self.body(inputs_embeds=embeds, use_cache=False, return_dict=True).last_hidden_state

    def _with_mask(self, embeds, attention_mask, position_ids, past, use_cache):
        mask = layer_masks(self.config, attention_mask, embeds.shape[1], embeds.dtype)
        # The authors' functions are restored afterwards, so that the model remains theirs.
        prepare, rotary = self.body._prepare_decoder_attention_mask, [layer.attention.rotary_emb for layer in self.body.layers]
        self.body._prepare_decoder_attention_mask = lambda *_: mask
        self._set_rotary([self.rotary] * len(rotary))
        try:
            return self.body(inputs_embeds=embeds, position_ids=position_ids, past_key_values=past, use_cache=use_cache, return_dict=True)
        finally:
            self.body._prepare_decoder_attention_mask = prepare
            self._set_rotary(rotary)

    def _set_rotary(self, modules):
        for layer, module in zip(self.body.layers, modules):
            layer.attention.rotary_emb = module


class Rotary(nn.Module):
    """Gives `cos[position_ids]` and `sin[position_ids]` without a table of all positions."""

    def __init__(self, inv_freq, stretch):
        super().__init__()
        self.register_buffer("inv_freq", inv_freq.float(), persistent=False)
        self.stretch = stretch

    def forward(self, x, seq_len=None):
        return Angles(self, torch.cos, x.dtype), Angles(self, torch.sin, x.dtype)


class Angles:
    def __init__(self, rotary, function, dtype):
        self.rotary, self.function, self.dtype = rotary, function, dtype

    def __getitem__(self, position_ids):
        angles = (position_ids.float() / self.rotary.stretch)[..., None] * self.rotary.inv_freq
        return self.function(torch.cat((angles, angles), dim=-1)).to(self.dtype)


def decoder_of(body):
    """@param body A decoder without its head. Raises ValueError for one that is not known."""
    if isinstance(body, (TransformersDecoder, InternLM2Decoder)):
        return body
    if type(body).__name__ == "InternLM2Model":
        return InternLM2Decoder(body)
    if type(body).__module__.startswith("transformers.models."):
        return TransformersDecoder(body)
    raise ValueError(f"{type(body).__name__} is not a decoder that can be exported: its code is neither InternLM2's nor that of transformers")


def refuse_other_attention(body):
    """Raises ValueError if the masks above differ from the model's own on a sequence longer than its window, which is made small for this
    check. A graph that looks further back than its model gives other scores without an error."""
    decoder, config, width = decoder_of(body), body.config, 24
    window = getattr(config, "sliding_window", None)
    if window:
        config.sliding_window = min(window, 7)
    try:
        embeds = torch.randn(1, width, config.hidden_size, generator=torch.Generator().manual_seed(0)).to(next(decoder.parameters()).dtype)
        with torch.no_grad():
            own = decoder.own(embeds)
            ours = decoder.without_cache(embeds, torch.ones(1, width), torch.arange(width)[None])
        if not torch.allclose(own, ours, atol=1e-3, rtol=1e-3):
            raise ValueError(f"{type(decoder.body).__name__} attends in a way that is not exported (largest difference {(own - ours).abs().max():.2g}); its scores would be wrong")
    finally:
        if window:
            config.sliding_window = window
