"""Foreign bytes, many times over: whatever they are, the answer is a value or a sentence, and never anything else."""
