"""Four networks that know pictures by four ways of resizing, and Keras' own scores of them: read by bench/resizing.mjs.

    python bench/resizing-networks.py OUT ../shared   (some minutes)

They learn CIFAR-10's JPEG files (32x32) at 20x20. Needs tensorflow, keras and pillow."""
import io
import json
import os
import sys
import tarfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
import keras
import numpy as np
from PIL import Image

SIDE = 20
# files a class; what is validated on was never learned from
LEARN, VALIDATE, TEST = 1500, 100, 500
EPOCHS = 6
BATCH = 64


def loader(**options):
    """image_dataset_from_directory, as people call it"""
    def load(folder):
        data = keras.utils.image_dataset_from_directory(
            folder, image_size=(SIDE, SIDE), batch_size=256, shuffle=False, verbose=False, **options)
        x, y = zip(*data)
        return np.concatenate(x), np.concatenate(y)
    return load


def load_img(**options):
    """load_img, which flow_from_directory calls as well"""
    def load(folder):
        found = [(f"{folder}/{name}/{file}", k) for k, name in enumerate(sorted(os.listdir(folder)))
                 for file in sorted(os.listdir(f"{folder}/{name}"))]
        x = [np.asarray(keras.utils.load_img(file, target_size=(SIDE, SIDE), **options)) for file, _ in found]
        return np.stack(x).astype("float32"), np.array([k for _, k in found])
    return load


# by Espalier's names
WAYS = {
    "keras": ("image_dataset_from_directory", loader()),
    "pil": ("load_img(interpolation='bilinear')", load_img(interpolation="bilinear")),
    "nearest": ("load_img", load_img()),
    "area": ("image_dataset_from_directory(interpolation='area')", loader(interpolation="area")),
}


def unpacked(archive, parts):
    """so many files of each class to each folder, as they are, or as PNG of PIL's pixels"""
    seen = {}
    most = max(to for _, _, to, _ in parts)
    with tarfile.open(archive) as tar:
        for member in tar:
            if not member.name.endswith(".jpg"):
                continue
            label = member.name.split("/")[-2]
            number = seen[label] = seen.get(label, -1) + 1
            if number >= most:
                continue
            content = tar.extractfile(member).read()
            for folder, start, to, ending in parts:
                if not start <= number < to:
                    continue
                os.makedirs(f"{folder}/{label}", exist_ok=True)
                file = f"{folder}/{label}/{number:05}.{ending}"
                if ending == "png":
                    Image.open(io.BytesIO(content)).convert("RGB").save(file)
                else:
                    with open(file, "wb") as out:
                        out.write(content)


def network(steps):
    layers = keras.layers
    inputs = keras.Input((SIDE, SIDE, 3))
    x = layers.Rescaling(1 / 255)(inputs)
    for filters, strides in ((32, 1), (32, 2), (64, 1), (64, 2), (96, 1)):
        x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def learned(x, y):
    model = network(EPOCHS * len(x) // BATCH)
    random = np.random.RandomState(3)
    for _ in range(EPOCHS):
        order = random.permutation(len(x))
        flip = random.rand(len(x), 1, 1, 1) < 0.5
        model.fit(np.where(flip, x[:, :, ::-1], x)[order], y[order], batch_size=BATCH, verbose=0)
    return model


def main(out, shared):
    data = f"{shared}/data/cifar10-jpeg"
    unpacked(f"{data}/train.tar.gz", [
        (f"{out}/learn", 0, LEARN, "jpg"),
        (f"{out}/jpeg/train", 0, VALIDATE, "jpg"), (f"{out}/png/train", 0, VALIDATE, "png"),
        (f"{out}/jpeg/val", LEARN, LEARN + VALIDATE, "jpg"), (f"{out}/png/val", LEARN, LEARN + VALIDATE, "png")])
    unpacked(f"{data}/test.tar.gz", [
        (f"{out}/jpeg/test", 0, TEST, "jpg"), (f"{out}/png/test", 0, TEST, "png")])
    shown = {(files, way): load(f"{out}/{files}/test")
             for files in ("jpeg", "png") for way, (_, load) in WAYS.items()}
    table = []
    for name, (by, load) in WAYS.items():
        keras.utils.set_random_seed(1)
        model = learned(*load(f"{out}/learn"))
        model.save(f"{out}/{name}.keras")
        for (files, way), (x, y) in shown.items():
            if files == "png" and way != name:
                continue
            loss, accuracy = model.evaluate(x, y, batch_size=256, verbose=0)
            table.append({"network": name, "by": by, "files": files, "resize": way,
                          "accuracy": 100 * accuracy, "loss": loss})
            print(table[-1], flush=True)
    with open(f"{out}/networks.json", "w") as file:
        json.dump(table, file)


main(*sys.argv[1:3])
