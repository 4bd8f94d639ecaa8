"""Pictures in and out: decoded upright into an `Image`, encoded, written whole or not at all."""

from bgremove.image_io.photo import Photo
from bgremove.image_io.pictures import Picture, ToPIL, photo_from
from bgremove.image_io.profiles import in_profile
from bgremove.image_io.reading import (
    DEFAULT_MAX_PIXELS,
    PICTURE_SUFFIXES,
    count_frames,
    decode,
    photo_from_pil,
    read_photo,
)
from bgremove.image_io.writing import (
    encode_png,
    encode_png_bands,
    make_folder,
    remove_parts,
    write_atomically,
)

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "PICTURE_SUFFIXES",
    "Photo",
    "Picture",
    "ToPIL",
    "count_frames",
    "decode",
    "encode_png",
    "encode_png_bands",
    "in_profile",
    "make_folder",
    "photo_from",
    "photo_from_pil",
    "read_photo",
    "remove_parts",
    "write_atomically",
]
