"""How programs that are type-checked use bgremove: mypy must pass it (`test_public_face`)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import IO, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage

import bgremove

Pixels = NDArray[np.uint8]


def pictures(path: Path, name: str, data: bytes, opened: BinaryIO) -> list[PILImage.Image]:
    files: tuple[BytesIO | BinaryIO | IO[bytes], ...] = (BytesIO(data), opened)
    return [
        bgremove.remove(path),
        bgremove.remove_person(name),
        bgremove.remove_subject(data),
        bgremove.remove_object(memoryview(data)),
        bgremove.remove(PILImage.open(path)),
        *(bgremove.remove(file) for file in files),
    ]


def arrays(image: Pixels, name: str) -> list[Pixels]:
    read = cv2.imread(name)
    assert read is not None
    return [bgremove.remove(image), bgremove.remove_person(read[..., ::-1])]


def alphas_of_a_video(name: str, remover: bgremove.Remover) -> list[NDArray[np.float32]]:
    video = cv2.VideoCapture(name)
    alphas: list[NDArray[np.float32]] = []
    while True:
        found, frame = video.read()
        if not found:
            return alphas
        alphas.append(remover.alpha(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)))


def in_threads(paths: list[Path]) -> list[PILImage.Image]:
    with ThreadPoolExecutor() as pool:
        return list(pool.map(bgremove.load_remover("person"), paths))


async def in_a_server(upload: bytes) -> PILImage.Image:
    on_white = bgremove.Output(background=(255, 255, 255), format="jpg", crop=True)
    return await asyncio.to_thread(bgremove.remove, upload, output=on_white)


def picture_or_array(picture: Path | Pixels) -> PILImage.Image | Pixels:
    return bgremove.remove(picture)


class Shop:
    """Keeps a remover, and tells it where to look."""

    def __init__(self, *, network: bool) -> None:
        self.remover: bgremove.HintedRemover = (
            bgremove.PersonRemover(edges="fine") if network else bgremove.load_remover("contour")
        )

    def article(self, image: Pixels, box: Pixels) -> Pixels:
        return self.remover.at(box=box)(image)


class Greens(bgremove.Remover):
    """A method of one's own."""

    def matte(self, image: Pixels) -> bgremove.Matte:
        return bgremove.Matte((image[..., 1] > 200).astype(np.float32), True)
