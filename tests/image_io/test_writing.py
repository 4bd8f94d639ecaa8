"""PNGs, and files that are whole or not there."""

import os
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays
from pictures import drawn, exif_with
from PIL import Image as PILImage

from bgremove.errors import ImageWriteError
from bgremove.image_io import (
    Photo,
    decode,
    encode_png,
    make_folder,
    remove_parts,
    write_atomically,
)

# PNG


def test_png_turns_no_picture_twice() -> None:
    photo = decode(drawn("JPEG", exif=exif_with(Orientation=6)), "x")
    cutout = np.dstack([photo.image, np.full((6, 4), 255, np.uint8)])
    png = encode_png(cutout, photo)
    with PILImage.open(BytesIO(png)) as picture:
        assert dict(picture.getexif()) == {}
    np.testing.assert_array_equal(decode(png, "x").image, photo.image)


@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=12).map(lambda s: (*s, 4))))
def test_any_cutout_survives_being_encoded_and_decoded(cutout: np.ndarray) -> None:
    image = np.ascontiguousarray(cutout[..., :3])
    again = decode(encode_png(cutout, Photo(image, None, None, None)), "x")
    np.testing.assert_array_equal(again.image, image)
    assert again.alpha is not None
    np.testing.assert_array_equal(np.rint(again.alpha * 255), cutout[..., 3])


# Files


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def umask_022() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_file_is_written_whole_and_nothing_beside_it(tmp_path: Path) -> None:
    write_atomically(b"data", tmp_path / "new.png")
    assert (tmp_path / "new.png").read_bytes() == b"data"
    assert names_in(tmp_path) == ["new.png"]


@pytest.mark.usefixtures("umask_022")
@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
@pytest.mark.parametrize("overwrite", [False, True])
def test_file_has_the_permissions_of_any_new_file(tmp_path: Path, overwrite: bool) -> None:
    write_atomically(b"data", tmp_path / "new.png", overwrite=overwrite)
    assert stat.S_IMODE((tmp_path / "new.png").stat().st_mode) == 0o644


def test_missing_folders_are_made(tmp_path: Path) -> None:
    write_atomically(b"data", tmp_path / "a" / "b" / "new.png")
    assert (tmp_path / "a" / "b" / "new.png").read_bytes() == b"data"


def test_bare_name_is_written_into_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_atomically(b"data", Path("new.png"))
    assert names_in(tmp_path) == ["new.png"]


def test_existing_file_is_refused_and_left(tmp_path: Path) -> None:
    (tmp_path / "old.png").write_bytes(b"old")
    told = r"old\.png: exists already; pass --overwrite \(overwrite=True\) to replace it$"
    with pytest.raises(ImageWriteError, match=told):
        write_atomically(b"new", tmp_path / "old.png")
    assert (tmp_path / "old.png").read_bytes() == b"old"
    assert names_in(tmp_path) == ["old.png"]


def test_existing_file_is_replaced_when_asked(tmp_path: Path) -> None:
    (tmp_path / "old.png").write_bytes(b"old")
    write_atomically(b"new", tmp_path / "old.png", overwrite=True)
    assert (tmp_path / "old.png").read_bytes() == b"new"
    assert names_in(tmp_path) == ["old.png"]


def test_replacing_a_link_leaves_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"photo")
    (tmp_path / "link.png").symlink_to(tmp_path / "photo.png")
    write_atomically(b"new", tmp_path / "link.png", overwrite=True)
    assert (tmp_path / "photo.png").read_bytes() == b"photo"
    assert (tmp_path / "link.png").read_bytes() == b"new"


def not_permitted(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


@pytest.mark.parametrize("hard_links", [True, False])
def test_of_many_writers_one_wins(
    hard_links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hard_links:
        monkeypatch.setattr(Path, "hardlink_to", not_permitted)
    path = tmp_path / "new.png"
    together = threading.Barrier(8)

    def write(number: int) -> int | str:
        together.wait()
        try:
            write_atomically(bytes([number]) * 1000, path)
        except ImageWriteError as error:
            return str(error)
        return number

    with ThreadPoolExecutor(8) as pool:
        results = set(pool.map(write, range(8)))
    (winner,) = {result for result in results if isinstance(result, int)}
    (told,) = results - {winner}
    assert "exists already" in told
    assert path.read_bytes() == bytes([winner]) * 1000
    assert names_in(tmp_path) == ["new.png"]


@pytest.mark.parametrize("hard_links", [True, False])
def test_link_to_nowhere_is_refused_at_the_last_moment(
    hard_links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hard_links:
        monkeypatch.setattr(Path, "hardlink_to", not_permitted)
    (tmp_path / "link.png").symlink_to(tmp_path / "nowhere.png")
    with pytest.raises(ImageWriteError, match=r"link\.png: exists already; pass --overwrite"):
        write_atomically(b"new", tmp_path / "link.png")
    assert names_in(tmp_path) == ["link.png"]


def test_move_that_fails_leaves_no_empty_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "hardlink_to", not_permitted)
    monkeypatch.setattr(Path, "replace", not_permitted)
    with pytest.raises(ImageWriteError, match=r"cannot be written: Operation not permitted$"):
        write_atomically(b"new", tmp_path / "new.png")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("overwrite", [False, True])
def test_folder_or_device_in_the_place_of_the_file_is_refused(
    overwrite: bool, tmp_path: Path
) -> None:
    for path in (tmp_path, Path(os.devnull)):
        with pytest.raises(ImageWriteError, match=r"expected a file to write, got a folder or dev"):
            write_atomically(b"data", path, overwrite=overwrite)
    assert names_in(tmp_path) == []
    assert not Path(os.devnull).is_file()


def test_file_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImageWriteError, match=r"new\.png: expected a folder above it, got a file$"):
        write_atomically(b"data", tmp_path / "file" / "new.png")
    with pytest.raises(ImageWriteError, match=r"new\.png: expected a folder above it, got a file$"):
        write_atomically(b"data", tmp_path / "file" / "deeper" / "new.png")


@pytest.mark.parametrize("name", ["x" * 300, "x\0.png"])
def test_name_that_no_file_can_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ImageWriteError, match=r": cannot be written: [^\n]+$"):
        write_atomically(b"data", tmp_path / name)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("name", ["x" * 300, "x\0"])
def test_folder_that_cannot_be_is_told_of_the_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(ImageWriteError, match=r"^new\.png: cannot be written: [^\n]+$"):
        make_folder(tmp_path / name, "new.png")
    assert names_in(tmp_path) == []


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_folder_without_permission_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ImageWriteError, match=r"new\.png: cannot be written: Permission denied$"):
        write_atomically(b"data", tmp_path / "new.png")


@contextmanager
def disk_full_after_1_kib() -> Iterator[None]:
    """Let no file grow beyond 1 KiB: not for longer than a call, as pytest's own log is a file."""
    resource = pytest.importorskip("resource", reason="Windows cannot limit the size of files")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("overwrite", [False, True])
def test_write_that_fails_half_way_leaves_no_part(overwrite: bool, tmp_path: Path) -> None:
    (tmp_path / "old.png").write_bytes(b"old")
    path = tmp_path / ("old.png" if overwrite else "new.png")
    with (
        pytest.raises(ImageWriteError, match=r": cannot be written: File too large$"),
        disk_full_after_1_kib(),
    ):
        write_atomically(b"x" * 2000, path, overwrite=overwrite)
    assert names_in(tmp_path) == ["old.png"]
    assert (tmp_path / "old.png").read_bytes() == b"old"


@pytest.mark.parametrize(("durable", "waits"), [(True, 1), (False, 0)])
def test_waiting_for_the_disk_is_a_choice(
    durable: bool, waits: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(os, "fsync", seen.append)
    write_atomically(b"data", tmp_path / "new.png", durable=durable)
    assert len(seen) == waits


def test_only_a_file_s_own_parts_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Path] = []

    def keep(_number: int) -> None:
        [part] = set(tmp_path.glob("*.part")) - set(kept)
        kept.append(part.with_name(f"{part.stem}0.part"))
        kept[-1].write_bytes(part.read_bytes())

    monkeypatch.setattr(os, "fsync", keep)
    write_atomically(b"one", tmp_path / "a.png")
    write_atomically(b"two", tmp_path / "b.png")
    remove_parts([tmp_path / "a.png"])
    assert [part.exists() for part in kept] == [False, True]
    remove_parts([tmp_path / "missing" / "a.png"])
