"""The subject method cuts out what is no person, too."""

from pathlib import Path

import numpy as np

from bgremove.removers.person import PersonRemover
from bgremove.removers.subject import SubjectRemover


def test_it_takes_the_network_s_subject_output(red_model: Path) -> None:
    image = np.full((64, 64, 3), 255, np.uint8)
    image[16:48, 16:48] = (0, 0, 255)
    assert not PersonRemover(model=red_model).matte(image).found
    matte = SubjectRemover(model=red_model).matte(image)
    assert matte.found
    assert matte.alpha[32, 32] == 1
    assert matte.alpha[4, 4] == 0
