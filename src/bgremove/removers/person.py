"""The person method: the people in a photo, by the network's person output."""

from bgremove.removers.network import NetworkRemover


class PersonRemover(NetworkRemover):
    """Cuts people out with a neural network.

    The parameters are those of `NetworkRemover`.
    """

    subject = "person"
    outputs = ("person",)
