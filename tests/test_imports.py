"""Imports go one way, and the heavy libraries stay behind their doors."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "src" / "bgremove"

LAYERS = (
    ("errors",),
    (
        "arrays",
        "extras",
        "locks",
        "memory",
        "network",
        "option_checks",
        "paths",
        "png",
        "threads",
        "tiles",
    ),
    ("hints",),
    (
        "backdrop",
        "cards",
        "contour",
        "guided",
        "hesitation",
        "image_io",
        "labelled_photos",
        "prior",
    ),
    ("foreground", "graph_cut", "ground", "hair", "matting", "pieces", "thresholding"),
    ("colour_evidence", "compose", "output", "refine", "second_look"),
    ("devices", "model_files"),
    ("segmenter",),
    ("removers",),
    ("", "api", "batch", "distributed", "doctor", "explain", "terminal"),
    ("cli", "cli_batch", "cli_shared"),
    ("evaluation",),
    ("training",),
    ("__main__",),
)
"""From the bottom up: a module imports from its own layer or from those above it here."""

RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def top(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imported(path: Path) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "bgremove":
            found += [(node.lineno, f"bgremove.{alias.name}") for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.lineno, node.module))
    return found


def test_every_module_has_its_place_in_the_order() -> None:
    assert {top(path) for path in modules()} == set(RANK)


def test_no_module_imports_from_above_itself() -> None:
    wrong = []
    for path in modules():
        for line, name in imported(path):
            if name.split(".")[0] != "bgremove":
                continue
            target = (*name.split("."), "")[1]
            if RANK.get(target, RANK[""]) > RANK[top(path)]:
                wrong.append(f"{path.relative_to(PACKAGE)}:{line} imports {name}")
    assert wrong == []


def test_heavy_libraries_are_imported_only_behind_their_doors() -> None:
    heavy = {"tensorflow", "keras", "torch", "onnx", "onnxruntime", "h5py", "ray"}
    doors = {"segmenter", "network", "training", "devices", "doctor", "distributed"}
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line} imports {name}"
        for path in modules()
        for line, name in imported(path)
        if name.split(".")[0] in heavy and top(path) not in doors
    ]
    assert wrong == []
