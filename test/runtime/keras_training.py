"""Trains a small network by real Keras: keras_training.py FOLDER

Writes start.h5 and end.h5 (before and after three steps of SGD with momentum, and of Adam), the mini-batches (x.bin,
y.bin) and the losses of each step (losses.json).
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
from keras import layers

STEPS, N = 3, 8


def network():
    x = i = keras.Input((9, 9, 3))
    x = layers.Conv2D(6, 3, padding="same", strides=2, use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.8)(x)
    x = layers.ReLU()(x)
    s = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, use_bias=False)(x)
    s = layers.BatchNormalization(momentum=0.9, scale=False)(s)
    s = layers.Activation("relu6")(s)
    s = layers.Conv2D(6, 1)(s)
    x = layers.Add()([x, s])
    g = layers.GlobalAveragePooling2D(keepdims=True)(x)
    g = layers.Conv2D(6, 1, activation="sigmoid")(g)
    x = layers.Multiply()([x, g])
    u = layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="swish")(x)
    u = layers.MaxPooling2D(3, 2, padding="same")(u)
    x = layers.Concatenate()([x, u])
    x = layers.PReLU(shared_axes=[1, 2])(x)
    x = layers.AveragePooling2D(2, 2, padding="same")(x)
    x = layers.Flatten()(x)
    x = layers.BatchNormalization(momentum=0.5)(x)
    return keras.Model(i, layers.Dense(4, activation="softmax")(x))


folder = sys.argv[1]
keras.utils.set_random_seed(3)
random = np.random.default_rng(4)
x = random.normal(size=(STEPS, N, 9, 9, 3)).astype(np.float32)
y = random.integers(0, 4, size=(STEPS, N)).astype(np.int32)
x.tofile(os.path.join(folder, "x.bin"))
y.tofile(os.path.join(folder, "y.bin"))
model = network()
model.save(os.path.join(folder, "start.h5"))
start = model.get_weights()
losses = {}
for name, optimizer in {
    "sgd": keras.optimizers.SGD(0.05, momentum=0.9),
    "nesterov": keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "adam": keras.optimizers.Adam(0.01),
}.items():
    model.set_weights(start)
    model.compile(optimizer, keras.losses.CategoricalCrossentropy(label_smoothing=0.1))
    losses[name] = [
        float(model.train_on_batch(x[i], np.eye(4, dtype=np.float32)[y[i]])) for i in range(STEPS)
    ]
    model.save(os.path.join(folder, f"{name}.h5"))
with open(os.path.join(folder, "losses.json"), "w") as f:
    json.dump(losses, f)
