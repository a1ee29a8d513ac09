"""What resizing should give, by Keras' loader, TensorFlow and PIL: read by bench/resizing.mjs.

    python bench/resizing.py OUT

Needs tensorflow, keras and pillow (13 for the last bits of bicubic and lanczos)."""
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
import keras
import numpy as np
import tensorflow as tf
from PIL import Image

tf.config.threading.set_intra_op_parallelism_threads(1)
FILTERS = {"pil": Image.BILINEAR, "pil-bicubic": Image.BICUBIC, "pil-lanczos": Image.LANCZOS}


def smooth(random, height, width):
    """soft forms with grain: what a photograph has"""
    coarse = random.randint(0, 256, (height // 4 + 2, width // 4 + 2, 3)).astype("uint8")
    soft = np.asarray(Image.fromarray(coarse).resize((width, height), Image.BICUBIC)).astype(int)
    return np.clip(soft + random.randint(-8, 9, soft.shape), 0, 255).astype("uint8")


def ramp(height, width):
    across = np.linspace(0, 255, width)[None].repeat(height, 0)
    down = np.linspace(0, 255, height)[:, None].repeat(width, 1)
    return np.stack([across, across[:, ::-1], down], -1).round().astype("uint8")


def loader(folder, size, **options):
    """a folder of one picture as image_dataset_from_directory gives it"""
    data = keras.utils.image_dataset_from_directory(
        folder, labels=None, image_size=size, batch_size=1, shuffle=False, verbose=False, **options)
    return next(iter(data)).numpy()[0]


def centre(image, side, how):
    """torchvision's Resize(side * 256 / 224) and CenterCrop(side)"""
    width, height = image.size
    short = round(side * 256 / 224)
    size = (short, int(short * height / width)) if width <= height else (int(short * width / height), short)
    image = image.resize(size, how)
    left, top = round((size[0] - side) / 2), round((size[1] - side) / 2)
    return image.crop((left, top, left + side, top + side))


def references(file, size):
    height, width = size
    image = Image.open(file).convert("RGB")
    tensor = tf.constant(np.asarray(image))
    folder = os.path.dirname(file)
    yield "keras", "tf.image.resize", tf.image.resize(tensor, size)
    yield "keras", "Keras' loader", loader(folder, size)
    yield "keras-crop", "Keras' loader", loader(folder, size, crop_to_aspect_ratio=True)
    yield "keras-pad", "Keras' loader", loader(folder, size, pad_to_aspect_ratio=True)
    yield "keras-nearest", "Keras' loader", loader(folder, size, interpolation="nearest")
    yield "area", "tf.image.resize", tf.image.resize(tensor, size, method="area")
    yield "area-crop", "Keras' loader", loader(folder, size, crop_to_aspect_ratio=True, interpolation="area")
    for keep in (False, True):
        load = lambda how: np.asarray(keras.utils.load_img(
            file, target_size=size, interpolation=how, keep_aspect_ratio=keep))
        if not keep:
            yield "nearest", "load_img", load("nearest")
        yield "pil-crop" if keep else "pil", "load_img", load("bilinear")
    for name, how in FILTERS.items():
        yield name, "PIL", np.asarray(image.resize((width, height), how))
        w, h = min(image.width, image.height * width // height), min(image.height, image.width * height // width)
        x, y = (image.width - w) // 2, (image.height - h) // 2
        yield name + "-crop", "PIL", np.asarray(image.resize((width, height), how, box=(x, y, x + w, y + h)))
        if height == width and name != "pil-lanczos":
            yield name + "-centre", "PIL as torchvision", np.asarray(centre(image, height, how))


def pictures(out):
    random = np.random.RandomState(1)
    table = []
    for height, width in ((24, 24), (24, 40), (32, 32), (50, 37), (80, 96), (96, 80)):
        for kind, pixels in (("ramp", ramp(height, width)), ("photograph", smooth(random, height, width))):
            file = f"{out}/{kind}-{height}x{width}/{kind}.png"
            os.makedirs(os.path.dirname(file), exist_ok=True)
            Image.fromarray(pixels).save(file)
            for size in ((20, 20), (32, 32), (48, 48), (224, 224), (32, 48)):
                for name, by, values in references(file, size):
                    raw = f"{len(table)}.f32"
                    np.asarray(values).astype("<f4").tofile(f"{out}/{raw}")
                    table.append({"file": os.path.relpath(file, out), "height": size[0], "width": size[1],
                                  "name": name, "by": by, "values": raw})
    json.dump(table, open(f"{out}/pictures.json", "w"))


os.makedirs(sys.argv[1], exist_ok=True)
pictures(sys.argv[1])
