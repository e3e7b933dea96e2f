"""Where does an HDF5 file begin?

Source: HDF5 File Format Specification 3.0, II.A (superblocks 0 to 3).
"""

from elman.formats.hdf5.source import DamagedError, Source, UnreadError

SIGNATURE = b"\x89HDF\r\n\x1a\n"


def root(source: Source) -> int:
    """Return the address of the root group.

    Raises:
        DamagedError: the file begins otherwise, or is shorter than it says.
        UnreadError: it has addresses of other sizes, or something before it.
    """
    start = source.fields(0, len(SIGNATURE) + 1, "file")
    start.expect(SIGNATURE)
    version = start.number(1)
    if version > 3:
        raise UnreadError(f"the file must be of version 0 to 3; got {version}")
    fields = source.fields(9, 39 if version > 1 else 63 + 4 * version, "superblock")
    if version < 2:  # versions of what is in the file, all 0
        fields.take(4)
    sizes = fields.number(1), fields.number(1)
    if sizes != (8, 8):
        raise UnreadError(f"addresses and sizes must have 8 bytes; got {sizes[0]} and {sizes[1]}")
    fields.take(1 if version > 1 else 9 + 4 * version)  # flags, and how large nodes are
    base = fields.number()
    if base:
        raise UnreadError(f"the file must begin at its first byte; got {base}")
    fields.number()  # free space, or extensions
    end = fields.number()
    if end > source.size:
        raise DamagedError(f"the file must have the {end} bytes that it says; it has {source.size}")
    if version < 2:  # a driver, and the name of the root, which is none
        fields.take(16)
    return fields.number()
