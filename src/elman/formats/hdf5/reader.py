"""HDF5 files from anywhere: their arrays and attributes by path, and nothing that leads elsewhere.

HDF5 has links to other files, arrays that lie in other files, arrays made of parts of others, and
arrays that promise more numbers than there are bytes. None of these is read.
"""

import contextlib
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from elman._typing import Array
from elman.errors import ElmanError, FormatError, UnsupportedError
from elman.formats.hdf5 import groups, objects, superblock
from elman.formats.hdf5.attributes import SMALL, Attribute, attributes, value
from elman.formats.hdf5.datasets import Dataset
from elman.formats.hdf5.heaps import GlobalHeaps
from elman.formats.hdf5.source import Source, UnreadError
from elman.formats.room import Room

DEEPEST = 64


class Group:
    """A group: the names of its members, and its attributes.

    Attributes:
        attrs: name -> an attribute, to be read by `Reader.attribute`.
    """

    def __init__(self, members: groups.Members, attrs: Mapping[str, Attribute]) -> None:
        self._members, self.attrs = members, attrs

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, name: object) -> bool:
        return name in self._members


class Reader:
    """An open file.

    Attributes:
        path: of the file, for messages.
        arrays: the paths of all arrays, "layers/dense/vars/0", in the file's order; what they lead
            to has a `shape`, a `size` and a `dtype`.
        groups: those of all groups, "" of the file itself.
    """

    def __init__(self, path: Path, source: Source, room: Room | None = None) -> None:
        self.path, self._source = path, source
        self._room = Room(path, source.size) if room is None else room
        self._heaps = GlobalHeaps(source)
        self.arrays: dict[str, Dataset] = {}
        self.groups: dict[str, Group] = {}
        self._seen = set[int]()
        address = superblock.root(source)
        with self._named(""):
            found = objects.messages(source, address)
        self._visit(address, found, "", 0)

    @contextlib.contextmanager
    def _named(self, path: str, what: str = "") -> Iterator[None]:
        """Say what it is of which something is not read.

        Raises:
            UnsupportedError: something is not.
        """
        try:
            yield
        except UnreadError as error:
            raise UnsupportedError(f"{self.path}: {what or repr(path)} must {error}.") from error

    def _visit(self, address: int, found: list[objects.Message], path: str, depth: int) -> None:
        """Find what is in a group, and in those inside it."""
        prefix = f"{path}/" if path else ""
        wrong = ""
        if address in self._seen:
            wrong = "be a group once; it is inside itself"
        elif depth > DEEPEST:
            wrong = f"lie at most {DEEPEST} groups deep; it lies deeper"
        if wrong:
            raise FormatError(f"{self.path}: '{prefix}' must {wrong}.")
        self._seen.add(address)
        with self._named(path):
            members = groups.members(self._source, found)
            self.groups[path] = Group(members, attributes(self._source, found))
        for name, place in members.items():
            inside = prefix + name
            self._source.spend(len(inside))  # long names of groups stand in many paths
            if place is None:
                raise FormatError(f"{self.path}: '{inside}' must be in the file; got a link.")
            with self._named(inside):
                there = objects.messages(self._source, place)
            kinds = {message.kind for message in there}
            if kinds & groups.KINDS:
                self._visit(place, there, inside, depth + 1)
            elif objects.LAYOUT in kinds:
                self._take(place, there, inside)

    def _take(self, address: int, found: list[objects.Message], path: str) -> None:
        """Take up an array.

        Raises:
            FormatError: it is not all there, is there twice, or unpacks to more than it can mean.
        """
        with self._named(path):
            array = Dataset(self._source, found)
        wrong = array.damage()
        if address in self._seen:
            wrong = "be an array once; it has another name too"
        if wrong:
            raise FormatError(f"{self.path}: '{path}' must {wrong}.")
        self._seen.add(address)
        self._room.take(path, array.room)
        self.arrays[path] = array

    @property
    def size(self) -> int:
        """How many numbers all arrays have."""
        return sum(array.size for array in self.arrays.values())

    def array(self, path: str) -> Array:
        """Return an array of numbers.

        Raises:
            FormatError: it is none, or does not hold what it promises.
        """
        found = self.arrays[path]
        mark = found.attrs.get("dtype")
        is_bfloat16 = mark is not None and self._value(mark, path) == "bfloat16"  # Keras's bits
        if found.is_opaque and not is_bfloat16:
            raise UnsupportedError(
                f"{self.path}: '{path}' must be an array of numbers that says which; got "
                f"{found.dtype}, as which Keras writes bfloat16 in '.h5'. Save it in Keras as "
                "'.keras' or '.weights.h5', or in float32."
            )
        wrong = found.other_kind(is_bfloat16)
        if wrong:
            raise FormatError(f"{self.path}: '{path}' must {wrong}.")
        return found.array(is_bfloat16)

    def under(self, folder: str) -> dict[str, Array]:
        """Return the arrays whose paths begin with this, by path; see `array`."""
        return {path: self.array(path) for path in self.arrays if path.startswith(folder)}

    def numbered(self, group: str) -> list[str]:
        """Return the paths of the arrays of a group that are called 0, 1, 2 and so on, in order."""
        paths = [f"{group}/{name}" for name in self.groups.get(group, ())]
        return sorted(
            (path for path in paths if path in self.arrays), key=lambda path: (len(path), path)
        )  # 10 stands behind 9

    def attribute(self, group: str, name: str) -> Any:
        """Return an attribute of a group, None if there is none; text as `str`.

        Raises:
            FormatError: it promises more than an attribute can hold.
            UnsupportedError: it is neither numbers nor text.
        """
        found = self.groups[group].attrs.get(name)
        return None if found is None else self._value(found, group)

    def _value(self, attribute: Attribute, owner: str) -> Any:
        what = f"the attribute '{attribute.name}' of '{owner}'"
        if attribute.size > SMALL:
            raise FormatError(
                f"{self.path}: {what} must have at most {SMALL} bytes; got {attribute.size}."
            )
        with self._named(owner, what):
            return value(attribute, self._source, self._heaps)


def begins(path: Path) -> bool:
    """Say whether a file begins as HDF5 files do."""
    with open(path, "rb") as file:
        return file.read(len(superblock.SIGNATURE)) == superblock.SIGNATURE


@contextlib.contextmanager
def reading(path: Path, data: bytes | None = None, room: Room | None = None) -> Iterator[Reader]:
    """Open a file, or what was inside another one; whatever is wrong with it is a FormatError.

    Args:
        path: of the file, for messages too.
        data: the bytes themselves.
        room: what the arrays may take, of the file that the bytes were in.

    Raises:
        FormatError: it is no HDF5 file, or is damaged.
        UnsupportedError: it has what is not read here.
    """
    try:
        with open(path, "rb") if data is None else io.BytesIO(data) as file:
            yield Reader(path, Source(file), room)
    except (ElmanError, Warning):  # a warning, where these are errors
        raise
    except UnreadError as error:
        raise UnsupportedError(f"{path}: {error}.") from error
    except Exception as error:  # a damaged file can go wrong anywhere
        raise FormatError(
            f"{path}: it must be a whole HDF5 file; {str(error).rstrip('.')}. Copy the file again, "
            "or save the model again."
        ) from error
