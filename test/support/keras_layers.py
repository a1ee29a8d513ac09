"""Makes one small Keras model a layer or operation: keras_layers.py FOLDER

Each is saved as NAME.keras, and as NAME.h5 where Keras can load that again, with random weights that no symmetry hides.
With TF_USE_LEGACY_KERAS=1 they are Keras 2's, else Keras 3's. names.txt lists the files.
"""

import os
import sys

import numpy as np
from keras_setup import LEGACY, L, convnext, fill, inception_resnet_v2, keras, tf

VECTOR = np.linspace(0.1, 0.8, 8).astype("float32")
MODELS = {}


def model(name, body, size=(12, 10), hdf5=False, own=True, image=False):
    """
    conv 8 -> body -> conv 6 (or dense) -> 3: channels on both sides of the body can be cut. image: body -> conv 8 -> ...,
    on pictures; own: .keras can be written and loaded
    """
    MODELS[name] = (body, size, [".keras"] * own + [".h5"] * hdf5, image)


def op(name, keras3, legacy=None, size=(12, 10), own=True, image=False):
    if not LEGACY and keras3:
        model(name, lambda x: keras3(keras.ops, x), size, hdf5=False, image=image)
    if LEGACY and legacy:
        model(name, lambda x: legacy(tf, x), size, hdf5=True, own=own, image=image)


def dots(name, body, **settings):
    """Brackets with dots, which Keras 2 writes to HDF5 alone."""
    op(name, lambda o, x: body(x), lambda t, x: body(x), own=False, **settings)


model("normalization", lambda x: L.Normalization()(x), hdf5=True)
model("normalization_invert", lambda x: L.Normalization(invert=True)(x))
model("normalization_all", lambda x: L.Normalization(axis=None)(x))
# Keras 3 loads no HDF5 of its own with two axes
model("normalization_rows", lambda x: L.Normalization(axis=(1, 3))(x), hdf5=LEGACY)
model("normalization_given", lambda x: L.Normalization(mean=VECTOR, variance=VECTOR + 0.3)(x), hdf5=True)
model("normalization_given_invert", lambda x: L.Normalization(mean=VECTOR, variance=VECTOR, invert=True)(x))
model("rescaling_vector", lambda x: L.Rescaling(list(map(float, VECTOR)), 0.5)(x), hdf5=True)
model("layer_scale", lambda x: L.Add()([x, convnext.LayerScale(0.5, 8)(L.Conv2D(8, 1)(x))]), hdf5=True)
model("stochastic_depth", lambda x: L.Add()([x, convnext.StochasticDepth(0.3)(L.Conv2D(8, 1)(x))]))
model("custom_scale", lambda x: inception_resnet_v2.CustomScaleLayer(0.17)([x, L.Conv2D(8, 1)(x)]), hdf5=True)

# 6 groups of 8 channels are none; -1 is one for each channel
for groups in [1, 2, 4, 8, -1]:
    model(f"group_norm_{groups}", lambda x, groups=groups: L.GroupNormalization(groups)(x), hdf5=True)
model("group_norm_bare", lambda x: L.GroupNormalization(4, axis=3, scale=False, center=False, epsilon=0.1)(x))
model("group_norm_vector", lambda x: L.GroupNormalization(2)(L.GlobalAveragePooling2D()(x)))
model("group_norm_rows", lambda x: L.GroupNormalization(4)(L.Reshape((120, 8))(x)))
model("group_norm_residual", lambda x: L.Add()([x, L.GroupNormalization(2)(L.Conv2D(8, 1)(L.GroupNormalization(4)(x)))]))
model("layer_norm", lambda x: L.LayerNormalization()(x), hdf5=True)
model("unit_norm", lambda x: L.UnitNormalization()(x), hdf5=True)
model("unit_norm_axes", lambda x: L.UnitNormalization(axis=[1, 3])(x))
if not LEGACY:
    model("rms_norm", lambda x: L.RMSNormalization()(x), hdf5=True)
    model("rms_norm_axes", lambda x: L.RMSNormalization(axis=(2, 3), epsilon=0.01)(x))

# every activation that is known by its name, in a layer and as a layer
ACTIVATIONS = (
    "relu softmax elu selu softplus softsign swish gelu tanh sigmoid exponential hard_sigmoid linear mish".split()
    if LEGACY
    else [name for name in keras.src.activations.ALL_OBJECTS_DICT if name not in ("threshold", "sparsemax", "glu")]
)
for name in ACTIVATIONS:
    # one exponential of another would blow up what is rounded
    spread = 0.5 if name == "exponential" else 3
    model(
        f"activation_{name}",
        lambda x, name=name, by=spread: L.Activation(name)(L.Conv2D(8, 1, activation=name)(x) * by - 0.2),
    )
    if LEGACY:
        # called as a function, which Keras 3 can't do with all of them
        model(f"called_{name}", lambda x, name=name: getattr(keras.activations, name)(x * 3 - 0.2))

INTERPOLATIONS = ["nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5"]
if LEGACY:
    INTERPOLATIONS += ["gaussian", "mitchellcubic"]
for how in INTERPOLATIONS:
    model(f"resizing_{how}_up", lambda x, how=how: L.Resizing(17, 23, interpolation=how)(x))
    model(f"resizing_{how}_down", lambda x, how=how: L.Resizing(7, 5, interpolation=how)(x))
    model(f"resizing_{how}_same", lambda x, how=how: L.Resizing(12, 10, interpolation=how)(x))
    model(f"upsampling_{how}", lambda x, how=how: L.UpSampling2D((2, 3), interpolation=how)(x))
model("resizing_crop_tall", lambda x: L.Resizing(9, 20, crop_to_aspect_ratio=True)(x))
model("resizing_crop_wide", lambda x: L.Resizing(20, 9, crop_to_aspect_ratio=True)(x))
model("center_crop", lambda x: L.CenterCrop(7, 7)(x))
model("center_crop_larger", lambda x: L.CenterCrop(15, 7)(x))
model("random_crop_same", lambda x: L.RandomCrop(12, 10)(x))
if LEGACY:
    model("random_crop", lambda x: L.RandomCrop(7, 8)(x))
    model("random_height", lambda x: L.RandomWidth(0.2)(L.RandomHeight(0.2)(x)))
else:
    model("resizing_pad", lambda x: L.Resizing(9, 20, pad_to_aspect_ratio=True, fill_value=0.7)(x))
    model("resizing_pad_far", lambda x: L.MaxPooling2D(3)(L.Resizing(9, 20, pad_to_aspect_ratio=True, fill_value=-1e7)(x)))
    model("resizing_pad_zero", lambda x: L.Resizing(19, 8, pad_to_aspect_ratio=True)(x))
    for how in ["bilinear", "bicubic", "lanczos3"]:
        model(f"resizing_{how}_antialias", lambda x, how=how: L.Resizing(5, 4, how, antialias=True)(x))


def augmented(x):
    names = "RandomFlip RandomRotation RandomTranslation RandomZoom RandomContrast RandomBrightness"
    if not LEGACY:
        names += " AugMix CutMix MixUp RandAugment RandomErasing RandomGaussianBlur RandomGrayscale"
        names += " RandomHue RandomInvert RandomPerspective RandomPosterization RandomSaturation RandomSharpness"
        names += " Solarization RandomColorDegeneration RandomColorJitter RandomElasticTransform"
    settings = {
        "RandomRotation": [0.1],
        "RandomTranslation": [0.1, 0.1],
        "RandomZoom": [0.1],
        "RandomContrast": [0.1],
        "RandomBrightness": [0.1],
        "RandomHue": [0.1],
        "RandomSaturation": [0.1],
        "RandomSharpness": [0.1],
        "RandomColorDegeneration": [0.1],
        "RandomPosterization": [4],
    }
    for name in names.split():
        if hasattr(L, name):
            x = getattr(L, name)(*settings.get(name, []))(x)
    return x


# of pictures, so before the first convolution; Keras 3.15 can't build Equalization nor load RandomShear,
# nor save all of them as HDF5
model("augmentations", augmented, (12, 12), hdf5=LEGACY, image=True)

op("mean", lambda o, x: o.mean(x, axis=(1, 2), keepdims=True), lambda t, x: t.reduce_mean(x, [1, 2], True))
op("average_rows", lambda o, x: o.average(x, axis=1), lambda t, x: t.reduce_mean(x, axis=1))
op("max", lambda o, x: o.max(x, axis=(1, 2)), lambda t, x: t.reduce_max(x, axis=[1, 2]))
op("min_rows", lambda o, x: o.min(x, axis=1), lambda t, x: t.reduce_min(x, axis=1))
op("sum", lambda o, x: o.sum(x, axis=(1, 2)) * 0.1, lambda t, x: t.reduce_sum(x, axis=[1, 2]) * 0.1)
op(
    "spatial_attention",
    lambda o, x: x * L.Conv2D(1, 3, padding="same", activation="sigmoid")(
        o.concatenate([o.mean(x, axis=-1, keepdims=True), o.max(x, axis=-1, keepdims=True)], axis=-1)
    ),
    lambda t, x: x * L.Conv2D(1, 3, padding="same", activation="sigmoid")(
        t.concat([t.reduce_mean(x, axis=-1, keepdims=True), t.reduce_max(x, axis=-1, keepdims=True)], axis=-1)
    ),
)
op("reshape", lambda o, x: o.reshape(x, (-1, 12 * 10 * 8)), lambda t, x: t.reshape(x, (-1, 12 * 10 * 8)))
op("reshape_image", lambda o, x: o.reshape(x, (-1, 6, 20, 8)), lambda t, x: t.reshape(x, (-1, 6, 20, 8)))
op("transpose", lambda o, x: o.transpose(x, (0, 2, 1, 3)), lambda t, x: t.transpose(x, (0, 2, 1, 3)))
op("pad", lambda o, x: o.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]]), lambda t, x: t.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]]))
op(
    "squeeze",
    lambda o, x: o.squeeze(o.expand_dims(o.mean(x, axis=1), 1), 1),
    lambda t, x: t.squeeze(t.expand_dims(t.reduce_mean(x, axis=1), 1), 1),
)
op("clip", lambda o, x: o.clip(x, -0.2, 0.4), lambda t, x: t.clip_by_value(x, -0.2, 0.4))
op("clip6", lambda o, x: o.clip(x, 0, 6), lambda t, x: t.clip_by_value(x, 0, 6))
op("maximum", lambda o, x: o.maximum(x, 0.1), lambda t, x: t.maximum(x, 0.1))
op("minimum", lambda o, x: o.minimum(x, 0.1), lambda t, x: t.minimum(x, 0.1))
op("maximum_vector", lambda o, x: o.maximum(x, VECTOR - 0.5), lambda t, x: t.maximum(x, VECTOR - 0.5))
op("minimum_vector", lambda o, x: o.minimum(VECTOR.reshape(1, 1, 8) - 0.5, x), lambda t, x: t.minimum(VECTOR - 0.5, x))
FAR = float("inf")
op("minimum_far", lambda o, x: o.minimum(x, 1e9), lambda t, x: t.minimum(x, 1e9))
op("maximum_far", lambda o, x: o.maximum(x, -1e7), lambda t, x: t.maximum(x, -1e7))
op("clip_far", lambda o, x: o.clip(x, -1e7, 1e7), lambda t, x: t.clip_by_value(x, -1e7, 1e7))
op("clip_above", lambda o, x: o.clip(x, -FAR, 0.1), lambda t, x: t.clip_by_value(x, -FAR, 0.1))
op("clip_below", lambda o, x: o.clip(x, 0.1, FAR), lambda t, x: t.clip_by_value(x, 0.1, FAR))
# what is exactly on the threshold is not above it
model("relu_on_threshold", lambda x: L.ReLU(threshold=0.5)(L.ReLU(max_value=0.5)(x)) + x)
op("square", lambda o, x: o.square(x) - x**2 * 0.5, lambda t, x: t.square(x))
op("negative", lambda o, x: -x, lambda t, x: -x)
op("rows", lambda o, x: x[:, 1:-2, 3:], lambda t, x: x[:, 1:-2, 3:])
op("rows_ellipsis", lambda o, x: x[..., -7:, :99, :])
# pictures in another order of channels, as applications' own preprocessing turns them
for name, of in [("vgg16", "caffe"), ("mobilenet_v2", "tf"), ("densenet", "torch")]:
    prepare = getattr(keras.applications, name).preprocess_input
    op(f"preprocess_{of}", lambda o, x, by=prepare: by(x * 255.0), lambda t, x, by=prepare: by(x * 255.0), own=of != "caffe", image=True)
dots("image_bgr", lambda x: L.Concatenate()([x[..., 2:3], x[..., 1:2], x[..., :1]]), image=True)
op("image_gray", lambda o, x: o.repeat(x[..., :1], 3, axis=-1), lambda t, x: t.image.grayscale_to_rgb(x[:, :, :, :1]), image=True)

# the same in the middle, where channels are cut before and behind
dots("backwards", lambda x: x[..., ::-1])
dots("front", lambda x: x[..., :5])
dots("back", lambda x: x[..., 3:])
dots("inner", lambda x: x[..., -6:-1])
dots("every_second", lambda x: x[..., ::2])
dots("every_second_back", lambda x: x[..., ::-2])
dots("every_third", lambda x: x[..., 2:8:3])
dots("single_alone", lambda x: L.Concatenate()([x[..., 5:6], x[..., 2:6]]))
dots("index_alone", lambda x: L.Concatenate()([x[..., 5, None], x[..., 2:6]]))
op("places", lambda o, x: x[:, ::-1, 1::2, 4:], lambda t, x: x[:, ::-1, 1::2, 4:])
op("row", lambda o, x: x[:, 3, :, 2:], lambda t, x: x[:, 3, :, 2:])
op("residual_backwards", lambda o, x: x + x[:, :, :, ::-1], lambda t, x: x + x[:, :, :, ::-1])
op("stack_alone", lambda o, x: o.stack([x[..., 2], x[..., 1], x[..., 7]], axis=-1), lambda t, x: t.stack([x[:, :, :, 2], x[:, :, :, 1], x[:, :, :, 7]], axis=-1))
op("unstack_alone", lambda o, x: o.stack(o.unstack(x, axis=-1)[::-1], axis=-1), lambda t, x: t.stack(t.unstack(x, axis=-1)[::-1], axis=-1))
op("unstack_rows", lambda o, x: o.stack(o.unstack(x, axis=1)[3:6], axis=2), lambda t, x: t.stack(t.unstack(x, axis=1)[3:6], axis=2))
op("take", lambda o, x: o.take(x, [6, -7, 0, 3], axis=-1), lambda t, x: t.gather(x, [6, 1, 0, 3], axis=-1))
op("take_tensor", lambda o, x: o.take(x, o.convert_to_tensor([2, 1, 0, 2]), axis=-1), lambda t, x: t.gather(x, t.constant([2, 1, 0, 2]), axis=3))
op("take_one_alone", lambda o, x: o.concatenate([x, o.expand_dims(o.take(x, 5, axis=-1), -1)], axis=-1), lambda t, x: t.concat([x, t.expand_dims(t.gather(x, 5, axis=-1), -1)], axis=-1))
op("flip", lambda o, x: o.flip(x, axis=-1), lambda t, x: t.reverse(x, axis=[-1]))
op("flip_both", lambda o, x: o.flip(x, axis=(1, 3)), lambda t, x: t.reverse(t.image.flip_left_right(t.image.flip_up_down(x)), axis=[1, 3]))
op("roll", lambda o, x: o.roll(x, 3, axis=-1), lambda t, x: t.roll(x, 3, axis=-1))
op("roll_back", lambda o, x: o.roll(x, -2, axis=3), lambda t, x: t.roll(x, -2, axis=3))
op("repeat", lambda o, x: o.repeat(x, 2, axis=-1), lambda t, x: t.repeat(x, 2, axis=-1))
op("tile", lambda o, x: o.tile(x, [1, 2, 1, 3]), lambda t, x: t.tile(x, [1, 2, 1, 3]))
op("split", lambda o, x: o.concatenate(o.split(x, 2, axis=-1)[::-1], axis=-1), lambda t, x: t.concat(t.split(x, 2, axis=-1)[::-1], axis=-1))
op("split_at", lambda o, x: o.concatenate(o.split(x, [2, 5], axis=-1)[::-1], axis=-1), lambda t, x: t.concat(t.split(x, [2, -1, 3], axis=-1)[::-1], axis=-1))
op("split_part", lambda o, x: o.split(x, 2, axis=-1)[1], lambda t, x: t.split(x, 2, axis=-1)[1])
op("split_gate", lambda o, x: o.multiply(*o.split(x, 2, axis=-1)), lambda t, x: t.multiply(*t.split(x, 2, axis=-1)))
op("array_split", lambda o, x: o.concatenate(o.array_split(x, 3, axis=-1)[::-1], axis=-1))


def in_models(x):
    """One model that is called twice, and one of two values, each without weights of its own."""
    i, j = keras.Input(x.shape[1:]), keras.Input(x.shape[1:])
    front = keras.Model(i, i[:, :, :, :5])
    halves = keras.Model(j, tf.split(j, 2, axis=-1) if LEGACY else keras.ops.split(j, 2, axis=-1))
    return L.Concatenate()([front(x), front(L.Conv2D(8, 1)(x)), *halves(x)])


model("in_models", in_models, hdf5=LEGACY)
op("swapaxes", lambda o, x: o.swapaxes(x, 1, -2))
op("moveaxis", lambda o, x: o.moveaxis(x, -2, 1))
op("tf_pool", None, lambda t, x: t.nn.avg_pool2d(t.nn.max_pool2d(x, 2, 2, "VALID"), [1, 2, 2, 1], 1, "SAME"))
op("tf_bias", None, lambda t, x: t.nn.bias_add(t.math.add_n([x, x, L.Conv2D(8, 1)(x)]), VECTOR))
op("cast", lambda o, x: o.stop_gradient(o.cast(x, "float32")), lambda t, x: t.identity(t.cast(x, t.float32)))
op("scaled", lambda o, x: x * VECTOR, lambda t, x: x * VECTOR)
op("shifted", lambda o, x: x + VECTOR.reshape(1, 1, 8), lambda t, x: x + VECTOR)
op("subtracted", lambda o, x: o.subtract(VECTOR, x), lambda t, x: VECTOR - x)
op("divided", lambda o, x: x / VECTOR, lambda t, x: x / VECTOR)
op("tensor_constant", lambda o, x: o.multiply(x, o.convert_to_tensor(VECTOR)), lambda t, x: x * t.constant(VECTOR))
op("softmax", lambda o, x: o.softmax(x, axis=1), lambda t, x: t.nn.softmax(x, axis=1))
op("leaky", lambda o, x: o.leaky_relu(x, 0.1), lambda t, x: t.nn.leaky_relu(x, 0.1))
# away from zero, where these have no values
op("sqrt", lambda o, x: o.sqrt(o.abs(x) + 0.1), lambda t, x: t.sqrt(t.abs(x) + 0.1))
op("rsqrt", lambda o, x: o.rsqrt(o.absolute(x) + 0.1), lambda t, x: t.math.rsqrt(t.abs(x) + 0.1))
op("log", lambda o, x: o.log(o.abs(x) + 0.1), lambda t, x: t.math.log(t.abs(x) + 0.1))
op("logs", lambda o, x: o.log2(o.log10(o.abs(x) + 1.5) + 0.1))
op("log1p", lambda o, x: o.log1p(o.abs(x)) + o.expm1(x), lambda t, x: t.math.log1p(t.abs(x)) + t.math.expm1(x))
# where exp(x) - 1 and log(1 + x) round all digits away
TINY = 1e-6
op("expm1_near", lambda o, x: o.expm1(x * TINY) / TINY, lambda t, x: t.math.expm1(x * TINY) / TINY)
op("log1p_near", lambda o, x: o.log1p(x * TINY) / TINY, lambda t, x: t.math.log1p(x * TINY) / TINY)
op("expm1_far", lambda o, x: o.tanh(o.expm1(x * 9)), lambda t, x: t.tanh(t.math.expm1(x * 9)))
op("log1p_far", lambda o, x: o.log1p(o.exp(x * 9)), lambda t, x: t.math.log1p(t.exp(x * 9)))
op("exp", lambda o, x: o.exp(-x), lambda t, x: t.exp(-x))
op("reciprocal", lambda o, x: o.reciprocal(o.abs(x) + 0.3), lambda t, x: t.math.reciprocal(t.abs(x) + 0.3))
op("inverse", lambda o, x: 2.0 / (o.abs(x) + 0.3), lambda t, x: 2.0 / (t.abs(x) + 0.3))
op("inverse_vector", lambda o, x: o.divide(VECTOR, o.abs(x) + 0.3), lambda t, x: VECTOR / (t.abs(x) + 0.3))
op("quotient", lambda o, x: x / (o.abs(x) + 0.3), lambda t, x: x / (t.abs(x) + 0.3))
op("difference", lambda o, x: 1.5 - x, lambda t, x: 1.5 - x)
op("power", lambda o, x: (o.abs(x) + 0.2) ** 1.5 + o.power(x, 3), lambda t, x: t.pow(t.abs(x) + 0.2, 1.5) + x**3)
op(
    "squared_difference",
    lambda o, x: o.square(x - L.Conv2D(8, 1)(x)),
    lambda t, x: t.math.squared_difference(x, L.Conv2D(8, 1)(x)),
)
op("var", lambda o, x: o.var(x, axis=(1, 2)), lambda t, x: t.math.reduce_variance(x, axis=[1, 2]))
op("std_rows", lambda o, x: o.std(x, axis=1, keepdims=True), lambda t, x: t.math.reduce_std(x, axis=1, keepdims=True))
op("max_rows", lambda o, x: o.amax(x, axis=2), lambda t, x: t.reduce_max(x, axis=2))
op("sum_rows", lambda o, x: o.sum(x, axis=-2, keepdims=True) * 0.1, lambda t, x: t.reduce_sum(x, axis=-2, keepdims=True) * 0.1)
op(
    "instance_norm",
    lambda o, x: (x - o.mean(x, axis=(1, 2), keepdims=True)) / o.sqrt(o.var(x, axis=(1, 2), keepdims=True) + 1e-5),
    lambda t, x: (x - t.reduce_mean(x, axis=[1, 2], keepdims=True))
    / t.sqrt(t.math.reduce_variance(x, axis=[1, 2], keepdims=True) + 1e-5),
)
op("normalize", lambda o, x: o.normalize(x, axis=-1), lambda t, x: t.math.l2_normalize(x, axis=-1))
op("normalize_places", lambda o, x: o.normalize(x, axis=(1, 2)), lambda t, x: t.nn.l2_normalize(x, axis=[1, 2]))
op("log_softmax", lambda o, x: o.log_softmax(x, axis=1), lambda t, x: t.nn.log_softmax(x, axis=1))
op("log_sigmoid", lambda o, x: o.log_sigmoid(x), lambda t, x: t.math.log_sigmoid(x))
op("celu", lambda o, x: o.celu(x, 0.6))
op("shrink", lambda o, x: o.soft_shrink(x, 0.2) + o.hard_shrink(x, 0.3) + o.tanh_shrink(x))
op("squareplus", lambda o, x: o.squareplus(x, 2))
op("threshold", lambda o, x: o.threshold(x, 0.1, -0.3))
op("sparse", lambda o, x: o.sparse_plus(x) + o.sparse_sigmoid(x) + o.hard_tanh(x))
op("glu", lambda o, x: o.glu(x))
op("glu_rows", lambda o, x: o.glu(x, axis=1))
op("gelu", lambda o, x: o.gelu(x, approximate=False), lambda t, x: t.nn.gelu(x, approximate=True))
op("resize", lambda o, x: o.image.resize(x, (7, 9), interpolation="bicubic"), lambda t, x: t.image.resize(x, [7, 9], method="bicubic"))
op("pool", lambda o, x: o.average_pool(o.max_pool(x, 2), 2, padding="same"))


def main(folder):
    names = []
    for name, (body, size, endings, image) in MODELS.items():
        keras.utils.set_random_seed(7)
        i = keras.Input((*size, 3))
        first = L.Conv2D(8, 3, padding="same", name="first")
        x = first(body(i)) if image else body(first(i))
        if len(x.shape) == 4:
            x = L.Conv2D(6, 3, padding="same", activation="relu")(x)
            x = L.GlobalAveragePooling2D()(x)
        elif len(x.shape) == 3:
            x = L.Flatten()(x)
        built = keras.Model(i, L.Dense(3)(x))
        fill(built, len(name))
        for layer in built.layers:
            if isinstance(layer, L.Normalization):
                layer.finalize_state()
        for ending in endings:
            built.save(os.path.join(folder, name + ending))
            names.append(name + ending)
    with open(os.path.join(folder, "names.txt"), "w") as file:
        file.write("\n".join(names))


main(sys.argv[1])
