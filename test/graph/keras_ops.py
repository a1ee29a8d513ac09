"""Runs single Keras layers: reads [{class, config, inputs: [{shape, data}], weights}] as JSON, writes [{shape, data}]."""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
# its own kernels: oneDNN refuses some odd transposed convolutions
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
import keras
import numpy as np


def array(value):
    return np.array(value["data"], dtype="float32").reshape(value["shape"])


results = []
for case in json.load(open(sys.argv[1])):
    layer = getattr(keras.layers, case["class"])(**case["config"])
    inputs = [array(x)[None] for x in case["inputs"]]
    layer.build(inputs[0].shape if len(inputs) == 1 else [x.shape for x in inputs])
    layer.set_weights([array(w) for w in case["weights"]])
    y = np.array(layer(inputs[0] if len(inputs) == 1 else inputs))[0]
    results.append({"shape": list(y.shape), "data": y.reshape(-1).tolist()})
json.dump(results, open(sys.argv[2], "w"))
