"""Keras as the scripts here ask for it: Keras 2 (the tf_keras package) with TF_USE_LEGACY_KERAS=1, else Keras 3."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np

LEGACY = bool(os.environ.get("TF_USE_LEGACY_KERAS"))
if LEGACY:
    import tensorflow as tf
    import tf_keras as keras
    from tf_keras.src.applications import convnext, inception_resnet_v2
else:
    import keras
    from keras.src.applications import convnext, inception_resnet_v2

    tf = None

L = keras.layers


def fill(model, seed):
    """Random weights that no symmetry hides; variances and factors are positive, counts and seeds stay."""
    rng = np.random.RandomState(seed)
    for weight in model.weights:
        path = getattr(weight, "path", weight.name)
        if "int" in str(weight.dtype) or "seed" in path:
            continue
        shape = weight.shape
        positive = "variance" in path or "gamma" in path
        values = rng.uniform(0.5, 1.5, shape) if positive else rng.randn(*shape) * 0.3
        weight.assign(np.asarray(values, "float32"))
