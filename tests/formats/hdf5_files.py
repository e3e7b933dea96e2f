"""HDF5 files of all the forms that h5py writes, and damage done to them."""

import io

import h5py
import numpy as np

VERSIONS = {
    "default": {},
    "earliest": {"libver": "earliest"},
    "1.8": {"libver": ("v108", "v108")},
    "1.10": {"libver": ("v110", "v110")},
    "latest": {"libver": "latest"},
}
DTYPES = ("f2", "f4", "f8", ">f4", "i1", "i2", "i4", "i8", ">i8", "u1", "u8", "bool")
PACKED = {
    "plain": {},
    "deflate": {"compression": "gzip"},
    "shuffle": {"compression": "gzip", "shuffle": True},
    "all": {"compression": "gzip", "shuffle": True, "fletcher32": True},
}


def made(fill, **options):
    """Return the bytes of a file that `fill` was given, open."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **options) as file:
        fill(file)
    return buffer.getvalue()


def arrays(file):
    for dtype in DTYPES:
        file[f"types/{dtype}"] = np.arange(-6, 6).reshape(3, 4).astype(dtype)
    file["scalar"] = np.float32(3)
    file["empty"] = np.zeros((0, 4), "f4")
    file.create_dataset("compact", data=np.arange(5.0), dcpl=compact())


def compact():
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_layout(h5py.h5d.COMPACT)
    return plan


def chunks(file):
    array = np.arange(330).reshape(15, 22) % 7
    for name, options in PACKED.items():
        for size, chunk in {"one": (15, 22), "some": (4, 5), "tiny": (1, 1)}.items():
            file.create_dataset(f"{name}/{size}", data=array, chunks=chunk, **options)
        file.create_dataset(f"{name}/pages", data=np.arange(1100), chunks=(1,), **options)
    file.create_dataset("late", data=array, chunks=(4, 5), dcpl=early())


def early():
    """All chunks are made with the array, so that newer files need no index of them."""
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    return plan


def members(file):
    for count in (1, 9, 1100):
        group = file.create_group(f"deep/er/{count}", track_order=count == 9)
        for i in reversed(range(count)):
            group[f"w{i}"] = np.int16(i)


def attributes(file):
    attrs = file.create_group("all").attrs
    attrs["text"], attrs["accents"], attrs["no text"] = "text", "é ü", ""
    attrs["fixed"], attrs["texts"] = np.bytes_("fixed"), ["a", "bb", ""]
    attrs["fixed texts"] = np.array([b"a", b"bbb"])
    attrs["table"] = np.array([["a", "b"], ["c", "d"]], object)
    attrs["long"] = "x" * 200_000
    attrs["number"], attrs["float"], attrs["flag"] = 3, 2.5, True
    attrs["numbers"], attrs["nothing"] = np.arange(6).reshape(2, 3), []
    attrs["large"] = np.arange(8000)
    attrs.create("nowhere", h5py.Empty("f4"))
    for name, ends in {"spaces": h5py.h5t.STR_SPACEPAD, "zeros": h5py.h5t.STR_NULLPAD}.items():
        padded(file["all"], name, ends)
    many = file.create_group("many", track_order=True).attrs
    for i in reversed(range(50)):
        many[f"a{i}"] = f"value {i}"


def padded(group, name, ends):
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(6)
    kind.set_strpad(ends)
    space = h5py.h5s.create(h5py.h5s.SCALAR)
    made = h5py.h5a.create(group.id, name.encode(), kind, space)
    made.write(np.array(b"ab    " if ends == h5py.h5t.STR_SPACEPAD else b"ab\0\0\0\0"), kind)


def large_attributes(file):
    """Those that only newer files can have: in a heap's blocks, in its tables, beside them."""
    attrs = file.create_group("all").attrs
    for i in range(5):
        attrs[f"huge {i}"] = np.arange(8192) + i
    for i in range(600):
        attrs[f"a{i}"] = np.arange(40) + i


CONTENTS = {f.__name__: f for f in (arrays, chunks, members, attributes)}


def patched(data, mark, offset, new, nth=0):
    """Return a file with other bytes somewhere behind the nth place where a mark stands."""
    place = -1
    for _ in range(nth + 1):
        place = data.index(mark, place + 1)
    changed = bytearray(data)
    changed[place + offset : place + offset + len(new)] = new
    return bytes(changed)
