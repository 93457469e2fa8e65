"""Encoder, generator and refiner of a 3D-FCR-alphaGAN run as PyTorch modules, with the run's weights.

Needs torch and safetensors. Volumes have channels in front, as PyTorch wants them: [n, C, D, H, W], height being H.
"""

import json
from pathlib import Path

import torch
from safetensors import safe_open
from torch import nn
from torch.nn import functional as F


class Encoder(nn.Module):
    """Labels, integers [n, D, H, W], to codes [n, channels, D/16, H/16, W/16], or [n, numbers] of a flat code."""

    def __init__(self, options, classes, flat):
        super().__init__()
        widths, kernel = [classes, *options["channels"]], options["kernel"]
        self.classes, self.flat = classes, flat
        self.convs = nn.ModuleList(
            nn.Conv3d(a, b, kernel, 2, [k // 2 for k in kernel], bias=False) for a, b in zip(widths, widths[1:])
        )
        self.norms = nn.ModuleList(nn.BatchNorm3d(width) for width in widths[2:])
        deepest = widths[-1]
        self.code = (
            nn.Linear(deepest * cells(options), flat, bias=False)
            if flat
            else nn.Conv3d(deepest, options["latentChannels"], 1, bias=False)
        )

    def forward(self, labels):
        h = F.one_hot(labels.long(), self.classes).movedim(-1, 1).float()
        for i, conv in enumerate(self.convs):
            h = conv(h)
            h = F.leaky_relu(self.norms[i - 1](h) if i else h, 0.2)
        return self.code(h.movedim(1, -1).flatten(1) if self.flat else h)


class Generator(nn.Module):
    """Codes to logits [n, classes, D, H, W]."""

    def __init__(self, options, classes, flat):
        super().__init__()
        c1, c2, c3, c4 = options["channels"]
        kernel, widths = options["kernel"], [c4, c3, c2, c1, classes]
        self.grid = [size // 16 for size in options["grid"]]
        if options["generator"] == "conv":
            self.first, self.norm = nn.Conv3d(options["latentChannels"], c4, 1, bias=False), nn.BatchNorm3d(c4)
        else:
            units, numbers = cells(options) * c4, flat or cells(options) * options["latentChannels"]
            self.first, self.norm = nn.Linear(numbers, units, bias=False), nn.BatchNorm1d(units)
        self.convs = nn.ModuleList(
            nn.ConvTranspose3d(a, b, kernel, 2, [k // 2 for k in kernel], output_padding=1, bias=False)
            for a, b in zip(widths, widths[1:])
        )
        self.norms = nn.ModuleList(nn.BatchNorm3d(width) for width in widths[1:-1])

    def forward(self, codes):
        if isinstance(self.first, nn.Linear):
            flat = codes if codes.dim() == 2 else codes.movedim(1, -1).flatten(1)
            h = F.relu(self.norm(self.first(flat))).unflatten(1, [*self.grid, -1]).movedim(-1, 1)
        else:
            h = F.relu(self.norm(self.first(codes)))
        for conv, norm in zip(self.convs, self.norms):
            h = F.relu(norm(conv(h)))
        return self.convs[-1](h)


class Refiner(nn.Module):
    """Probabilities [n, classes, D, H, W] to logits of the same size."""

    def __init__(self, options, classes):
        super().__init__()
        width, kernel = options["refinerChannels"], options["refinerKernel"]
        conv = lambda a, b: nn.Conv3d(a, b, kernel, padding=kernel // 2, bias=False)
        self.first, self.last = conv(classes, width), conv(width, classes)
        self.blocks = nn.ModuleList(nn.ModuleList([conv(width, width), conv(width, width)]) for _ in range(4))

    def forward(self, probabilities):
        h = F.relu(self.first(probabilities))
        for one, two in self.blocks:
            h = F.relu(h + two(F.relu(one(h))))
        return self.last(h)


class Networks(nn.Module):
    """The networks of a run; `refiner` is None where none was trained."""

    def __init__(self, options, classes, refines):
        super().__init__()
        flat = {"vae-200": 200, "vae-1200": 1200}.get(options["model"])
        self.encoder, self.generator = Encoder(options, classes, flat), Generator(options, classes, flat)
        self.refiner = Refiner(options, classes) if refines else None

    def decode(self, codes):
        """Probabilities [n, classes, D, H, W] of codes: refined if there is a refiner."""
        probabilities = self.generator(codes).softmax(1)
        return probabilities if self.refiner is None else self.refiner(probabilities).softmax(1)


def cells(options):
    """Cells of a code, one for each 16³ voxels."""
    return torch.tensor(options["grid"]).div(16).prod().long().item()


def load(run):
    """The newest checkpoint of a run folder, or one .safetensors file, ready for inference."""
    path = Path(run)
    if path.is_dir():
        path = max(path.glob("checkpoints/step-*.safetensors"), key=lambda file: int(file.stem.removeprefix("step-")))
    with safe_open(path, "pt") as file:
        options = json.loads(file.metadata()["options"])
        weights = {name: file.get_tensor(name) for name in file.keys()}
    if options.get("mirrored"):
        raise ValueError(f"{path} is of scenes with reversed axes (imported weights); export it as ONNX instead")
    first = weights["encoder.conv1.filter"]
    options["kernel"] = list(first.shape[1:4])
    refines = "adam.refiner.steps" in weights
    options["refinerKernel"] = weights["refiner.first.filter"].shape[1] if refines else None
    networks = Networks(options, first.shape[-1], refines)

    def filter(layer, name):  # [K, kd, kh, kw, C] of both kinds of convolution; dense weights are [in, out]
        if isinstance(layer, nn.Linear):
            layer.weight.data = weights[name.replace(".filter", ".weight")].float().T.contiguous()
        else:
            layer.weight.data = weights[name].float().movedim(-1, 1).contiguous()

    def norm(layer, name):
        mean, variance = weights[f"{name}.statistics"].float()
        state = {"weight": weights[f"{name}.gain"], "bias": weights[f"{name}.bias"]}
        layer.load_state_dict({**state, "running_mean": mean, "running_var": variance}, strict=False)

    encoder, generator, refiner = networks.encoder, networks.generator, networks.refiner
    for i, conv in enumerate(encoder.convs, 1):
        filter(conv, f"encoder.conv{i}.filter")
    for i, layer in enumerate(encoder.norms, 2):
        norm(layer, f"encoder.norm{i}")
    filter(encoder.code, "encoder.code.filter")
    filter(generator.first, f"generator.{'dense' if options['generator'] == 'dense' else 'conv'}1.filter")
    norm(generator.norm, "generator.norm1")
    for i, conv in enumerate(generator.convs, 2):
        filter(conv, f"generator.conv{i}.filter")
    for i, layer in enumerate(generator.norms, 2):
        norm(layer, f"generator.norm{i}")
    if refiner is not None:
        filter(refiner.first, "refiner.first.filter")
        filter(refiner.last, "refiner.last.filter")
        for i, block in enumerate(refiner.blocks, 1):
            for j, conv in enumerate(block, 1):
                filter(conv, f"refiner.block{i}.conv{j}.filter")
    return networks.eval()
