"""Where each set of photos comes from, and on what terms, for the cards of models."""

from collections.abc import Mapping
from dataclasses import dataclass

from bgremove.errors import DataError


@dataclass(frozen=True)
class Origin:
    """Where a set comes from.

    Attributes
    ----------
    source : str
    terms : str
        As stated by the source.
    """

    source: str
    terms: str


def origin_of(name: str, own_terms: Mapping[str, str]) -> Origin:
    """Give the origin of a set of photos.

    Parameters
    ----------
    name : str
    own_terms : mapping of str to str
        By set: the terms that a config states.

    Raises
    ------
    DataError
        If the terms are not known: a card must tell them.
    """
    if name in own_terms:
        return Origin("the trainer's own data", own_terms[name])
    if name not in ORIGINS:
        raise DataError(
            f"{name}: on what terms its photos are used is not known; "
            f'say so in the config, under [terms]: {name} = "..."'
        )
    return ORIGINS[name]


_COCO = Origin(
    "COCO val2017", "annotations CC BY 4.0; photos Flickr, per-photo licences, many NC/ND"
)
_VOC = Origin("PASCAL VOC 2012", "Flickr's terms")
_DUTS = Origin(
    "DUTS-TR",
    "none stated by DUTS; photos from ImageNet (non-commercial research access terms) and SUN",
)
_BSDS = Origin("BSDS500", "non-commercial research and education")
_ECSSD = Origin("ECSSD", "none stated")
_SUPER_RESOLUTION = Origin("super-resolution benchmark sets", "none stated")

ORIGINS = {
    "aisegment_sample": Origin("AISegment matting sample", "MIT on its repository"),
    "bsds-background": _BSDS,
    "bsds-object": _BSDS,
    "bsds-person": _BSDS,
    "ccp": Origin(
        "Clothing Co-Parsing (repository bearpaw/clothing-co-parsing)",
        "Apache-2.0 on the repository; photographers' rights not settled by it",
    ),
    "coco-noperson": _COCO,
    "coco-object": _COCO,
    "coco-person": _COCO,
    "coco-single-parts": _COCO,
    "coco-single-person": _COCO,
    "coco128_person": Origin("COCO", _COCO.terms),
    "duts_person": _DUTS,
    "duts_tr": _DUTS,
    "duts_tr_nobody": Origin("DUTS-TR, seen through by us: nobody in them", _DUTS.terms),
    "duts_tr_people": Origin("DUTS-TR, seen through by us: the subject is people", _DUTS.terms),
    "ecssd": _ECSSD,
    "ecssd_person": _ECSSD,
    "pennfudan": Origin("Penn-Fudan", "none stated"),
    "sunhays80": _SUPER_RESOLUTION,
    "urban100": _SUPER_RESOLUTION,
    "voc2012_animals_fg": _VOC,
    "voc2012_person": _VOC,
    "voc_more": _VOC,
    "voc_more_negatives": _VOC,
}
"""By the set's name in ``index.csv``."""
