"""The subject method: whatever a photo is of, by the network's subject output."""

from bgremove.removers.network import NetworkRemover


class SubjectRemover(NetworkRemover):
    """Cuts out what stands out in a photo, of any kind, with a neural network.

    `model`, `threshold`, `device`, `edges`, `box` and `point` are as `bgremove.load_remover`
    describes them; the model must have an output ``subject``.
    """

    subject = "subject"
    outputs = ("subject",)
