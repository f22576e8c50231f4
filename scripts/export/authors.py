"""The authors' own modelling code: out of a checkout of their repository, or out of the model's folder."""
import importlib
import json
import sys
import types
from pathlib import Path

MODULE = "internvl.model.internvl_chat.modeling_internvl_chat"
NEEDED = "pip install einops timm peft sentencepiece protobuf"


def internvl_class(folder, code=None):
    """The class of an InternVL model: InternVLRewardModel where the code has it, else InternVLChatModel. The code is run, so it is named.

    @param code A checkout that has `internvl/model/` (ModalMinds/MM-PRM, or `internvl_chat` of OpenGVLab/InternVL), or a model's folder with
    its own code. Raises ValueError, naming the remedy."""
    if code is None:
        raise ValueError(f"{folder} is made with its authors' code, which is run. Name a checkout of it, or the model's folder where that holds the code, with --code")
    try:
        return class_of_checkout(code) or class_of_folder(code)
    except ModuleNotFoundError as error:
        raise ValueError(f"the authors' code needs the Python package {error.name}: {NEEDED}") from error


def class_of_checkout(code):
    root = next((one for one in (code, code / "internvl_chat") if (one / "internvl" / "model").is_dir()), None)
    if root is None:
        return None
    sys.path.insert(0, str(root))
    # Phi-3's code is not written for every version of transformers, and no PRM is made of it.
    stub = types.ModuleType("internvl.model.phi3.modeling_phi3")
    stub.Phi3ForCausalLM = type("Phi3ForCausalLM", (), {})
    sys.modules.setdefault(stub.__name__, stub)
    module = importlib.import_module(MODULE)
    return getattr(module, "InternVLRewardModel", module.InternVLChatModel)


def class_of_folder(folder):
    config = folder / "config.json"
    names = json.loads(config.read_text()).get("auto_map") or {} if config.exists() else {}
    name = names.get("AutoModel") or names.get("AutoModelForCausalLM")
    # "OWNER/NAME--FILE.CLASS" is code of another repository, which would have to be fetched.
    if name is None or "--" in name or not (folder / f"{name.split('.')[0]}.py").exists():
        raise ValueError(f"{folder} is no checkout of ModalMinds/MM-PRM or OpenGVLab/InternVL (it has no internvl/model/), nor a model's folder with modelling code")
    file, class_name = name.split(".")
    # A package of its own: transformers copies such files into its cache, in some versions without those that they import in turn.
    package = types.ModuleType("model_folder")
    package.__path__ = [str(folder)]
    sys.modules[package.__name__] = package
    return getattr(importlib.import_module(f"{package.__name__}.{file}"), class_name)


def ursa_classes(code):
    """(UrsaConfig, UrsaForTokenClassification) of a checkout of URSA-MATH/URSA-MATH, which is run. Raises ValueError, naming the remedy."""
    if not (code / "models" / "ursa_model").is_dir():
        raise ValueError(f"{code} is no checkout of URSA-MATH/URSA-MATH: it has no models/ursa_model/")
    sys.path.insert(0, str(code))
    try:
        module = importlib.import_module("models.ursa_model")
    except ModuleNotFoundError as error:
        raise ValueError(f"the authors' code needs the Python package {error.name}: pip install attrdict einops timm torchvision") from error
    except Exception as error:
        import transformers
        raise ValueError(f"the authors' code does not load with transformers {transformers.__version__} ({error}): pip install 'transformers<5'") from error
    return module.UrsaConfig, module.UrsaForTokenClassification


def internvl_model(folder, code, dtype):
    """The model with the weights of `folder`, in evaluation mode."""
    from weights import load_weights, without_initialization
    model_class = internvl_class(folder, code)
    fields = json.loads((Path(folder) / "config.json").read_text())
    for part in ("use_backbone_lora", "use_llm_lora"):
        if fields.get(part):
            raise ValueError(f"{folder}/config.json has {part}: merge the adapters into the weights first (merge_and_unload of peft)")
    with without_initialization(dtype):
        model = model_class(model_class.config_class(**fields), use_flash_attn=False)
    load_weights(folder, {"": model})
    return model.eval()
