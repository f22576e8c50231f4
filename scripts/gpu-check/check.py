"""Measures StepLens on this machine: random PRMs of several sizes on every device, against PyTorch with left-padded batches.

  python3 check.py --node NODE --program FOLDER --out results.json [--sizes tiny,0.5b,3b] [--devices cpu,cuda,webgpu]

FOLDER has measure.js, inference.js, exporting.py, the tokenizer and node_modules/ (see bundle.mjs). Packages: torch, transformers, onnx.
"""
import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch import nn
from transformers import Qwen2Config, Qwen2Model

SIZES = {
    "tiny": dict(hidden_size=64, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, intermediate_size=128),
    "0.5b": dict(hidden_size=896, num_hidden_layers=24, num_attention_heads=14, num_key_value_heads=2, intermediate_size=4864),
    "3b": dict(hidden_size=2048, num_hidden_layers=36, num_attention_heads=16, num_key_value_heads=2, intermediate_size=11008),
}
PRECISIONS = {"fp32": torch.float32, "fp16": torch.float16}


def build(size, precision, vocabulary, device):
    """A random decoder and a head of two labels; the same weights in every precision."""
    generator = torch.Generator().manual_seed(7)
    config = Qwen2Config(vocab_size=vocabulary, max_position_embeddings=4096, attn_implementation="eager", **SIZES[size])
    body, head = Qwen2Model(config).eval(), nn.Linear(config.hidden_size, 2)
    with torch.no_grad():
        for name, parameter in sorted([*body.named_parameters(), *head.named_parameters()]):
            if parameter.dim() > 1:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * (1.2 / parameter.shape[-1] ** 0.5))
    return body.to(device, PRECISIONS[precision]), head.to(device, PRECISIONS[precision]), config


def export(folder, program, body, head, config):
    sys.path.insert(0, str(program))
    import onnx
    from exporting import Cached, export_cached
    folder.mkdir(parents=True, exist_ok=True)
    export_cached(folder / "raw.onnx", Cached(body, head, body.embed_tokens), config)
    model = onnx.load(folder / "raw.onnx")
    onnx.save(model, folder / "model.onnx", save_as_external_data=True, location="model.onnx_data")
    for file in folder.iterdir():
        if file.name not in ("model.onnx", "model.onnx_data"):
            file.unlink()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(program / name, folder / name)
    (folder / "prm.json").write_text(json.dumps({"family": "qwen2.5-math-prm", "graph": "model.onnx"}))


def measure(arguments, folder, device, environment):
    started = time.time()
    done = subprocess.run([arguments.node, str(arguments.program / "measure.js"), str(folder), device, str(arguments.program / "inference.js")],
                          capture_output=True, text=True, env={**os.environ, **environment}, timeout=arguments.timeout)
    try:
        result = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, json.JSONDecodeError):
        result = {"error": f"exit code {done.returncode}: {done.stderr.strip()[-400:]}"}
    return {**result, "seconds": time.time() - started}


def rival(body, head, sequences, device):
    """Left-padded batches of 16 whole solutions, as MM-PRM's batch_prm does; seconds, tokens run, scores by step."""
    longest = max(len(one["ids"]) for one in sequences)
    ids = torch.tensor([[0] * (longest - len(one["ids"])) + one["ids"] for one in sequences], device=device)
    mask = torch.tensor([[0] * (longest - len(one["ids"])) + [1] * len(one["ids"]) for one in sequences], device=device)
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    times = []
    with torch.no_grad():
        for _ in range(4):
            if device == "cuda":
                torch.cuda.synchronize()
            start = time.time()
            logits = head(body(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False).last_hidden_state).float()
            if device == "cuda":
                torch.cuda.synchronize()
            times.append(time.time() - start)
    scores = {}
    for row, one in enumerate(sequences):
        for read, step in zip(one["reads"], one["steps"]):
            scores[step] = float(logits[row, longest - len(one["ids"]) + read].softmax(-1)[1])
    return {"ms": 1000 * sorted(times[1:])[1], "tokens": sum(len(one["ids"]) for one in sequences), "scores": scores}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--node", required=True)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sizes", default="0.5b,3b")
    parser.add_argument("--devices", default="cpu,cuda,webgpu")
    parser.add_argument("--timeout", type=float, default=240)
    parser.add_argument("--scratch", type=Path, default=Path("/tmp/gpu-check"))
    arguments = parser.parse_args()
    torch_device = "cuda" if torch.cuda.is_available() else "cpu"
    name = torch.cuda.get_device_name() if torch_device == "cuda" else platform.processor() or platform.machine()
    vocabulary = json.loads((arguments.program / "tokenizer.json").read_text())
    rows = max([*vocabulary["model"]["vocab"].values(), *(token["id"] for token in vocabulary["added_tokens"])]) + 1
    results = {"gpu": name if torch_device == "cuda" else None, "machine": name, "torch": torch.__version__, "isDryRun": torch_device == "cpu", "rows": []}
    for size in arguments.sizes.split(","):
        for precision in PRECISIONS:
            body, head, config = build(size, precision, rows, "cpu")
            folder = arguments.scratch / f"{size}-{precision}"
            export(folder, arguments.program, body, head, config)
            by_device = {device: measure(arguments, folder, device, {}) for device in arguments.devices.split(",")}
            if "cuda" in by_device and precision == "fp32":
                by_device["cuda, TF32"] = measure(arguments, folder, "cuda", {"NVIDIA_TF32_OVERRIDE": "1"})
            sequences = next((one["sequences"] for one in by_device.values() if "sequences" in one), None)
            torch_row = rival(body.to(torch_device), head.to(torch_device), sequences, torch_device) if sequences else None
            expected = next((one["scores"] for one in by_device.values() if "scores" in one), None)
            for device, one in by_device.items():
                row = {"size": size, "precision": precision, "device": device, **{key: value for key, value in one.items() if key not in ("sequences", "scores")}}
                if "scores" in one:
                    row["apart"] = max(abs(a - b) for a, b in zip(one["scores"], expected))
                    row["apartFromTorch"] = max(abs(one["scores"][step] - score) for step, score in torch_row["scores"].items())
                    row["torch"] = {key: torch_row[key] for key in ("ms", "tokens")}
                results["rows"].append(row)
                print(json.dumps({key: value for key, value in row.items() if key != "log"}), flush=True)
                arguments.out.write_text(json.dumps({**results, "peakKb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}, indent=1))
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
