"""Starts llama.cpp's OpenAI-compatible server (package xllamacpp) and writes its URL, until its input is closed.

    python3 -m pip install xllamacpp
    python3 scripts/real-server.py MODEL.gguf [PORT]

The model "random" is a small one with random weights, which needs the package gguf.
"""
import os
import sys
import tempfile
import time
import urllib.error
import urllib.request

import xllamacpp

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
EMBEDDING, LAYERS, HEADS, INNER, CONTEXT, PARALLEL = 64, 2, 4, 128, 2048, 8


def write_model(path: str) -> None:
    """A Llama of 0.1 million random weights over bytes. It writes nonsense, but in the same way as any other model."""
    import gguf
    import numpy as np

    rng = np.random.default_rng(1)
    tokens = [b"<unk>", b"<|im_start|>", b"<|im_end|>"] + [f"<0x{i:02X}>".encode() for i in range(256)]
    types = [2, 3, 3] + [6] * 256
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(EMBEDDING)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(EMBEDDING // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)

    def weights(name: str, *shape: int) -> None:
        writer.add_tensor(name, (rng.standard_normal(shape) * 0.3).astype(np.float32))

    weights("token_embd.weight", len(tokens), EMBEDDING)
    weights("output.weight", len(tokens), EMBEDDING)
    writer.add_tensor("output_norm.weight", np.ones(EMBEDDING, np.float32))
    for i in range(LAYERS):
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{i}.{norm}.weight", np.ones(EMBEDDING, np.float32))
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            weights(f"blk.{i}.{name}.weight", EMBEDDING, EMBEDDING)
        weights(f"blk.{i}.ffn_gate.weight", INNER, EMBEDDING)
        weights(f"blk.{i}.ffn_up.weight", INNER, EMBEDDING)
        weights(f"blk.{i}.ffn_down.weight", EMBEDDING, INNER)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    given, port = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        model = os.path.join(folder, "random.gguf") if given == "random" else given
        if given == "random":
            write_model(model)
        params = xllamacpp.CommonParams()
        params.model.path = model
        params.model_alias = {os.path.basename(model).removesuffix(".gguf")}
        params.hostnames = ["127.0.0.1"]
        params.port = port
        params.n_parallel = PARALLEL
        params.n_ctx = PARALLEL * CONTEXT
        # Threads that busy-wait for each other are far slower on a busy machine than one thread alone.
        for threads in (params.cpuparams, params.cpuparams_batch):
            threads.n_threads = max(1, (os.cpu_count() or 1) // 2)
            threads.poll = 0
        server = xllamacpp.Server(params)
        wait(f"{server.listening_address}/v1/models")
        print(f"{server.listening_address}/v1", flush=True)
        # Runs until the process that started it closes the input.
        sys.stdin.read()


def wait(url: str) -> None:
    """The server answers 503 while it loads its model."""
    while True:
        try:
            urllib.request.urlopen(url).close()
            return
        except urllib.error.URLError:
            time.sleep(0.1)


main()
