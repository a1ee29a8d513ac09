"""Makes small Keras models of many layers and ways of joining them: keras_zoo.py FOLDER

Each is saved as NAME.h5 (and NAME.keras), with random weights, batch-norm statistics too. With TF_USE_LEGACY_KERAS=1
they are Keras 2's, else Keras 3's; the layers that only one of them has are left out in the other.
"""

import os
import sys

from keras_setup import LEGACY, L, fill, keras, tf


def sequential():
    return keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            L.Conv2D(8, 3, padding="same", activation="relu"),
            L.BatchNormalization(scale=False),
            L.MaxPooling2D(),
            L.Conv2D(12, (3, 1), strides=(2, 1), activation="elu"),
            L.BatchNormalization(center=False),
            L.SpatialDropout2D(0.1),
            L.AveragePooling2D((2, 3), strides=1, padding="same"),
            L.Flatten(),
            L.Dense(10, activation="tanh"),
            L.Dropout(0.3),
            L.Dense(4, activation="softmax"),
        ]
    )


def residual():
    i = keras.Input((10, 10, 3), name="image")
    x = L.Conv2D(8, 3, padding="same", use_bias=False, name="stem")(i)
    x = L.BatchNormalization()(x)
    x = L.ReLU()(x)
    y = L.Conv2D(8, 3, padding="same")(x)
    y = L.LeakyReLU(0.2)(y)
    z = L.Conv2D(8, 1)(x)
    x = L.Add()([x, y, z])
    s = L.GlobalAveragePooling2D(keepdims=True)(x)
    s = L.Conv2D(4, 1, activation="swish")(s)
    s = L.Conv2D(8, 1, activation="sigmoid")(s)
    x = L.Multiply()([x, s])
    x = L.Concatenate()([x, y])
    x = L.GlobalMaxPooling2D()(x)
    return keras.Model(i, L.Dense(5, name="scores")(x))


def convolutions():
    i = keras.Input((9, 9, 4))
    x = L.Conv2D(8, 3, groups=2, padding="same")(i)
    x = L.DepthwiseConv2D(3, depth_multiplier=2, activation="relu")(x)
    x = L.SeparableConv2D(6, 3, depth_multiplier=2, activation="relu", padding="same")(x)
    x = L.Conv2D(6, 3, dilation_rate=2, padding="same")(x)
    x = L.Conv2DTranspose(5, 3, strides=2, padding="same")(x)
    x = L.PReLU(shared_axes=[1, 2])(x)
    x = L.Conv2DTranspose(4, 2, strides=2, padding="valid", use_bias=False)(x)
    x = L.ZeroPadding2D(((1, 0), (2, 1)))(x)
    x = L.Cropping2D(((0, 1), (1, 1)))(x)
    x = L.UpSampling2D((1, 2), interpolation="bilinear")(x)
    x = L.UpSampling2D(2)(x)
    x = L.DepthwiseConv2D(3, strides=2, padding="same", use_bias=False)(x)
    x = L.LayerNormalization()(x)
    x = L.GlobalAveragePooling2D()(x)
    return keras.Model(i, L.Dense(3)(x))


def activations():
    i = keras.Input((6, 6, 3))
    x = L.Conv2D(6, 1)(i)
    outputs = []
    names = ["relu", "sigmoid", "hard_sigmoid", "tanh", "swish", "gelu", "elu", "selu", "softplus", "softsign"]
    names += ["exponential", "mish", "softmax", "linear"]
    if not LEGACY:
        names += ["hard_silu", "silu", "leaky_relu", "relu6"]
    for name in names:
        outputs.append(L.Activation(name)(L.Conv2D(3, 1)(x)))
    layers = [L.ReLU(6.0), L.ReLU(2.0, 0.1, 0.5), L.ReLU(negative_slope=0.3), L.LeakyReLU(), L.ELU(0.7), L.Softmax()]
    layers += [L.PReLU(alpha_initializer="random_normal"), L.ReLU(threshold=0.4)]
    for layer in layers:
        outputs.append(layer(L.Conv2D(3, 1)(x)))
    outputs.append(L.Conv2D(3, 1, activation=L.LeakyReLU(0.05) if LEGACY else "mish")(x))
    x = L.Concatenate()(outputs)
    x = L.Maximum()([L.Conv2D(4, 1)(x), L.Conv2D(4, 1)(x)])
    x = L.Subtract()([x, L.Conv2D(4, 1)(x)])
    x = L.Average()([x, L.Conv2D(4, 1)(x), L.Conv2D(4, 1)(x)])
    x = L.Minimum()([x, L.Conv2D(4, 1)(x)])
    return keras.Model(i, L.Flatten()(x))


def nested():
    a = keras.Input((8, 8, 4), name="inner_in")
    b = L.BatchNormalization()(L.Conv2D(6, 3, padding="same", name="conv")(a))
    b = L.BatchNormalization(trainable=False)(L.Conv2D(4, 1, name="conv_b")(b))
    inner = keras.Model(a, b, name="inner")
    tail = keras.Sequential([keras.Input((8, 8, 4)), L.Conv2D(5, 3), L.BatchNormalization()], name="tail")
    outer = keras.Sequential([keras.Input((8, 8, 4)), inner, tail], name="outer")
    i = keras.Input((8, 8, 3))
    x = L.Conv2D(4, 3, padding="same", name="conv")(i)
    x = inner(x)
    y = outer(x)
    x = L.Add()([x, inner(x)])
    x = L.GlobalAveragePooling2D()(x)
    y = L.GlobalAveragePooling2D()(y)
    return keras.Model(i, L.Dense(3)(L.Concatenate()([x, y])))


def shared():
    a = keras.Input((8, 8, 3), name="left")
    b = keras.Input((8, 8, 3), name="right")
    conv = L.Conv2D(6, 3, activation="relu", name="tower")
    norm = L.BatchNormalization(name="tower_norm")
    x, y = norm(conv(a)), norm(conv(b))
    d = L.Subtract()([x, y])
    x = L.GlobalAveragePooling2D()(d)
    return keras.Model([a, b], [L.Dense(3, name="one")(x), L.Dense(2, activation="sigmoid", name="two")(x)])


def shapes():
    i = keras.Input((8, 12))
    x = L.Reshape((8, 12, 1))(i)
    x = L.Permute((2, 1, 3))(x)
    x = L.Rescaling(1 / 2.0, offset=-0.5)(x)
    x = L.Conv2D(8, 3, strides=2, padding="same", activation="relu")(x)
    x = L.Reshape((-1, 4, 8))(x)
    x = L.GaussianNoise(0.1)(x)
    x = L.GlobalAveragePooling2D()(x)
    x = L.Reshape((1, 1, 8))(x)
    x = L.Conv2D(4, 1)(x)
    x = L.Flatten()(x)
    return keras.Model(i, L.Activation("softmax")(x))


def operations():
    i = keras.Input((8, 8, 3))
    x = i / 127.5 - 1.0
    x = L.Conv2D(6, 3)(x)
    y = tf.nn.relu6(x) if LEGACY else keras.ops.relu6(x)
    x = x * 0.5 + y
    x = 1.0 - x
    x = tf.nn.relu(x) if LEGACY else keras.ops.silu(x)
    x = L.Conv2D(5, 1)(x)
    return keras.Model(i, L.GlobalAveragePooling2D()(x))


def main(folder):
    for make in [sequential, residual, convolutions, activations, nested, shared, shapes, operations]:
        keras.utils.set_random_seed(7)
        model = make()
        fill(model, len(make.__name__))
        if make is sequential:
            model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        model.save(os.path.join(folder, make.__name__ + ".h5"))
        model.save(os.path.join(folder, make.__name__ + ".keras"))


main(sys.argv[1])
