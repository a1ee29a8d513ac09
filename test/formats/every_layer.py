"""One small network for every layer, and way of it, whose meaning differs between Keras 2, Keras 3 and TensorFlow.js:
every_layer.py FOLDER. Each is saved as NAME.h5 and NAME.keras, where that Keras can. With TF_USE_LEGACY_KERAS=1 they are
Keras 2's, else Keras 3's.
"""

import os
import sys

import numpy as np

LEGACY = bool(os.environ.get("TF_USE_LEGACY_KERAS"))
if LEGACY:
    import tf_keras as keras
else:
    import keras
L = keras.layers

ACTIVATIONS = """relu relu6 sigmoid tanh swish silu gelu selu softplus softsign exponential mish elu leaky_relu
hard_sigmoid softmax linear hard_swish celu log_softmax log_sigmoid hard_tanh tanh_shrink soft_shrink hard_shrink squareplus
sparse_plus sparse_sigmoid""".split()


def gelu_tanh(x):
    return keras.activations.gelu(x, approximate=True)


layers = {
    "elu_03": lambda: L.ELU(0.3),
    "elu_1": lambda: L.ELU(),
    "leaky_01": lambda: L.LeakyReLU(0.1),
    "leaky": lambda: L.LeakyReLU(),
    "relu_max": lambda: L.ReLU(max_value=1.0),
    "relu_slope": lambda: L.ReLU(negative_slope=0.2),
    "relu_all": lambda: L.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.3),
    "softmax_last": lambda: L.Softmax(),
    "softmax_1": lambda: L.Softmax(axis=1),
    "softmax_3": lambda: L.Softmax(axis=3),
    "prelu": lambda: L.PReLU(),
    "prelu_shared": lambda: L.PReLU(shared_axes=[1, 2]),
    "norm": lambda: L.BatchNormalization(epsilon=0.02),
    "norm_3": lambda: L.BatchNormalization(axis=3, scale=False),
    "layer_norm": lambda: L.LayerNormalization(epsilon=0.02),
    "layer_norm_all": lambda: L.LayerNormalization(axis=[1, 2, 3]),
    "group_norm": lambda: L.GroupNormalization(2),
    "group_norm_each": lambda: L.GroupNormalization(-1, epsilon=0.02),
    "unit_norm": lambda: L.UnitNormalization(),
    "up": lambda: L.UpSampling2D((2, 3)),
    "up_bilinear": lambda: L.UpSampling2D(2, interpolation="bilinear"),
    "pad": lambda: L.ZeroPadding2D(((1, 2), (0, 3))),
    "pad_2": lambda: L.ZeroPadding2D(2),
    "pad_pair": lambda: L.ZeroPadding2D((1, 2)),
    "crop": lambda: L.Cropping2D(((1, 0), (2, 1))),
    "crop_2": lambda: L.Cropping2D(2),
    "max_same": lambda: L.MaxPooling2D(3, strides=2, padding="same"),
    "avg_same": lambda: L.AveragePooling2D((2, 3), strides=1, padding="same"),
    "mean_kept": lambda: L.GlobalAveragePooling2D(keepdims=True),
    "mean": lambda: L.GlobalAveragePooling2D(),
    "max_all": lambda: L.GlobalMaxPooling2D(),
    "rescaling": lambda: L.Rescaling(0.5, offset=-0.25),
    "rescaling_vector": lambda: L.Rescaling([0.5, 1, 2, 0.1], offset=[0.1, 0, 0.2, -1]),
    "dilated": lambda: L.Conv2D(4, 3, dilation_rate=2),
    "grouped": lambda: L.Conv2D(4, 3, groups=2),
    "strided": lambda: L.Conv2D(4, 3, strides=(2, 2), padding="same"),
    "depthwise": lambda: L.DepthwiseConv2D(3, depth_multiplier=2, padding="same"),
    "depthwise_dilated": lambda: L.DepthwiseConv2D(3, dilation_rate=2),
    "separable": lambda: L.SeparableConv2D(5, 3, depth_multiplier=2, activation="relu"),
    "separable_dilated": lambda: L.SeparableConv2D(5, 3, dilation_rate=2),
    "transposed": lambda: L.Conv2DTranspose(4, 3, strides=2, padding="same"),
    "transposed_out": lambda: L.Conv2DTranspose(4, 3, strides=2, output_padding=1),
    "transposed_dilated": lambda: L.Conv2DTranspose(4, 3, dilation_rate=2),
    "dense_image": lambda: L.Dense(5, activation="tanh"),
    "permute": lambda: L.Permute((3, 1, 2)),
    "reshape": lambda: L.Reshape((-1, 2)),
    "dropout": lambda: L.Dropout(0.4, noise_shape=(None, 1, 1, 4), seed=3),
    "spatial_dropout": lambda: L.SpatialDropout2D(0.4),
    "alpha_dropout": lambda: L.AlphaDropout(0.4),
    "gaussian_noise": lambda: L.GaussianNoise(0.4),
    "gaussian_dropout": lambda: L.GaussianDropout(0.4),
    "flip": lambda: L.RandomFlip("horizontal"),
    "rotation": lambda: L.RandomRotation(0.1),
    "contrast": lambda: L.RandomContrast(0.1),
    "identity": lambda: L.Identity(),
    "regularization": lambda: L.ActivityRegularization(l2=0.1),
    "activation_layer": lambda: L.Conv2D(4, 3, activation=L.LeakyReLU(0.1)),
    "regularized": lambda: L.Conv2D(
        4,
        3,
        kernel_regularizer="l2",
        kernel_initializer=keras.initializers.VarianceScaling(2.0),
        kernel_constraint=keras.constraints.MaxNorm(2),
    ),
}
if LEGACY:
    layers["thresholded"] = lambda: L.ThresholdedReLU(0.3)
    layers["transposed_groups"] = lambda: L.Conv2DTranspose(4, 3, groups=2)
else:
    layers["rms_norm"] = lambda: L.RMSNormalization()
    layers["synchronized"] = lambda: L.BatchNormalization(synchronized=True)
for name in ACTIVATIONS:
    try:
        keras.activations.get(name)
    except ValueError:
        continue
    layers[f"activation_{name}"] = lambda name=name: L.Activation(name)
    layers[f"fused_{name}"] = lambda name=name: L.Conv2D(4, 3, activation=name)


def joined(make):
    """Two branches that meet in the layer."""

    def network(x):
        return make()([x, L.Conv2D(4, 1, name="other")(x)])

    return network


merges = {
    "concat": joined(lambda: L.Concatenate()),
    "concat_m2": joined(lambda: L.Concatenate(axis=-2)),
    "concat_1": joined(lambda: L.Concatenate(axis=1)),
    "subtract": joined(lambda: L.Subtract()),
    "average": joined(lambda: L.Average()),
    "maximum": joined(lambda: L.Maximum()),
    "minimum": joined(lambda: L.Minimum()),
    "gate": lambda x: L.Multiply()([x, L.Dense(4, activation="sigmoid")(L.GlobalMaxPooling2D()(x))]),
    "gate_kept": lambda x: L.Multiply()([x, L.Reshape((1, 1, 4))(L.GlobalAveragePooling2D()(x))]),
    "times_half": lambda x: x * 0.5,
    "plus_tensor": lambda x: x + L.Conv2D(4, 1)(x),
    "relu_op": lambda x: keras.activations.relu(x),
}


def lively(model):
    random = np.random.RandomState(1)
    for w in model.weights:
        if "seed" in w.name or "count" in w.name or not str(w.dtype).startswith(("float", "<dtype: 'float")):
            continue
        low = 0.5 if "variance" in w.name or "gamma" in w.name else -0.5
        w.assign(random.uniform(low, low + 1, w.shape).astype("float32"))
    return model


def networks():
    for name, make in layers.items():
        yield name, lambda x, make=make: make()(x)
    yield from merges.items()
    yield "nested", lambda x: keras.Sequential([keras.Input(x.shape[1:]), L.Conv2D(5, 3), L.LeakyReLU(0.1)])(x)


def nested(x):
    i = keras.Input(x.shape[1:])
    inner = keras.Model(i, L.Concatenate(axis=-2)([L.ReLU(max_value=1.0)(i), L.Conv2D(4, 1)(i)]), name="inner")
    return inner(x)


for name, make in [*networks(), ("nested_functional", nested)]:
    i = keras.Input((8, 9, 3))
    try:
        x = make(L.Conv2D(4, 3, name="stem")(i))
    except Exception:
        continue
    x = L.Flatten()(x) if len(x.shape) > 2 else x
    model = lively(keras.Model(i, L.Dense(3, name="head")(x)))
    for ending in ("h5", "keras"):
        file = os.path.join(sys.argv[1], f"{name}.{ending}")
        try:
            model.save(file)
            keras.models.load_model(file)
        except Exception:
            # what Keras can't load again itself is nobody's
            if os.path.exists(file):
                os.remove(file)
