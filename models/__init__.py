"""SEE: networks and geometry. Arrays in, measurements out; imports nothing of the project but itself."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# ONNX Runtime's public packages else write an identifier of this computer and report to their maker as soon as they are
# loaded (its Privacy.md): before any call of its API could forbid it, so it is forbidden here, whatever was set.
