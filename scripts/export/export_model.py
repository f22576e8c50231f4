"""Exports a PRM from its folder, as Hugging Face keeps models, to the graphs that StepLens reads. `steplens export-model` runs it.

  python export_model.py MODEL OUT [--code CHECKOUT] [--precision float16]

Needs torch, transformers (4.56 or newer, 5 too), onnx, onnxruntime and safetensors; for InternVL (MM-PRM, VisualPRM) what its authors'
code needs, too. Progress goes to the standard error, and one line of JSON (graph, largest difference, speed) to the standard output.
"""
import argparse
import json
import os
import sys
from pathlib import Path

# The folder of this file comes first in the path, because some packages have the same names as its modules.
PACKAGES = ("torch", "transformers", "onnx", "onnxruntime", "safetensors")


def main():
    parser = argparse.ArgumentParser(description="Exports a process reward model to ONNX.")
    parser.add_argument("model", type=Path, help="folder with config.json, the weights and the tokenizer")
    parser.add_argument("out", type=Path, help="folder for the graphs and the tokenizer")
    parser.add_argument("--code", type=Path, help="the authors' code, which is run: a checkout, or the model's folder")
    parser.add_argument("--precision", choices=("float32", "float16"), default="float32")
    options = parser.parse_args()
    missing = [name for name in PACKAGES if not is_installed(name)]
    if missing:
        fail(f"this Python ({sys.executable}) has no {', '.join(missing)}. Install: {sys.executable} -m pip install {' '.join(missing)}")
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TRANSFORMERS_VERBOSITY="error")
    try:
        print(json.dumps(export_folder(options.model, options.out, options.code, options.precision)))
    except (ValueError, OSError) as error:
        fail(str(error).split("\n")[0])
    except MemoryError:
        fail(f"{options.model} does not fit into the memory of this machine; a larger one, or --precision float16, may do")


def is_installed(name):
    from importlib.util import find_spec
    return find_spec(name) is not None


def fail(message):
    sys.exit(f"export-model: {message}")


def say(message):
    print(message, file=sys.stderr, flush=True)


def export_folder(model, out, code, precision):
    import torch

    from compare import compare_graph, tokens_per_second
    from masks import looks_back
    from tokenizer import write_tokenizer
    fields = read_config(model)
    out.mkdir(parents=True, exist_ok=True)
    dtype = getattr(torch, precision)
    say(f"Reading {model} ({(fields.get('architectures') or ['unknown'])[0]})")
    write_tokenizer(model, out)
    exported = exporter_of(fields)(model, out, code, dtype, fields)
    say("Comparing the graph with the model's own forward pass")
    largest = compare_graph(out, exported)
    (out / "config.json").write_text(json.dumps({**{key: fields[key] for key in ("architectures", "model_type", "vocab_size") if key in fields}}, indent=2) + "\n")
    say("Measuring the model's own speed")
    images = {} if exported.images is None else {"images": exported.images}
    return {"graph": exported.graph, **images, "largest": largest, "precision": precision, "tokensPerSecond": tokens_per_second(exported), "looksBack": looks_back(exported.config)}


def read_config(model):
    path = model / "config.json"
    if not path.exists():
        raise ValueError(f"{model} has no config.json; name the folder of a model that was downloaded")
    try:
        return json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error


def exporter_of(fields):
    from kinds import KINDS
    kind = fields.get("model_type")
    if kind not in KINDS and "vision_config" in fields:
        raise ValueError(f"models of kind {kind} read images in a way that is not exported. Serve the model and use a profile with 'backend' (docs/families.md)")
    return KINDS.get(kind, KINDS["text"])


if __name__ == "__main__":
    main()
