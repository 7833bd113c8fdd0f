"""The public log of acts: a Merkle tree in the database, its signed checkpoint, and the keys that sign."""
