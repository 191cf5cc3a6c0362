"""The stamp: label, manifest, signature. No imports here: `app.verify` uses parts of it without the gate."""
