"""The person method: the people in a photo, by the network's person output."""

from bgremove.removers.network import NetworkRemover


class PersonRemover(NetworkRemover):
    """Cuts people out with a neural network.

    `model`, `threshold`, `device`, `edges`, `box` and `point` are as `bgremove.load_remover`
    describes them.
    """

    subject = "person"
    outputs = ("person",)
