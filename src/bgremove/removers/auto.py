"""The default method: people if there are any, else whatever the photo is of."""

from bgremove.removers.network import NetworkRemover


class AutoRemover(NetworkRemover):
    """Cuts out people or, if nobody is found, what stands out, in one run of the network.

    `model`, `threshold`, `device`, `edges`, `box` and `point` are as `bgremove.load_remover`
    describes them.
    """

    subject = "person or subject"
    outputs = ("person", "subject")
