"""See zoo.mjs, which starts this once with Keras 3 and once with Keras 2 (TF_USE_LEGACY_KERAS=1)."""

import argparse
import gc
import io
import json
import os
import subprocess
import tempfile
import time
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np

LEGACY = bool(os.environ.get("TF_USE_LEGACY_KERAS"))
if LEGACY:
    import tf_keras as keras
    from tf_keras.src.applications.convnext import LayerScale, StochasticDepth
    from tf_keras.src.applications.inception_resnet_v2 import CustomScaleLayer
else:
    import keras
    from keras.src.applications.convnext import LayerScale, StochasticDepth
    from keras.src.applications.inception_resnet_v2 import CustomScaleLayer



class WholeMembers(zipfile.ZipFile):
    """Keras 2 seeks in an archive's weights, each time from their beginning: a quarter of an hour for a large network"""

    def open(self, name, mode="r", **options):
        member = super().open(name, mode, **options)
        if mode != "r":
            return member
        with member:
            return io.BytesIO(member.read())


zipfile.ZipFile = WholeMembers

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROWS = os.path.join(ROOT, "bench", "zoo.jsonl")
OWN = {c.__name__: c for c in [LayerScale, StochasticDepth, CustomScaleLayer]}

# every network that has a convolution, smallest first: the table is of use before it is complete
NETWORKS = """MobileNetV3Small MobileNetV2 EfficientNetB0 MobileNet NASNetMobile MobileNetV3Large EfficientNetV2B0
DenseNet121 EfficientNetB1 RegNetX002 RegNetY002 EfficientNetV2B1 EfficientNetB2 ConvNeXtTiny InceptionResNetV2
EfficientNetB3 EfficientNetV2B2 RegNetX004 RegNetY004 RegNetX006 RegNetY006 Xception InceptionV3 ResNet50 ResNet50V2
DenseNet169 EfficientNetV2B3 EfficientNetB4 DenseNet201 EfficientNetV2S RegNetX008 RegNetY008 RegNetX016 RegNetY016
RegNetX032 RegNetY032 EfficientNetB5 VGG16 VGG19 ResNetRS50 ResNet101 ResNet101V2 EfficientNetB6 ConvNeXtSmall
RegNetX040 RegNetY040 EfficientNetV2M ResNet152 ResNet152V2 ResNetRS101 EfficientNetB7 RegNetX064 RegNetY064 RegNetX080
RegNetY080 RegNetX120 RegNetY120 NASNetLarge ResNetRS152 ConvNeXtBase ResNetRS200 ResNetRS270 ResNetRS350 ResNetRS420
EfficientNetV2L RegNetX160 RegNetY160 RegNetX320 RegNetY320 ConvNeXtLarge ConvNeXtXLarge""".split()
SMALLEST = {"InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71}
VARIANTS = {"NASNetMobile": 32, "NASNetLarge": 32}


def build(name):
    """random weights, batch norms with the statistics of noise and no two channels alike"""
    keras.utils.set_random_seed(1)
    size = SMALLEST.get(name, VARIANTS.get(name, 32))
    options = {"include_preprocessing": False} if name.startswith("MobileNetV3") else {}
    model = getattr(keras.applications, name)(
        weights=None, input_shape=(size, size, 3), classes=10, classifier_activation=None, **options
    )
    random = np.random.RandomState(2)
    noise = random.uniform(0, 255, (8, size, size, 3)).astype("float32")
    norms = [layer for layer in model.layers if type(layer).__name__ == "BatchNormalization"]
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0
    for _ in range(2):
        model(noise, training=True)
    for layer, momentum in zip(norms, momenta):
        layer.momentum = momentum
        for weight in layer.weights:
            old = np.asarray(weight)
            scale = random.uniform(0.7, 1.4, old.shape)
            shift = 0 if "variance" in weight.name else random.uniform(-0.2, 0.2, old.shape)
            weight.assign((old * scale + shift).astype("float32"))
    return model, noise


def load(file, x):
    model = keras.models.load_model(file, compile=False, custom_objects=OWN)
    y = np.asarray(model(x, training=False))
    del model
    gc.collect()
    return y


def run(*command):
    result = subprocess.run(["node", *command], capture_output=True, text=True, cwd=ROOT)
    return result.returncode, result.stdout, result.stderr.strip().split("\n")[-1]


def judge(model, x, name, ending, folder):
    row = {"network": name, "keras": 2 if LEGACY else 3, "format": ending, "params": model.count_params()}
    file = os.path.join(folder, f"net.{ending}")
    begun = time.time()
    model.save(file)
    try:
        y = load(file, x)
    except Exception as error:
        row["keras_refuses"] = str(error).strip().split("\n")[0][:200]
        y = None
    x.tofile(f"{folder}/input")
    names = [f"pruned.{ending}", f"zeroed.{ending}", "input", "answer"]
    code, out, error = run("dist/bench-zoo.cjs", file, *[f"{folder}/{name}" for name in names])
    row["opens"] = error.replace(f"{folder}/", "") if code else True
    if code:
        return row
    row.update(json.loads(out))
    code, out, error = run("dist/cli.cjs", "check", file, "--json", "--threads", "1")
    checked = json.loads(out) if out.startswith("{") else {}
    row["check"] = code
    row["differences"] = {r["name"]: r["difference"] for r in checked.get("results", [])}
    zeroed = load(f"{folder}/zeroed.{ending}", x)
    pruned = load(f"{folder}/pruned.{ending}", x)
    row["difference"] = float(np.abs(pruned - zeroed).max() / np.abs(zeroed).max())
    answer = np.fromfile(f"{folder}/answer", "float32").reshape(pruned.shape)
    row["answer"] = float(np.abs(answer - pruned).max() / np.abs(pruned).max())
    row["changed"] = y is not None and float(np.abs(zeroed - y).max() / np.abs(y).max())
    row["spread"] = float(zeroed.std(axis=0).mean())
    row["seconds"] = round(time.time() - begun)
    return row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only")
    parser.add_argument("--minutes", type=float, default=1e9)
    args = parser.parse_args()
    done = set()
    if os.path.exists(ROWS):
        with open(ROWS) as rows:
            done = {(r["network"], r["keras"], r["format"]) for r in map(json.loads, rows)}
    until = time.time() + 60 * args.minutes
    for name in args.only.split(",") if args.only else NETWORKS:
        formats = [f for f in ("keras", "h5") if (name, 2 if LEGACY else 3, f) not in done]
        if not hasattr(keras.applications, name) or not formats or time.time() > until:
            continue
        model, x = build(name)
        for ending in formats:
            with tempfile.TemporaryDirectory() as folder:
                row = judge(model, x, name, ending, folder)
            with open(ROWS, "a") as rows:
                rows.write(json.dumps(row) + "\n")
            print(json.dumps(row), flush=True)
        del model
        keras.backend.clear_session()
        gc.collect()


main()
