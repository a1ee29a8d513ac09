"""Files that Keras 2 makes, or made, other than their names or their readers expect: odd_files.py FOLDER

swapped*.h5: layers of a nested model whose names were exchanged after they were made (whole, frozen, batch norms);
transposed.h5, .keras: Conv2DTranspose(groups=2), which Keras takes no notice of; windows*.keras: groups named with
backslashes, as Keras 2.12 to 2.15 on Windows does, plain and nested; constants.h5: initializers that hold a value a
channel, which no narrower layer can be made with.
"""

import io
import os
import sys
import zipfile

import h5py
import numpy as np

import tf_keras as keras

L = keras.layers
out = sys.argv[1]


def lively(model, seed=3):
    random = np.random.RandomState(seed)
    for weight in model.weights:
        low = 0.5 if "variance" in weight.name or "gamma" in weight.name else -0.5
        weight.assign(random.uniform(low, low + 1, weight.shape))
    return model


def exchange(model, a, b):
    first, second = model.get_layer(a), model.get_layer(b)
    first._name, second._name = b, a


def swapped(file, frozen=False, norms=False):
    i = keras.Input((8, 8, 6))
    x = L.Conv2D(6, 3, padding="same", name="first", trainable=not frozen)(i)
    if norms:
        x = L.BatchNormalization(name="norm1")(x)
    x = L.Conv2D(6, 3, padding="same", name="second")(L.ReLU()(x))
    if norms:
        x = L.BatchNormalization(name="norm2")(x)
    body = keras.Model(i, x, name="body")
    exchange(body, "first", "second")
    if norms:
        exchange(body, "norm1", "norm2")
    i = keras.Input((8, 8, 3))
    x = body(L.Conv2D(6, 3, padding="same", name="stem")(i))
    lively(keras.Model(i, L.Dense(4)(L.GlobalAveragePooling2D()(x)))).save(os.path.join(out, file))


def windows(source, target):
    """One group of the root a layer, named by its path as os.path.join makes it there."""
    with zipfile.ZipFile(source) as z:
        entries = {name: z.read(name) for name in z.namelist()}
    buffer = io.BytesIO()
    with h5py.File(io.BytesIO(entries["model.weights.h5"])) as old, h5py.File(buffer, "w") as new:

        def copy(group, prefix):
            for name, value in group.items():
                if name == "vars":
                    old.copy(value, new.require_group(prefix) if prefix else new, name="vars")
                else:
                    copy(value, prefix + "\\" + name if prefix else name)

        copy(old, "")
    entries["model.weights.h5"] = buffer.getvalue()
    with zipfile.ZipFile(target, "w") as z:
        for name, content in entries.items():
            z.writestr(name, content)


swapped("swapped.h5")
swapped("swapped_frozen.h5", frozen=True)
swapped("swapped_norms.h5", norms=True)

i = keras.Input((8, 8, 3))
x = L.Conv2DTranspose(8, 3, groups=2, name="up")(L.Conv2D(8, 3)(i))
m = lively(keras.Model(i, L.Dense(3)(L.GlobalAveragePooling2D()(L.Conv2D(8, 3)(x)))))
m.save(os.path.join(out, "transposed.h5"))
m.save(os.path.join(out, "transposed.keras"))

m = lively(
    keras.Sequential([L.Input((8, 8, 3)), L.Conv2D(6, 3), L.BatchNormalization(), L.Conv2D(6, 3), L.Flatten(), L.Dense(3)])
)
m.compile("adam", "mse")
m.fit(np.zeros((2, 8, 8, 3)), np.zeros((2, 3)), verbose=0)
lively(m)
m.save(os.path.join(out, "plain.keras"))
windows(os.path.join(out, "plain.keras"), os.path.join(out, "windows.keras"))
inner = keras.Sequential([L.Input((8, 8, 6)), L.Conv2D(5, 3), L.BatchNormalization()], name="inner")
i = keras.Input((8, 8, 3))
x = L.Conv2D(4, 1)(inner(L.Conv2D(6, 3, padding="same")(i)))
lively(keras.Model(i, L.Dense(3)(L.Flatten()(x)))).save(os.path.join(out, "deep.keras"))
windows(os.path.join(out, "deep.keras"), os.path.join(out, "windows_deep.keras"))

i = keras.Input((8, 8, 3))
spread = keras.initializers.Constant(np.linspace(0.1, 0.8, 8).tolist())
x = L.Conv2D(8, 3, bias_initializer=spread)(i)
x = L.BatchNormalization(gamma_initializer=keras.initializers.Constant(np.linspace(0.5, 1, 8).tolist()))(x)
lively(keras.Model(i, L.Dense(3)(L.GlobalAveragePooling2D()(x)))).save(os.path.join(out, "constants.h5"))
