"""The red team: attacks on this installation through its public surfaces, carried out by `selfsame redteam`."""
