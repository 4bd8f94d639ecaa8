"""FC-DenseNet, the "hundred layers Tiramisu", as a Keras 3 functional model.

The network of Jégou, Drozdzal, Vazquez, Romero and Bengio, "The One Hundred Layers
Tiramisu" (2017, arXiv 1611.09326), in the paper's three sizes, in the variant that the
original of this project used, and in a faster kin behind a strided stem.

The file reads as the paper's figure does, from top to bottom: stem, dense blocks with
transitions down, the bottleneck, transitions up with dense blocks, head. Every layer is
named by its address (``down3_layer2_conv``), so that a weight file reads as one, too.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import keras
from keras import KerasTensor, layers

from bgremove.errors import ConfigError

BATCH_NORM_EPSILON = 1e-3
"""As the original's file states it; the paper leaves it open."""

BATCH_NORM_MOMENTUM = 0.99

Stem = Callable[[KerasTensor, int], tuple[KerasTensor, KerasTensor | None]]
Transition = Callable[[KerasTensor, str, float], KerasTensor]
Head = Callable[[KerasTensor, KerasTensor, KerasTensor | None, int], KerasTensor]


@dataclass(frozen=True, kw_only=True)
class Tiramisu:
    """What one FC-DenseNet is made of.

    Parameters
    ----------
    description : str
        One line in plain words.
    down_layers : tuple of int
        Layers of each dense block on the way down, from full size inwards.
    bottleneck_layers : int
        Layers of the dense block in the middle.
    growth_rate : int
        Feature maps that each layer adds.
    stem_filters : int
        Feature maps that enter the first dense block.
    dropout : float
        Rate of the dropout behind every convolution of a block or transition down, in [0, 1).
    stem, transition_down, head : callable
        The parts in which the variants differ.
    stem_stride : int
        Input pixels, in each direction, behind one of the stem's.
    """

    description: str
    down_layers: tuple[int, ...]
    bottleneck_layers: int
    growth_rate: int
    stem_filters: int
    dropout: float
    stem: Stem
    transition_down: Transition
    head: Head
    stem_stride: int = 1


def build(tiramisu: Tiramisu, *, size: int | None = 224, outputs: int = 2) -> keras.Model:
    """Build the network, with fresh weights.

    Parameters
    ----------
    tiramisu : Tiramisu
        Usually one of `PRESETS`.
    size : int or None, default 224
        Height and width of the input, in pixels; a multiple of 32. None takes any such size.
    outputs : int, default 2
        Output maps: person and subject for the networks of this project; the classes of
        the softmax for the original's variant.

    Returns
    -------
    keras.Model
        From an image (N, size, size, 3) to probabilities (N, size, size, outputs), or
        (N, size², outputs) for the original's variant. Channels come first where
        ``keras.config.image_data_format()`` says so.

    Raises
    ------
    ValueError
        If `size` is no multiple of the network's stride.
    """
    stride = total_stride(tiramisu)
    if size is not None and size % stride:
        raise ValueError(
            f"size must be a multiple of {stride}, got {size}; "
            f"{size // stride * stride or stride} and {(size // stride + 1) * stride} would do"
        )

    growth, rate = tiramisu.growth_rate, tiramisu.dropout
    image = keras.Input(_image_shape(size), name="image")
    x, full_size_features = tiramisu.stem(image, tiramisu.stem_filters)

    skips = []
    for level, depth in enumerate(tiramisu.down_layers, start=1):
        new = dense_block(x, depth, growth, rate, f"down{level}")
        x = concatenate([x, *new], f"down{level}_concat")
        skips.append(x)
        x = tiramisu.transition_down(x, f"down{level}_transition", rate)

    new = dense_block(x, tiramisu.bottleneck_layers, growth, rate, "bottleneck")

    for level, depth in reversed(list(enumerate(tiramisu.down_layers, start=1))):
        upsampled = transition_up(new, f"up{level}_transition")
        x = concatenate([skips.pop(), upsampled], f"up{level}_skip")
        new = dense_block(x, depth, growth, rate, f"up{level}")

    features = concatenate([x, *new], "features")
    new_features = concatenate(new, "new_features")
    probability = tiramisu.head(features, new_features, full_size_features, outputs)
    return keras.Model(image, probability, name="tiramisu")


def total_stride(tiramisu: Tiramisu) -> int:
    """How many input pixels stand, in each direction, behind one of the bottleneck's."""
    return int(tiramisu.stem_stride * 2 ** len(tiramisu.down_layers))


def full_size_stem(image: KerasTensor, filters: int) -> tuple[KerasTensor, None]:
    """The paper's: one 3×3 convolution."""
    return convolution(filters, 3, "stem_conv")(image), None


def strided_stem(image: KerasTensor, filters: int) -> tuple[KerasTensor, KerasTensor]:
    """Halve the image at once, and keep a few full-size features to mend the outline with."""
    full_size = convolution(_OUTLINE_FILTERS, 3, "stem_full_conv")(image)
    x = activated(full_size, "stem_full")
    return convolution(filters, 3, "stem_half_conv", strides=2)(x), full_size


def dense_block(
    x: KerasTensor, depth: int, growth_rate: int, dropout: float, name: str
) -> list[KerasTensor]:
    """Give the new feature maps of a dense block: each layer sees all that came before it."""
    new: list[KerasTensor] = []
    for index in range(1, depth + 1):
        layer = f"{name}_layer{index}"
        y = activated(x, layer)
        y = convolution(growth_rate, 3, f"{layer}_conv")(y)
        y = dropped(y, dropout, layer)
        new.append(y)
        if index < depth:
            x = concatenate([x, y], f"{layer}_concat")
    return new


def pooled_transition_down(x: KerasTensor, name: str, dropout: float) -> KerasTensor:
    """The paper's: 1×1 convolution, then 2×2 max-pooling."""
    y = activated(x, name)
    y = convolution(_channels(x), 1, f"{name}_conv")(y)
    y = dropped(y, dropout, name)
    return layers.MaxPooling2D(2, name=f"{name}_pool")(y)


def strided_transition_down(x: KerasTensor, name: str, dropout: float) -> KerasTensor:
    """The original's: the 1×1 convolution itself takes every second pixel."""
    y = activated(x, name)
    y = convolution(_channels(x), 1, f"{name}_conv", strides=2)(y)
    return dropped(y, dropout, name)


def transition_up(new: list[KerasTensor], name: str) -> KerasTensor:
    """Double the size of a dense block's new feature maps, as many as came in."""
    x = concatenate(new, f"{name}_concat")
    return upsampling(_channels(x), f"{name}_conv")(x)


def sigmoid_head(
    features: KerasTensor, _new: KerasTensor, _full_size: KerasTensor | None, outputs: int
) -> KerasTensor:
    """One probability a pixel and output: a pixel can be person and subject at once."""
    return probability(features, outputs)


def softmax_head(
    features: KerasTensor, _new: KerasTensor, _full_size: KerasTensor | None, outputs: int
) -> KerasTensor:
    """The original's: pixels in one row, and a softmax over the classes of each."""
    x = convolution(outputs, 1, "head_conv")(features)
    x = layers.Reshape((-1, outputs), name="head_reshape")(x)
    return layers.Activation("softmax", name="probability")(x)


def outline_head(
    _features: KerasTensor, new: KerasTensor, full_size: KerasTensor | None, outputs: int
) -> KerasTensor:
    """Back to full size, where the stem's own features mend the outline."""
    x = upsampling(_OUTLINE_FILTERS, "head_up_conv")(new)
    x = concatenate([full_size, x], "head_concat")
    x = activated(x, "head")
    x = convolution(_OUTLINE_FILTERS, 3, "head_outline_conv")(x)
    x = layers.Activation("relu", name="head_outline_relu")(x)
    return probability(x, outputs)


_OUTLINE_FILTERS = 24


def probability(x: KerasTensor, outputs: int) -> KerasTensor:
    """A 1×1 convolution and a sigmoid, in float32 whatever the network computes in."""
    x = convolution(outputs, 1, "head_conv")(x)
    return layers.Activation("sigmoid", dtype="float32", name="probability")(x)


def activated(x: KerasTensor, name: str) -> KerasTensor:
    """Batch normalization and ReLU, which stand before every convolution."""
    x = layers.BatchNormalization(
        momentum=BATCH_NORM_MOMENTUM,
        epsilon=BATCH_NORM_EPSILON,
        axis=_channel_axis(),
        name=f"{name}_norm",
    )(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)


def dropped(x: KerasTensor, rate: float, name: str) -> KerasTensor:
    """Dropout, where there is any."""
    return layers.Dropout(rate, name=f"{name}_dropout")(x) if rate else x


def concatenate(xs: list[KerasTensor], name: str) -> KerasTensor:
    """Stack feature maps."""
    return layers.Concatenate(axis=_channel_axis(), name=name)(xs) if len(xs) > 1 else xs[0]


def convolution(filters: int, kernel: int, name: str, strides: int = 1) -> layers.Layer:
    """Any convolution of the network: same padding, He-initialized."""
    return layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        padding="same",
        kernel_initializer="he_uniform",
        name=name,
    )


def upsampling(filters: int, name: str) -> layers.Layer:
    """A transposed 3×3 convolution of stride 2."""
    return layers.Conv2DTranspose(
        filters, 3, strides=2, padding="same", kernel_initializer="he_uniform", name=name
    )


def _image_shape(size: int | None) -> tuple[int | None, int | None, int | None]:
    return (3, size, size) if _channel_axis() == 1 else (size, size, 3)


def _channel_axis() -> int:
    return 1 if keras.config.image_data_format() == "channels_first" else -1


def _channels(x: KerasTensor) -> int:
    return int(x.shape[_channel_axis()])


_FC_DENSENET103 = Tiramisu(
    description="the paper's largest: 4 to 15 layers a block, growth rate 16",
    down_layers=(4, 5, 7, 10, 12),
    bottleneck_layers=15,
    growth_rate=16,
    stem_filters=48,
    dropout=0.2,
    stem=full_size_stem,
    transition_down=pooled_transition_down,
    head=sigmoid_head,
)

PRESETS: dict[str, Tiramisu] = {
    "fc-densenet56": replace(
        _FC_DENSENET103,
        description="the paper's smallest: 4 layers a block, growth rate 12",
        down_layers=(4, 4, 4, 4, 4),
        bottleneck_layers=4,
        growth_rate=12,
    ),
    "fc-densenet67": replace(
        _FC_DENSENET103,
        description="the paper's middle one: 5 layers a block, growth rate 16",
        down_layers=(5, 5, 5, 5, 5),
        bottleneck_layers=5,
    ),
    "fc-densenet103": _FC_DENSENET103,
    "fc-densenet103-original": replace(
        _FC_DENSENET103,
        description="the 2019 original's: no pooling, softmax over the pixels in one row",
        transition_down=strided_transition_down,
        head=softmax_head,
    ),
    "fc-densenet103-strided": replace(
        _FC_DENSENET103,
        description="the inner levels of the 103 behind a stem that halves the image",
        down_layers=(5, 7, 10, 12),
        stem_filters=112,
        dropout=0.0,
        stem=strided_stem,
        stem_stride=2,
        head=outline_head,
    ),
    "fc-densenet-tiny": replace(
        _FC_DENSENET103,
        description="one layer a block, growth rate 4: for trying a training run out",
        down_layers=(1, 1, 1, 1, 1),
        bottleneck_layers=1,
        growth_rate=4,
        stem_filters=8,
        dropout=0.0,
    ),
}
"""Every network that can be built by name."""


def preset(name: str) -> Tiramisu:
    """Look a network up.

    Raises
    ------
    ConfigError
        If there is none of that name; the message lists those that there are.
    """
    if name not in PRESETS:
        raise ConfigError(f"network must be one of {', '.join(PRESETS)}, got {name!r}")
    return PRESETS[name]
