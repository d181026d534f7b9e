"""PyTorch's side of `cargo xtask bench --peers`.

Reads requests from standard input and answers them on standard output, one line of JSON each, as
Plywood's side does (src/serve.rs). The works are those of src/work.rs. `--tuned` tries PyTorch's
layouts and optimizers on each work and goes on with the quickest.
"""

import argparse
import datetime
import io
import json
import platform
import statistics
import sys
import time
import warnings

import torch
import torch.nn.functional as F
from torch import nn


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--steps", type=int, help="do a work's first steps, then stop")
    parser.add_argument("--work", type=json.loads, help="the work of --steps")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(7)
    if args.steps is not None:
        workload = make(args.work, None, {})
        for _ in range(args.steps):
            workload.run()
        print(json.dumps({"peak_mb": peak_mb()}))
        return
    server = Server(args.tuned)
    for line in sys.stdin:
        try:
            answer = server.answer(json.loads(line))
        except Exception as error:  # whatever it is, the other end should say it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


# The conversation.

class Server:
    def __init__(self, tuned):
        self.tuned = tuned
        self.workload = None

    def answer(self, request):
        match request["do"]:
            case "hello":
                return {
                    "torch": torch.__version__,
                    "python": platform.python_version(),
                    "date": datetime.date.today().isoformat(),
                }
            case "prepare":
                self.workload = None  # the last one's memory is needed for this one
                tensors = read_safetensors(request["file"])
                work = request["work"]
                self.workload, variant = self.quickest(work, tensors)
                check = {name: fingerprint(x) for name, x in self.workload.check().items()}
                return {"check": check, "variant": variant}
            case "time":
                return {"ms": median_ms(self.workload.run, request["ms"])}
            case other:
                raise ValueError(f"`{other}` is no request")

    def quickest(self, work, tensors):
        best = None
        for variant in variants(work) if self.tuned else [{}]:
            workload = make(work, tensors, variant)
            ms = trial_ms(workload.run) if self.tuned else 0.0
            if best is None or ms < best[0]:
                best = ms, workload, variant
        _, workload, variant = best
        if self.tuned:  # as at the beginning, so that its first step can be compared
            workload = make(work, tensors, variant)
        return workload, ", ".join(variant) or "default"


def variants(work):
    """The ways to do a work that PyTorch offers: settings that are switched on."""
    kind = work["kind"]
    images = kind in ("conv", "max_pool", "batch_norm")
    images |= kind in ("train", "infer") and work["network"]["model"] != "mlp"
    images &= work.get("beside") != "onnxruntime"
    layouts = [{}, {"channels-last": True}] if images else [{}]
    optimizers = [{}, {"fused": True}] if kind.startswith("train") else [{}]
    return [layout | optimizer for layout in layouts for optimizer in optimizers]


# Time and memory.

def timed_ms(run):
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1e3


def median_ms(run, at_least):
    """The median of as many runs as last `at_least` milliseconds, after a few that warm caches."""
    warm = 0.0
    while warm < at_least / 5:
        warm += timed_ms(run)
    times = []
    while sum(times) < at_least:
        times.append(timed_ms(run))
    return statistics.median(times)


def trial_ms(run):
    """The shortest of a few runs: other programs only ever slow it down."""
    run()
    times = []
    while len(times) < 3 or sum(times) < 200:
        times.append(timed_ms(run))
    return min(times)


def peak_mb():
    try:
        with open("/proc/self/status") as status:
            line = next(line for line in status if line.startswith("VmHWM:"))
    except OSError:
        return None
    return float(line.split()[1]) * 1024 / 1e6


# Tensors.

def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32", f"{name} is {entry['dtype']}"
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


def fingerprint(x):
    """A tensor's length as one long vector, and its product with the vector of src/fingerprint.rs."""
    flat = x.detach().reshape(-1).double()
    direction = (torch.arange(flat.numel()) * 0x9E3779B1 & 0xFFFFFFFF).double() / 2**31 - 1
    return [flat.norm().item(), flat.dot(direction).item()]


def laid_out(x, variant):
    # A leaf again: an earlier variant may have asked for this tensor's gradient.
    x = x.detach()
    if x.dim() == 4 and "channels-last" in variant:
        return x.contiguous(memory_format=torch.channels_last)
    return x


# Single operations.

class Operation:
    def __init__(self, work, tensors, variant):
        tensors = {name: laid_out(x, variant) for name, x in tensors.items()}
        self.indices = tensors.pop("indices", torch.empty(0)).long()
        self.dy = tensors.pop("dy", None)
        self.inputs = tensors
        self.apply = operation(work, self.indices)
        if self.dy is not None:
            for x in self.inputs.values():
                x.requires_grad_()

    def run(self):
        if self.dy is None:
            with torch.inference_mode():
                return self.apply(**self.inputs)
        for x in self.inputs.values():
            x.grad = None
        y = self.apply(**self.inputs)
        y.backward(self.dy)
        return y

    def check(self):
        y = self.run()
        grads = {name: x.grad for name, x in self.inputs.items() if x.grad is not None}
        return {"y": y} | grads


def operation(work, indices):
    """The function of a work's inputs, under the names that src/operation.rs gives them."""
    match work["kind"]:
        case "matmul":
            return lambda a, b: a @ b
        case "conv":
            settings = {key: work[key] for key in ("stride", "padding", "groups")}
            return lambda x, weight, bias: F.conv2d(x, weight, bias, **settings)
        case "max_pool":
            settings = {key: work[key] for key in ("stride", "padding")}
            return lambda x: F.max_pool2d(x, work["kernel"], **settings)
        case "batch_norm":
            return lambda x, weight, bias: F.batch_norm(x, None, None, weight, bias, training=True)
        case "attention":
            heads = work["heads"]

            def attention(x, in_weight, in_bias, out_weight, out_bias):
                x = x.transpose(0, 1)  # as nn.MultiheadAttention(batch_first=True) does
                y, _ = F.multi_head_attention_forward(
                    x, x, x, x.shape[-1], heads, in_weight, in_bias, None, None, False, 0.0,
                    out_weight, out_bias, need_weights=False)
                return y.transpose(0, 1)

            return attention
        case "lstm":
            zeros = torch.zeros(1, work["batch"], work["hidden"])

            def lstm(x, weight_ih, weight_hh, bias_ih, bias_hh):  # as nn.LSTM does
                weights = [weight_ih, weight_hh, bias_ih, bias_hh]
                return torch.lstm(x, (zeros, zeros), weights, True, 1, 0.0, True, False, False)[0]

            return lstm
        case "layer_norm":
            return lambda x, weight, bias: F.layer_norm(x, weight.shape, weight, bias)
        case "cross_entropy":
            return lambda x: F.cross_entropy(x, indices)
        case "embedding":
            return lambda weight: F.embedding(indices, weight)
        case "elementwise":
            return {
                "relu": lambda x: x.relu(),
                "gelu": lambda x: F.gelu(x),
                "tanh": lambda x: x.tanh(),
                "exp": lambda x: x.exp(),
                "add": lambda x, other: x + other,
            }[work["function"]]
        case "sum":
            return lambda x: x.sum()
        case "transpose":
            return lambda x: x.t().contiguous()
        case other:
            raise ValueError(f"`{other}` is no work that this side knows")


# Networks.

class Mlp(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        sizes = [features, 512, 256, classes]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))

    def forward(self, x):
        x = x.flatten(1)
        for layer in self.layers[:-1]:
            x = layer(x).relu()
        return self.layers[-1](x)


class LeNet(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x).relu(), 2)
        x = F.max_pool2d(self.conv2(x).relu(), 2)
        x = self.fc1(x.flatten(1)).relu()
        return self.fc3(self.fc2(x).relu())


class Block(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        stride = 1 if inputs == width else 2
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.pad = (width - inputs) // 2

    def forward(self, x):
        y = self.bn1(self.conv1(x)).relu()
        y = self.bn2(self.conv2(y))
        if self.pad:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad))
        return (y + x).relu()


class ResNet20(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(Block(16, 16), Block(16, 16), Block(16, 16))
        self.layer2 = nn.Sequential(Block(16, 32), Block(32, 32), Block(32, 32))
        self.layer3 = nn.Sequential(Block(32, 64), Block(64, 64), Block(64, 64))
        self.linear = nn.Linear(64, classes)

    def forward(self, x):
        x = self.bn1(self.conv1(x)).relu()
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


class ConvBn(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        self.conv = nn.Conv2d(inputs, width, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(width)

    def forward(self, x):
        return self.bn(self.conv(x)).relu()


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1 = ConvBn(width, width)
        self.conv2 = ConvBn(width, width)

    def forward(self, x):
        return self.conv2(self.conv1(x)) + x


class ResNet9(nn.Module):
    def __init__(self, channels, classes, width):
        super().__init__()
        self.prep = ConvBn(channels, width)
        self.layer1 = ConvBn(width, 2 * width)
        self.residual1 = Residual(2 * width)
        self.layer2 = ConvBn(2 * width, 4 * width)
        self.layer3 = ConvBn(4 * width, 8 * width)
        self.residual3 = Residual(8 * width)
        self.linear = nn.Linear(8 * width, classes, bias=False)

    def forward(self, x):
        x = self.residual1(F.max_pool2d(self.layer1(self.prep(x)), 2))
        x = F.max_pool2d(self.layer3(F.max_pool2d(self.layer2(x), 2)), 2)
        return self.linear(self.residual3(x).amax((2, 3))) * 0.125


class Stage(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.down = nn.Conv2d(inputs, width, 3, stride, padding=1, bias=False)
        self.down_bn = nn.BatchNorm2d(width)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x):
        x = self.down_bn(self.down(x)).relu()
        y = self.bn1(self.conv1(x)).relu()
        return (self.bn2(self.conv2(y)) + x).relu()


class MelNet(nn.Module):
    def __init__(self, channels, bands, classes, width):
        super().__init__()
        self.stem = nn.Conv2d(channels, width, 3, 2, padding=1, bias=False)
        self.stem_bn = nn.BatchNorm2d(width)
        self.stage1 = Stage(width, 2 * width, (2, 2))
        self.stage2 = Stage(2 * width, 4 * width, (2, 1))
        self.stage3 = Stage(4 * width, 8 * width, (2, 2))
        self.bands = nn.Conv2d(8 * width, 8 * width, (bands // 16, 1), bias=False)
        self.bands_bn = nn.BatchNorm2d(8 * width)
        self.dropout = nn.Dropout(0.3)
        self.fc = nn.Linear(16 * width, classes)

    def forward(self, x):
        x = self.stem_bn(self.stem(x)).relu()
        x = self.stage3(self.stage2(self.stage1(x)))
        x = self.bands_bn(self.bands(x)).relu().squeeze(2)
        return self.fc(self.dropout(torch.cat([x.mean(-1), x.amax(-1)], 1)))


class VitTiny(nn.Module):
    def __init__(self, channels, height, width, classes):
        super().__init__()
        dim, patches = 64, (height // 4) * (width // 4)
        self.class_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.conv_proj = nn.Conv2d(channels, dim, 4, 4)
        self.pos_embedding = nn.Parameter(torch.zeros(1, 1 + patches, dim))
        layer = nn.TransformerEncoderLayer(dim, 4, 128, 0.0, "gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 6, nn.LayerNorm(dim), enable_nested_tensor=False)
        self.head = nn.Linear(dim, classes)

    def forward(self, x):
        x = self.conv_proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], 1)
        return self.head(self.encoder(x + self.pos_embedding)[:, 0])


def model_of(network):
    channels, height, width = network["image"]
    classes = network["classes"]
    match network["model"]:
        case "mlp":
            return Mlp(channels * height * width, classes)
        case "lenet":
            return LeNet(channels, classes)
        case "resnet20":
            return ResNet20(channels, classes)
        case "resnet9-16":
            return ResNet9(channels, classes, 16)
        case "melnet-12":
            return MelNet(channels, height, classes, 12)
        case "vit_tiny":
            return VitTiny(channels, height, width, classes)
        case name:
            # torchvision is a slow import, which the small models do without.
            import torchvision
            return getattr(torchvision.models, name)(num_classes=classes)


class Network:
    """What training and inference share: a model, and a batch of images and labels."""

    def __init__(self, network, tensors, variant):
        self.model = model_of(network)
        if tensors is None:
            self.images = torch.randn(network["batch"], *network["image"])
            self.labels = torch.randint(network["classes"], (network["batch"],))
        else:
            self.images = laid_out(tensors["images"], variant)
            self.labels = tensors.get("indices", torch.empty(0)).long()
            named = [(name.partition("model."), x) for name, x in tensors.items()]
            weights = {name: x for (_, model, name), x in named if model}
            missing, unexpected = self.model.load_state_dict(weights, strict=False)
            missing = [name for name in missing if not name.endswith("num_batches_tracked")]
            assert not missing and not unexpected, f"{missing=} {unexpected=}"
        if "channels-last" in variant:
            self.model.to(memory_format=torch.channels_last)


class Inference(Network):
    def __init__(self, work, tensors, variant):
        super().__init__(work["network"], tensors, variant)
        self.model.eval()

    def run(self):
        with torch.inference_mode():
            return self.model(self.images)

    def check(self):
        return {"y": self.run()}


class Exported(Network):
    """Inference by onnxruntime, of PyTorch's model."""

    def __init__(self, work, tensors, variant):
        super().__init__(work["network"], tensors, {})
        import onnxruntime
        graph = io.BytesIO()
        self.model.eval()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the exporter's age
            names = {"input_names": ["images"], "dynamo": False}
            torch.onnx.export(self.model, (self.images,), graph, **names)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        # Its threads would wait for work without sleeping while the other side has its turn.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        providers = ["CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(graph.getvalue(), options, providers=providers)
        self.feed = {"images": self.images.numpy()}

    def run(self):
        return self.session.run(None, self.feed)[0]

    def check(self):
        return {"y": torch.from_numpy(self.run())}


def optimizer_of(work, model, variant):
    kind, settings = {
        "sgd": (torch.optim.SGD, {"momentum": 0.9}),
        "adam": (torch.optim.Adam, {}),
    }[work["optimizer"]]
    if "fused" in variant:
        settings["fused"] = True
    return kind(model.parameters(), lr=work["learning_rate"], **settings)


class Training(Network):
    def __init__(self, work, tensors, variant):
        super().__init__(work["network"], tensors, variant)
        self.optimizer = optimizer_of(work, self.model, variant)

    def gradients(self):
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.model(self.images), self.labels)
        loss.backward()
        return loss

    def run(self):
        self.gradients()
        self.optimizer.step()

    def check(self):
        """Without dropout: the two sides draw different numbers."""
        dropouts = [module for module in self.model.modules() if isinstance(module, nn.Dropout)]
        shares = [module.p for module in dropouts]
        for module in dropouts:
            module.p = 0.0
        loss = self.gradients()
        for module, share in zip(dropouts, shares):
            module.p = share
        return {"loss": loss} | {name: p.grad for name, p in self.model.named_parameters()}


class Translator(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        dim, words = sizes["dim"], sizes["words"]
        self.src_embedding = nn.Embedding(words, dim)
        self.tgt_embedding = nn.Embedding(words, dim)
        self.transformer = nn.Transformer(
            dim, sizes["heads"], sizes["layers"], sizes["layers"], sizes["feedforward"], batch_first=True)
        self.generator = nn.Linear(dim, words)
        self.dropout = nn.Dropout(0.1)
        places = torch.arange(sizes["length"], dtype=torch.float64)[:, None]
        angles = places / 10_000 ** (torch.arange(0, dim, 2) / dim)
        waves = torch.stack([angles.sin(), angles.cos()], 2).flatten(1)
        self.register_buffer("waves", waves.float(), persistent=False)
        mask = nn.Transformer.generate_square_subsequent_mask(sizes["length"])
        self.register_buffer("mask", mask, persistent=False)
        self.scale = dim ** 0.5

    def embed(self, embedding, words):
        return self.dropout(embedding(words) * self.scale + self.waves)

    def forward(self, source, target):
        source = self.embed(self.src_embedding, source)
        target = self.embed(self.tgt_embedding, target)
        y = self.transformer(source, target, tgt_mask=self.mask, tgt_is_causal=True)
        return self.generator(y)


class Translation:
    def __init__(self, work, tensors, variant):
        sizes = work["sizes"]
        self.model = Translator(sizes)
        shape = sizes["batch"], sizes["length"]
        if tensors is None:
            words = torch.randint(sizes["words"], (3, *shape))
        else:
            words = torch.stack([tensors[name].long() for name in ("source", "target", "next")])
            named = [(name.partition("model."), x) for name, x in tensors.items()]
            self.model.load_state_dict({name: x for (_, model, name), x in named if model})
        self.source, self.target, self.next = words
        self.optimizer = optimizer_of(work, self.model, variant)

    def gradients(self):
        self.optimizer.zero_grad()
        scores = self.model(self.source, self.target)
        loss = F.cross_entropy(scores.flatten(0, 1), self.next.flatten())
        loss.backward()
        return loss

    def run(self):
        self.gradients()
        self.optimizer.step()

    def check(self):
        """Without dropout: the two sides draw different numbers."""
        attentions = [m for m in self.model.modules() if isinstance(m, nn.MultiheadAttention)]
        dropouts = [m for m in self.model.modules() if isinstance(m, nn.Dropout)]
        for module in attentions:
            module.dropout = 0.0
        for module in dropouts:
            module.p = 0.0
        loss = self.gradients()
        for module in attentions:
            module.dropout = 0.1
        for module in dropouts:
            module.p = 0.1
        return {"loss": loss} | {name: p.grad for name, p in self.model.named_parameters()}


def make(work, tensors, variant):
    match work["kind"]:
        case "train":
            return Training(work, tensors, variant)
        case "train_transformer":
            return Translation(work, tensors, variant)
        case "infer" if work["beside"] == "onnxruntime":
            return Exported(work, tensors, variant)
        case "infer":
            return Inference(work, tensors, variant)
        case _:
            return Operation(work, tensors, variant)


if __name__ == "__main__":
    main()
