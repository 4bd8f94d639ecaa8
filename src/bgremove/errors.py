"""Everything that bgremove raises or warns with.

::

    BgremoveError
    ├── OptionError            an option outside its range            (also ValueError)
    ├── InputError             an argument that is no picture, a box  (also ValueError, TypeError)
    │                          or a point outside the photo
    ├── NoSubjectError         nobody, or nothing, to cut out
    ├── ImageError
    │   ├── ImageReadError     missing, empty, truncated, no picture
    │   │   └── ImageTooLargeError  over the limit on pixels
    │   └── ImageWriteError    the output cannot be written
    ├── ModelError
    │   ├── ModelNotFoundError no such name, no such file
    │   ├── CardError          a card that is missing, broken or incomplete
    │   ├── HashError          weights that are not the card's
    │   └── ModelMismatchError a network of another shape, a file of another kind
    ├── DeviceError            a device that is not there
    ├── MissingExtraError      a library that an extra brings         (also ImportError)
    ├── DataError              training or evaluation data            (also ValueError)
    ├── ConfigError            a training run's config                (also ValueError)
    ├── WorkerError            a process of a batch has died, or took too long
    └── TrainingError          a run that cannot go on                (also RuntimeError)
    NoSubjectWarning           nobody, or nothing, was found: the cutout is empty

Each message says what was expected, what came and what to do, in one line.
"""


def printable(text: str) -> str:
    """Keep a name or a reason to one line, whatever is in it."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def reason_of(error: BaseException) -> str:
    """Tell in one line why something failed: in the system's words, the error's, or by its name."""
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return printable(text) or type(error).__name__


def place_and_reason(error: OSError) -> str:
    """Tell in one line of which file, if it names one, an error of the system is, and why."""
    place = "" if error.filename is None else f"{error.filename}: "
    return f"{printable(place)}{reason_of(error)}"


class BgremoveError(Exception):
    """Root of all errors of bgremove.

    Attributes
    ----------
    exit_code : int
        What the command exits with: 1 for a failure, 2 for wrong use.
    """

    exit_code = 1


class OptionError(BgremoveError, ValueError):
    """An option is outside its range."""

    exit_code = 2


class InputError(BgremoveError, ValueError, TypeError):
    """An argument is no picture, or is a box or a point outside the photo."""


class NoSubjectError(BgremoveError):
    """The picture shows nobody, or nothing, to cut out, and one was required."""


class ImageError(BgremoveError):
    """A picture cannot be read or written."""


class ImageReadError(ImageError):
    """A picture is missing, empty, truncated, or no picture at all."""


class ImageTooLargeError(ImageReadError):
    """A picture has more pixels than the limit allows."""


class ImageWriteError(ImageError):
    """An output cannot be written."""


class ModelError(BgremoveError):
    """A model cannot be used."""


class ModelNotFoundError(ModelError):
    """No shipped model has the name, or no file is there."""


class CardError(ModelError):
    """A model's card is missing, broken or incomplete."""


class HashError(ModelError):
    """A model's weights are not those that its card was written for."""


class ModelMismatchError(ModelError):
    """A model file is of another kind or shape than expected."""


class DeviceError(BgremoveError):
    """A device that was asked for is not there."""


class MissingExtraError(BgremoveError, ImportError):
    """A library is not installed; the message names the extra that brings it."""


class DataError(BgremoveError, ValueError):
    """Training or evaluation data are not as expected."""


class ConfigError(BgremoveError, ValueError):
    """A training run's config cannot be used."""


class WorkerError(BgremoveError):
    """A process of a batch has died, or took longer over a photo than it may."""


class TrainingError(BgremoveError, RuntimeError):
    """A training run cannot go on."""


class NoSubjectWarning(UserWarning):
    """Nobody, or nothing, was found; the cutout is fully transparent."""
