"""Files of PyTorch's formats written by hand, right or wrong as a test wants them."""

import io
import json
import struct
import zipfile

from elman.formats.torch.pt_legacy import MAGIC


def safetensors(header, data=b"", length=None, spaces=0):
    """Return the bytes of a file with this header: an object or text."""
    text = header if isinstance(header, str) else json.dumps(header)
    text = text.encode() + b" " * spaces
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype="F32", shape=(2,), data_offsets=(0, 8), **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(data_offsets), **more}


def text(value):
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def integer(value):
    if 0 <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    size = value.bit_length() // 8 + 1
    return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)


def sizes(values):
    return b"(" + b"".join(map(integer, values)) + b"t"


def storage(kind="Float", key="0", count=4, more=b""):
    """Return opcodes that put a storage on the stack."""
    named = b"ctorch\n" + kind.encode() + b"Storage\n"
    return b"(" + text("storage") + named + text(key) + text("cpu") + integer(count) + more + b"tQ"


def tensor(numbers=None, offset=0, shape=(2, 2), strides=(2, 1), more=b""):
    """Return opcodes that put a tensor on the stack."""
    arguments = (storage() if numbers is None else numbers) + integer(offset)
    arguments += sizes(shape) + sizes(strides) + b"\x89" + b"}" + more
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + arguments + b"tR"


def dictionary(**values):
    """Return opcodes that put a dictionary on the stack."""
    return b"}(" + b"".join(text(key) + value for key, value in values.items()) + b"u"


def pickled(opcodes):
    return b"\x80\x02" + opcodes + b"."


def pt(opcodes, storages=None, byteorder=b"little", root="archive", more=None, **options):
    """Return the bytes of a zip as `torch.save` writes it."""
    file = io.BytesIO()
    entries = {f"{root}/data.pkl": pickled(opcodes), f"{root}/byteorder": byteorder}
    entries |= {f"{root}/data/{key}": data for key, data in (storages or {}).items()}
    with zipfile.ZipFile(file, "w", **options) as archive:
        for name, data in (entries | (more or {})).items():
            archive.writestr(name, data)
    return file.getvalue()


LITTLE_ENDIAN = b"}" + text("little_endian") + b"\x88s"


def legacy(opcodes, storages=None, magic=MAGIC, version=1001, system=LITTLE_ENDIAN):
    """Return the bytes of a file as `torch.save` wrote it before 1.6; storages by key."""
    storages = storages or {}
    keys = b"](" + b"".join(map(text, storages)) + b"e"
    parts = [pickled(part) for part in (integer(magic), integer(version), system, opcodes, keys)]
    return b"".join(parts) + b"".join(storages.values())


def counted(count, data):
    """Return a storage as it lies in an old file."""
    return struct.pack("<q", count) + data
