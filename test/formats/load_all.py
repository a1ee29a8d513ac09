"""Loads files with real Keras and runs them, whether or not others of them can be loaded: load_all.py JOBS.json

JOBS.json is a list of {"model", "input", "output"}; each output gets the first output flattened, or, with the ending
.txt, what was wrong.
"""

import json
import os
import sys

import numpy as np

if os.environ.get("TF_USE_LEGACY_KERAS"):
    import tf_keras as keras
else:
    import keras

with open(sys.argv[1]) as file:
    jobs = json.load(file)
for job in jobs:
    try:
        model = keras.models.load_model(job["model"], compile=False)
        y = np.asarray(model(np.load(job["input"]), training=False), dtype="float32")
        np.save(job["output"], y.reshape(len(y), -1))
    except Exception as error:
        with open(job["output"] + ".txt", "w") as file:
            file.write(f"{type(error).__name__}: {str(error)[:300]}")
