"""What fine-tuning is tried on: three networks that a classifier with one softmax is not, and Keras' own figures of them.

    python fine-tuning.py make FOLDER       data.npz, and base.keras (a transfer-learning file: its base frozen), open.keras
                                            (the same weights, nothing frozen), two.keras (how bright, and which of four
                                            gratings) and labels.keras (four sigmoids)
    python fine-tuning.py figures FOLDER FILE...    one JSON object: what keras says of these files on the test images
"""
import json, os, sys
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
import numpy as np
import keras as k
L = k.layers


def gratings(count, rng):
    """Pictures of stripes in four directions, each as bright as it happens to be: x [n, 32, 32, 3], class, brightness."""
    y, x = np.mgrid[:32, :32]
    label = np.arange(count) % 4
    bright = 0.5 + rng.rand(count)
    images = np.empty((count, 32, 32, 3), "uint8")
    for n in range(count):
        angle = label[n] * np.pi / 4
        wave = np.sin((0.5 + 0.2 * rng.rand()) * (x * np.cos(angle) + y * np.sin(angle)) + rng.rand() * 6.28)
        picture = 128 * bright[n] + 60 * wave[..., None] * np.array([1, 0.9, 0.8]) + rng.randn(32, 32, 3) * 35
        images[n] = np.clip(picture, 0, 255).astype("uint8")
    order = rng.permutation(count)
    return images[order], label[order], bright[order].astype("float32")


def base():
    i = k.Input((32, 32, 3))
    x = L.Rescaling(1 / 127.5, offset=-1)(i)
    for width in (16, 32, 48):
        x = L.Conv2D(width, 3, padding="same", use_bias=False)(x)
        x = L.BatchNormalization(momentum=0.9)(x)
        x = L.MaxPooling2D()(L.ReLU()(x))
    return k.Model(i, x, name="base")


def over(below, heads):
    i = k.Input((32, 32, 3))
    return k.Model(i, heads(L.GlobalAveragePooling2D()(below(i))))


def make(folder):
    os.makedirs(folder, exist_ok=True)
    k.utils.set_random_seed(1)
    rng = np.random.RandomState(1)
    x, y, bright = gratings(1200, rng)
    names = ("train", slice(0, 900)), ("test", slice(900, None))
    arrays = {f"{a}_{name}": v[part] for name, part in names for a, v in (("x", x), ("y", y), ("b", bright))}
    np.savez(f"{folder}/arrays.npz", **arrays)
    np.savez(f"{folder}/data.npz", **{name: v for name, v in arrays.items() if name[0] != "b"})
    fit = {"x": x[:900].astype("float32"), "epochs": 12, "verbose": 0}

    below = base()
    m = over(below, lambda v: L.Dense(4, activation="softmax", name="kind")(v))
    m.compile("adam", "sparse_categorical_crossentropy")
    m.fit(y=y[:900], **fit)
    m.save(f"{folder}/open.keras")
    below.trainable = False
    m.compile("adam", "sparse_categorical_crossentropy")
    m.save(f"{folder}/base.keras")

    m = over(base(), lambda v: [L.Dense(1, name="bright")(L.Dense(8, activation="relu")(v)), L.Dense(4, activation="softmax", name="kind")(v)])
    m.compile("adam", ["mse", "sparse_categorical_crossentropy"])
    m.fit(y=[bright[:900, None], y[:900]], **fit)
    m.save(f"{folder}/two.keras")

    m = over(base(), lambda v: L.Dense(4, activation="sigmoid", name="labels")(v))
    m.compile("adam", "binary_crossentropy")
    m.fit(y=np.eye(4)[y[:900]], **fit)
    m.save(f"{folder}/labels.keras")


def figures(folder, files):
    data = np.load(f"{folder}/arrays.npz")
    x, y, bright = data["x_test"].astype("float32"), data["y_test"], data["b_test"]
    said = {}
    for file in files:
        m = k.saving.load_model(file, compile=False)
        m.trainable_before = len(m.trainable_weights)
        if len(m.outputs) == 2:
            m.compile(loss=["mse", "sparse_categorical_crossentropy"], metrics=[[], ["accuracy"]])
            f = m.evaluate(x, [bright[:, None], y], verbose=0, return_dict=True)
            said[file] = {"accuracy": 100 * f["kind_accuracy"], "loss": f["kind_loss"], "bright_mse": f["bright_loss"]}
        elif m.layers[-1].activation.__name__ == "sigmoid":
            m.compile(loss="binary_crossentropy")
            p = m.predict(x, verbose=0)
            said[file] = {"accuracy": 100 * float((p.argmax(1) == y).mean()), "loss": m.evaluate(x, np.eye(4)[y], verbose=0), "wrong": float(p[np.eye(4)[y] < 0.5].mean())}
        else:
            m.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
            loss, accuracy = m.evaluate(x, y, verbose=0)
            said[file] = {"accuracy": 100 * accuracy, "loss": loss}
        said[file]["trainable"] = m.trainable_before
    print(json.dumps(said))


make(sys.argv[2]) if sys.argv[1] == "make" else figures(sys.argv[2], sys.argv[3:])
