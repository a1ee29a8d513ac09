"""Prediction by real Keras: keras_predict.py MODEL INPUT.npy OUTPUT.npy [MODEL INPUT OUTPUT ...]

INPUT is one array, batch axis first, or several of them, joined by commas, one an input. OUTPUT gets the model's
outputs, each flattened to [batch, -1] and joined along the last axis. With TF_USE_LEGACY_KERAS=1, Keras 2 loads the
model (from the tf_keras package); else Keras 3. --compile loads it with its training configuration.
"""

import sys

import numpy as np
from keras_setup import convnext, inception_resnet_v2, keras

# keras.applications' own, which Keras does not look for by itself
OWN = {c.__name__: c for c in [convnext.LayerScale, convnext.StochasticDepth, inception_resnet_v2.CustomScaleLayer]}


def main(args):
    compile = "--compile" in args
    args = [a for a in args if a != "--compile"]
    for i in range(0, len(args), 3):
        try:
            model = keras.models.load_model(args[i], compile=compile, custom_objects=OWN)
        except Exception as error:
            raise RuntimeError(f"{args[i]} does not load: {error}") from error
        x = [np.load(name) for name in args[i + 1].split(",")]
        y = model(x if len(x) > 1 else x[0], training=False)
        if isinstance(y, dict):
            y = list(y.values())
        outputs = y if isinstance(y, (list, tuple)) else [y]
        flat = [np.asarray(o, dtype=np.float32).reshape(len(o), -1) for o in outputs]
        np.save(args[i + 2], np.concatenate(flat, axis=1))


main(sys.argv[1:])
