"""Makes models of models: nested.py FOLDER (nested.keras, towers.keras), with random weights."""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np

if os.environ.get("TF_USE_LEGACY_KERAS"):
    import tf_keras as keras
else:
    import keras
L = keras.layers


def block(name, channels, filters):
    i = keras.Input((8, 8, channels))
    x = L.Conv2D(filters, 3, padding="same", name="conv")(i)
    x = L.BatchNormalization(name="norm")(x)
    x = L.Conv2D(filters, 1, name="conv_b", activation="relu")(x)
    return keras.Model(i, x, name=name)


def nested():
    """Two functional models of one class and a Sequential in a Sequential; one of them is called twice."""
    tail = keras.Sequential([keras.Input((8, 8, 5)), L.Conv2D(7, 3), L.PReLU(shared_axes=[1, 2])], name="tail")
    outer = keras.Sequential([keras.Input((8, 8, 5)), L.Dropout(0.2), tail, L.BatchNormalization()], name="outer")
    one, two = block("one", 4, 4), block("two", 4, 5)
    i = keras.Input((8, 8, 3))
    x = L.Conv2D(4, 3, padding="same", name="conv")(i)
    x = L.Add()([one(one(x)), x])
    x = outer(two(x))
    return keras.Model(i, L.Dense(3)(L.GlobalAveragePooling2D()(x)))


def towers():
    """Branches whose layers were made in another order than that in which Keras stores them."""
    i = keras.Input((8, 8, 3))
    late = [L.Conv2D(6, 3, padding="same") for _ in range(4)]
    a = late[3](i)
    b = late[2](late[1](late[0](i)))
    x = L.Add()([a, b])
    y = L.Concatenate()([L.Conv2D(3, 1)(x), L.Conv2D(3, 1)(a)])
    return keras.Model(i, [L.GlobalMaxPooling2D()(y), L.Flatten()(L.Conv2D(2, 8)(x))])


for make in [nested, towers]:
    model = make()
    rng = np.random.RandomState(3)
    for weight in model.weights:
        name = getattr(weight, "path", weight.name)
        values = rng.uniform(0.5, 1.5, weight.shape) if "variance" in name else rng.randn(*weight.shape) * 0.3
        weight.assign(values.astype("float32"))
    model.save(os.path.join(sys.argv[1], make.__name__ + ".keras"))
