"""Weights of a model's folder, as Hugging Face keeps them, put into modules by their names."""
import contextlib
import json
from pathlib import Path

import torch


def weight_files(folder):
    """Files of `folder` that hold weights. Raises ValueError where there are none, or one is missing."""
    folder = Path(folder)
    for index, single in (("model.safetensors.index.json", "model.safetensors"), ("pytorch_model.bin.index.json", "pytorch_model.bin")):
        if (folder / index).exists():
            files = sorted(set(json.loads((folder / index).read_text())["weight_map"].values()))
            missing = [name for name in files if not (folder / name).exists()]
            if missing:
                raise ValueError(f"{folder} lacks {', '.join(missing)}, which {index} names; download the whole model")
            return [folder / name for name in files]
        if (folder / single).exists():
            return [folder / single]
    raise ValueError(f"{folder} has no weights: neither model.safetensors nor pytorch_model.bin, nor an index of several")


def tensors_of(path):
    """(name, tensor) pairs of one file; code in a pickled file is not run."""
    if path.suffix != ".safetensors":
        yield from torch.load(path, map_location="cpu", weights_only=True).items()
        return
    from safetensors import safe_open
    with safe_open(path, framework="pt") as file:
        for name in file.keys():
            yield name, file.get_tensor(name)


def weight_shapes(folder):
    """{name: shape} of all weights of `folder`; safetensors are not read for that."""
    shapes = {}
    for path in weight_files(folder):
        if path.suffix == ".safetensors":
            from safetensors import safe_open
            with safe_open(path, framework="pt") as file:
                shapes.update({name: tuple(file.get_slice(name).get_shape()) for name in file.keys()})
        else:
            shapes.update({name: tuple(tensor.shape) for name, tensor in tensors_of(path)})
    return shapes


def load_weights(folder, modules, ignored=()):
    """Fills `modules` ({prefix of the names in the files: module}) with the weights of `folder`. Names that begin with one of `ignored` are
    left out. Raises ValueError where a parameter has no weights, or weights have no parameter."""
    places = {prefix + name: tensor for prefix, module in modules.items() for name, tensor in [*module.named_parameters(), *module.named_buffers()]}
    missing = {prefix + name for prefix, module in modules.items() for name in module.state_dict()}
    unknown = []
    with torch.no_grad():
        for path in weight_files(folder):
            for name, tensor in tensors_of(path):
                place = places.get(name)
                if place is not None and place.shape == tensor.shape:
                    place.copy_(tensor)
                    missing.discard(name)
                elif place is not None:
                    raise ValueError(f"{path.name}: {name} is {list(tensor.shape)}, and the model's configuration asks for {list(place.shape)}")
                elif not name.startswith(tuple(ignored)):
                    unknown.append(name)
    if missing or unknown:
        few = lambda names: ", ".join(sorted(names)[:4]) + (" ..." if len(names) > 4 else "")
        parts = [f"no weights for {few(missing)}"] * bool(missing) + [f"no place for {few(unknown)}"] * bool(unknown)
        raise ValueError(f"{folder} does not fit its config.json: {'; '.join(parts)}")


@contextlib.contextmanager
def without_initialization(dtype):
    """Modules made meanwhile have the type `dtype` and any numbers: weights are loaded next. Filling 8 billion numbers takes minutes."""
    names = ("normal_", "uniform_", "trunc_normal_", "kaiming_uniform_", "kaiming_normal_", "xavier_uniform_", "zeros_", "ones_", "constant_")
    kept = {name: getattr(torch.nn.init, name) for name in names}
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    for name in names:
        setattr(torch.nn.init, name, lambda tensor, *_, **__: tensor)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
        for name, function in kept.items():
            setattr(torch.nn.init, name, function)
