"""Pixels leave by one function alone, `Stamped.save`, and reach a browser as a stamp alone: read in the source.

Every call that could write a file, or make a picture file of pixels, is listed here with what it writes. A new one
makes these tests fail until it is listed, by somebody who has to say what goes through it.
"""

import ast
from collections import defaultdict

from tests.promises.test_core import ALL, ROOT, name, nodes, where

TO_DISK = {
    *("imwrite", "VideoWriter", "imwritemulti", "imwriteanimation", "FileStorage"),  # OpenCV
    *("tofile", "savez", "savez_compressed", "savetxt", "memmap", "dump"),  # NumPy, pickle
    *("write_bytes", "write_text", "touch", "mkstemp", "NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile"),
    *("copy2", "copyfile", "copyfileobj", "move", "symlink_to", "hardlink_to", "urlretrieve", "extract", "extractall"),
    *("sign_file", "to_archive"),  # c2pa to a path
}
"""Names of functions that write files, whatever they hang on."""

WRITES = {
    "app/evaluate_page.py": {"write_bytes", "write_text"},  # figures of the gate and their curves, for developers
    "app/cli/personal.py": {"extract"},  # frames, through the gate, into memory
    "app/studio/lessons.py": {"extract"},  # the same
    "app/cli/key.py": {"move"},  # the key, between a file and the keyring
    "app/stamp/keys.py": {"move"},
    "consent/ledger.py": {"touch"},  # an empty log
    "models/fetch.py": {"write_bytes"},  # set-up: model files out of packages
}
"""Who calls one of them."""

OPENS = {
    "app/files.py",  # the atomic writer
    "app/notary.py",  # the receipts' key
    "app/stamp/registry.py",  # an empty data base for its owner alone
    "app/film_out.py",  # a film into memory
    "app/studio/recording.py",  # the same, of a camera's own frames
    "consent/ledger.py",  # the log's head
    "models/load.py",  # the null device, for what a library says while it loads
}
"""Who opens files for writing by number."""

ATOMIC = {
    "app/stamp/writer.py": {"data"},  # Stamped.save
    "app/cli/decisions.py": {"receipts.page"},
    "app/models_add.py": {"found.data", "json.dumps(table"},  # the user's own weight files, and their list
    "app/stamp/keyfile.py": {"chain"},
    "app/stamp/signer.py": {"chain"},
    "app/studio/desk.py": {"receipt.document"},
    "app/studio/withdrawal.py": {"again"},
}
"""Who calls the atomic writer, and words of what is written."""

ENCODES = {
    "app/stamp/reading.py": ["np.zeros((8, 8, 3), np.uint8)"],
    "app/stamp/mirror.py": ["marked"],
    "app/stamp/writer.py": ["pixels", "watermark.embed(pixels, ident, psnr)"],
}
"""Who makes a picture file of which pixels: a blank one, and the labelled ones."""

SENT = {"found.data", "found.before.data", "found.stamped.data", "stamped.data", "text"}
"""What the studio answers with: a person's own upload as it came (twice), stamps (kept, and of previews), receipts."""

CARRIERS = {
    *("Image", "ImageEditor", "ImageSlider", "AnnotatedImage", "SimpleImage", "Gallery", "Video", "PlayableVideo"),
    *("File", "Files", "UploadButton", "DownloadButton", "FileExplorer", "Plot", "ScatterPlot", "Chatbot", "Model3D"),
    *("ChatInterface", "Interface", "Paint", "Sketchpad", "ImageMask", "MultimodalTextbox", "Audio", "Dataset"),
}
"""Components of gradio that would put a file into its cache or take one from there."""


def found(names):
    out = defaultdict(set)
    for path in ALL:
        for node in nodes(path):
            if isinstance(node, ast.Call) and name(node.func) in names:
                out[str(path.relative_to(ROOT))].add(name(node.func))
    return dict(out)


def modes(node):
    """The mode a call of `open` or `fdopen` gives; None for none."""
    given = [*node.args[0 if name(node.func) == "open" and isinstance(node.func, ast.Attribute) else 1 :]]
    given += [word.value for word in node.keywords if word.arg == "mode"]
    return [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def test_nothing_else_writes_files():
    assert found(TO_DISK) == WRITES


def test_nothing_but_the_known_opens_a_file_for_writing():
    writing = set()
    for path in ALL:
        for node in nodes(path):
            if not isinstance(node, ast.Call) or name(node.func) not in {"open", "fdopen", "FileIO"}:
                continue
            by_mode = any(set(mode) & set("wax+") for mode in modes(node) if set(mode) <= set("rwaxbt+U"))
            by_flag = any(part in ast.unparse(node) for part in ("O_WRONLY", "O_RDWR", "O_CREAT"))
            if by_mode or by_flag:
                writing.add(str(path.relative_to(ROOT)))
    assert writing == OPENS


def test_the_atomic_writer_gets_stamps_keys_and_receipts():
    seen = defaultdict(list)
    for path in ALL:
        for node in nodes(path):
            if isinstance(node, ast.Call) and name(node.func) == "write_atomic":
                seen[str(path.relative_to(ROOT))].append(ast.unparse(node.args[1]))
    assert set(seen) == set(ATOMIC)
    assert all(any(word in what for word in ATOMIC[path]) for path, written in seen.items() for what in written)
    assert seen["app/stamp/writer.py"] == ["self.data"]


def test_a_picture_is_encoded_in_two_places():
    """`codec.encode` alone calls an encoder, into memory; the stamp alone gives it pixels of somebody."""
    of_stamps = {"app/cli/change.py", "app/cli/film.py", "app/cli/personal.py", "app/serial.py"}
    savers = where(ALL, "save") - of_stamps
    assert savers == {"app/codec.py", "app/evaluate_picture.py"}
    for path in sorted(savers):
        for node in nodes(ROOT / path):
            if isinstance(node, ast.Call) and name(node.func) == "save":
                assert ast.unparse(node.args[0]) == "out", "an io.BytesIO"
    assert not where(ALL, "imencode")
    seen = defaultdict(list)
    for path in ALL:
        for node in nodes(path):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"codec.encode", "media.encode"}:
                seen[str(path.relative_to(ROOT))].append(ast.unparse(node.args[0]))
    assert dict(seen) == ENCODES


def test_a_film_is_encoded_for_the_stamp_alone():
    assert where(ALL, "encode") & {str(p.relative_to(ROOT)) for p in ALL if "film" in p.name} <= {
        "app/film_out.py",
        "app/stamp/film.py",
    }
    for node in nodes(ROOT / "app" / "film_out.py"):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "av.open":
            assert "BytesIO" in ast.unparse(node) or ast.unparse(node.args[0]).isidentifier()


def test_the_studio_answers_with_uploads_stamps_and_words():
    said = set()
    for path in ALL:
        for node in nodes(path):
            if isinstance(node, ast.Call) and name(node.func) == "Response" and node.args:
                assert path.name in {"pictures.py", "preview.py", "lessons.py"}
                said.add(ast.unparse(node.args[0]))
    assert said == SENT
    assert where(ALL, "StreamingResponse") == set()
    assert where(ALL, "FileResponse") == {"app/studio/live.py"}  # the page's own scripts
    assert where(ALL, "send_file") == set()


def test_a_socket_gets_the_stamped_frames_of_a_mirror():
    assert where(ALL, "send_bytes") == {"app/studio/mirror.py"}
    path = ROOT / "app" / "studio" / "mirror.py"
    (sent,) = (n for n in nodes(path) if isinstance(n, ast.Call) and name(n.func) == "send_bytes")
    assert ast.unparse(sent.args[0]) == "struct.pack('>I', len(header)) + header + shown.data"
    (shows,) = (n for n in nodes(path) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name == "_show")
    assert {one.arg: ast.unparse(one.annotation) for one in shows.args.args if one.annotation}["shown"] == "Shown"
    assert where(ALL, "Shown") == {"app/stamp/mirror.py"}


def test_no_component_of_the_page_carries_a_file():
    used = {
        node.attr
        for path in ALL
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "gr"
    }
    assert used
    assert not used & CARRIERS


def test_no_picture_goes_into_the_page_as_text():
    """A `data:` address would be a way to the browser beside the stamp."""
    for path in ALL:
        for node in nodes(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert "data:image" not in node.value, path
