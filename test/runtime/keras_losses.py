"""Losses as real Keras computes them: keras_losses.py, which reads {logits, labels, answers} as JSON from stdin.

logits and answers (logits, too) are [n, k] lists; labels one class an image. Prints one JSON object."""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np

given = json.load(sys.stdin)
z, a = (np.array(given[name], "float32") for name in ("logits", "answers"))
y = np.eye(z.shape[1], dtype="float32")[given["labels"]]
softmax = lambda v: np.asarray(keras.ops.softmax(v))
sigmoid = lambda v: np.asarray(keras.ops.sigmoid(v))
mean = lambda loss, true, guess: float(np.mean(np.asarray(loss(true, guess))))
L = keras.losses
print(
    json.dumps(
        {
            "softmax": mean(L.CategoricalCrossentropy(label_smoothing=0.1), y, softmax(z)),
            "logits": mean(L.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1), y, z),
            "sigmoids": mean(L.BinaryCrossentropy(label_smoothing=0.1), y, sigmoid(z)),
            "plain": mean(L.BinaryCrossentropy(), y, sigmoid(z)),
            "softmaxAnswers": mean(L.KLDivergence(), softmax(a), softmax(z)),
            "sigmoidsAnswers": float(
                np.mean([mean(L.KLDivergence(), np.stack([1 - p, p], -1), np.stack([1 - q, q], -1)) for p, q in zip(sigmoid(a).T, sigmoid(z).T)])
            ),
            "logitsAnswers": mean(L.MeanSquaredError(), a, z),
        }
    )
)
