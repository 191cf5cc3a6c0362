"""With coverage: libFuzzer by way of atheris, in a process of its own that it ends itself. See `tests.fuzz`."""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["app", "consent", "models"], enable_loader_override=False):
    from tests.fuzz.targets import TARGETS, once


def main():
    """`python -m tests.fuzz.guided TARGET SECONDS CORPUS`; libFuzzer's figures stand on the error stream."""
    target, seconds, corpus = TARGETS[sys.argv[1]], sys.argv[2], Path(sys.argv[3])
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed{number}").write_bytes(seed)

    def read(data):
        error = once(target, data)
        if error is not None:
            raise error

    options = [f"-max_total_time={seconds}", "-max_len=60000", "-timeout=60", "-rss_limit_mb=4096"]
    options += ["-print_final_stats=1", f"-artifact_prefix={corpus}/../{target.name}-"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
