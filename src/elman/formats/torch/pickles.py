"""What does a pickle of `torch.save` say? It is read here, and nothing of it is run.

A pickle is a program for a small machine with a stack. The standard library's `pickletools` takes
it apart without running it; the machine below knows the opcodes that build tuples, lists,
dictionaries, numbers and text, and of what such a program may name and call the entries of two
tables alone: PyTorch's storages, and the functions by which it builds tensors, parameters, sizes
and ordered dictionaries. What they build here is a description of a tensor, not yet an array.

Keys are text or small integers: others could be made to take hours, or the stack of C, to look up.
"""

import pickletools
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple

from elman.errors import ElmanError, FormatError, UnsupportedError
from elman.formats.torch.stored import shown


class Storage(NamedTuple):
    """A run of numbers in the file: their type, the name that it has there, and how many."""

    kind: str
    key: str
    length: int


class Tensor(NamedTuple):
    """An array as it lies in a storage: its first number, its sizes, and its strides."""

    storage: Storage
    offset: int
    sizes: tuple[Any, ...]
    strides: tuple[Any, ...]


class Read(NamedTuple):
    """What a pickle holds, and the storages that it names, by key."""

    value: Any
    storages: dict[str, Storage]


class Name(NamedTuple):
    """A class or function that a pickle names, "module name"."""

    text: str


def read(where: str, file: BinaryIO) -> Read:
    """Read one pickle, up to its end.

    Args:
        where: what messages begin with, the path.
        file: open where the pickle begins, and in memory, so that no read is larger than it.

    Raises:
        FormatError: it is no pickle, or a damaged one.
        UnsupportedError: it holds more than tensors, dictionaries and plain values.
    """
    machine = Machine(where)
    try:
        for opcode, argument, _ in pickletools.genops(file):
            if opcode.name == "STOP":
                break
            if opcode.name not in STEPS:
                raise UnsupportedError(
                    f"{where}: its pickle must be one of tensors, dictionaries and plain values; "
                    f"got the opcode {opcode.name}."
                )
            STEPS[opcode.name](machine, argument)
    except ElmanError:
        raise
    except (ValueError, OverflowError) as error:
        raise machine.damaged(str(error)[:80] or "it ends too early") from None
    return Read(machine.pop(), machine.storages)


class Machine:
    """The stack that a pickle's opcodes work on."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # the stacks under each mark
        self.memo: dict[int, Any] = {}
        self.storages: dict[str, Storage] = {}

    def damaged(self, why: str) -> FormatError:
        """Return the error of a pickle that does not hold together."""
        return FormatError(
            f"{self.where}: it must hold a whole pickle; got a damaged one ({why}). "
            "Copy the file again."
        )

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop(self) -> Any:
        """Take the value on top."""
        if not self.stack:
            raise self.damaged("its stack is empty")
        return self.stack.pop()

    def top(self, kind: type) -> Any:
        """Return the value on top, which is to be of a type."""
        if not self.stack or type(self.stack[-1]) is not kind:
            raise self.damaged(f"it fills what is no {kind.__name__}")
        return self.stack[-1]

    def mark(self) -> None:
        """Begin a stack of its own."""
        self.below.append(self.stack)
        self.stack = []

    def since_mark(self) -> list[Any]:
        """Return what was put there since the last mark, and go back to the stack below."""
        if not self.below:
            raise self.damaged("a mark is missing")
        found, self.stack = self.stack, self.below.pop()
        return found

    def several(self, count: int) -> list[Any]:
        """Take so many values, the deepest first."""
        return [self.pop() for _ in range(count)][::-1]

    def extend(self, items: list[Any]) -> None:
        """Add to the list on top."""
        self.top(list).extend(items)

    def update(self, items: list[Any]) -> None:
        """Add keys and values, in turn, to the dictionary on top."""
        found = self.top(dict)
        if len(items) % 2:
            raise self.damaged("a value is missing")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not (type(key) is str or (type(key) is int and abs(key) < 2**31)):
                raise UnsupportedError(
                    f"{self.where}: the keys of its dictionaries must be text or small integers; "
                    f"got {shown(key)}."
                )
            if key in found:
                raise FormatError(
                    f"{self.where}: every key must be there once; got {shown(key)} twice."
                )
            found[key] = value

    def keep(self, place: int) -> None:
        """Remember the value on top under a number."""
        self.push(value := self.pop())
        self.memo[place] = value

    def recall(self, place: int) -> None:
        """Put what was remembered on the stack."""
        if place not in self.memo:
            raise self.damaged("it recalls what it did not keep")
        self.push(self.memo[place])

    def name(self, text: str) -> None:
        """Put a class or function on the stack, if it is one that is known."""
        if text not in CALLS and text not in STORAGES:
            raise UnsupportedError(
                f"{self.where}: it must hold tensors, dictionaries and plain values alone; got "
                f"{shown(text.replace(' ', '.'))}, and elman runs no code from a file. Save "
                "`module.state_dict()` with `torch.save`, in place of the module."
            )
        self.push(Name(text))

    def name_on_stack(self) -> None:
        """Do the same with the module and the name that lie on the stack."""
        module, name = self.several(2)
        self.name(f"{module} {name}" if type(module) is type(name) is str else "")

    def call(self) -> None:
        """Put what a known function makes of its arguments on the stack."""
        function, arguments = self.several(2)
        if type(function) is not Name or function.text not in CALLS or type(arguments) is not tuple:
            raise self.damaged("it calls what is no function")
        self.push(CALLS[function.text](self, arguments))

    def build(self) -> None:
        """Leave the attributes of an ordered dictionary aside: a state_dict's `_metadata`."""
        self.pop()
        self.top(dict)

    def storage(self) -> None:
        """Put the storage that a tuple on the stack describes there."""
        said = self.pop()
        good = type(said) is tuple and len(said) in (5, 6) and said[0] == "storage"
        good = good and [type(part) for part in said[1:5]] == [Name, str, str, int]
        if not good or said[1].text not in STORAGES or said[4] < 0 or said[5:] not in ((), (None,)):
            raise UnsupportedError(
                f"{self.where}: every storage must be described as PyTorch 0.4 and later do; "
                "got another. Load the file with PyTorch and save it again."
            )
        found = Storage(STORAGES[said[1].text], said[2], said[4])
        if self.storages.setdefault(found.key, found) != found:
            raise FormatError(
                f"{self.where}: storage {shown(found.key)} must have one type and size; got "
                f"{found.length} {found.kind} and {self.storages[found.key].length} "
                f"{self.storages[found.key].kind}."
            )
        self.push(found)


def _tensor(machine: Machine, arguments: tuple[Any, ...]) -> Tensor:
    """Describe a tensor: storage, offset, sizes, strides, and what is of no matter here.

    That is whether it requires a gradient, and its hooks. What comes after them is of matter: a
    view that is negative says so there, and its storage holds the numbers with the other sign.
    """
    kinds = [type(part) for part in arguments[:4]]
    if kinds != [Storage, int, tuple, tuple]:
        raise machine.damaged("a tensor is not described by storage, offset, sizes and strides")
    for more in arguments[6:]:
        _check_plain(machine, more)
    return Tensor(*arguments[:4])


def _check_plain(machine: Machine, metadata: Any) -> None:
    """Check that what a tensor says of itself changes nothing: the numbers are those stored."""
    known = metadata is None or type(metadata) is dict
    said = [name for name, value in (metadata or {}).items() if value] if known else [metadata]
    if said:
        raise UnsupportedError(
            f"{machine.where}: every tensor must be stored as its numbers are; got one that says "
            f"{shown(said[0])} of itself. Save `tensor.resolve_neg().clone()` in its place."
        )


def _parameter(machine: Machine, arguments: tuple[Any, ...]) -> Tensor:
    if not arguments or type(arguments[0]) is not Tensor:
        raise machine.damaged("a parameter holds no tensor")
    return arguments[0]


def _sizes(machine: Machine, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(arguments) != 1 or type(arguments[0]) is not tuple:
        raise machine.damaged("a size is no tuple")
    return arguments[0]


def _dictionary(machine: Machine, arguments: tuple[Any, ...]) -> dict[Any, Any]:
    if arguments:
        raise machine.damaged("an ordered dictionary is made of something")
    return {}


STORAGES = {
    f"torch {name}Storage": kind
    for name, kind in {
        "Half": "float16", "BFloat16": "bfloat16", "Float": "float32", "Double": "float64",
        "Bool": "bool", "Byte": "uint8", "Char": "int8", "Short": "int16", "Int": "int32",
        "Long": "int64",
    }.items()
}  # fmt: skip
CALLS: dict[str, Callable[[Machine, tuple[Any, ...]], Any]] = {
    "collections OrderedDict": _dictionary,
    "torch Size": _sizes,
    "torch._utils _rebuild_tensor": _tensor,
    "torch._utils _rebuild_tensor_v2": _tensor,
    "torch._utils _rebuild_parameter": _parameter,
    "torch._utils _rebuild_parameter_with_state": _parameter,
}

Step = Callable[[Machine, Any], None]
VALUES = (
    "BININT BININT1 BININT2 LONG1 LONG4 BINFLOAT BINUNICODE SHORT_BINUNICODE BINUNICODE8 "
    "BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8"
)
STEPS: dict[str, Step] = {
    **dict.fromkeys(("PROTO", "FRAME"), lambda m, a: None),
    **dict.fromkeys(VALUES.split(), lambda m, a: m.push(a)),
    "NONE": lambda m, a: m.push(None),
    "NEWTRUE": lambda m, a: m.push(True),
    "NEWFALSE": lambda m, a: m.push(False),
    "MARK": lambda m, a: m.mark(),
    "EMPTY_TUPLE": lambda m, a: m.push(()),
    "TUPLE1": lambda m, a: m.push(tuple(m.several(1))),
    "TUPLE2": lambda m, a: m.push(tuple(m.several(2))),
    "TUPLE3": lambda m, a: m.push(tuple(m.several(3))),
    "TUPLE": lambda m, a: m.push(tuple(m.since_mark())),
    "EMPTY_LIST": lambda m, a: m.push([]),
    "APPEND": lambda m, a: m.extend(m.several(1)),
    "APPENDS": lambda m, a: m.extend(m.since_mark()),
    "EMPTY_DICT": lambda m, a: m.push({}),
    "SETITEM": lambda m, a: m.update(m.several(2)),
    "SETITEMS": lambda m, a: m.update(m.since_mark()),
    "BINPUT": lambda m, a: m.keep(a),
    "LONG_BINPUT": lambda m, a: m.keep(a),
    "MEMOIZE": lambda m, a: m.keep(len(m.memo)),
    "BINGET": lambda m, a: m.recall(a),
    "LONG_BINGET": lambda m, a: m.recall(a),
    "GLOBAL": lambda m, a: m.name(a),
    "STACK_GLOBAL": lambda m, a: m.name_on_stack(),
    "REDUCE": lambda m, a: m.call(),
    "BUILD": lambda m, a: m.build(),
    "BINPERSID": lambda m, a: m.storage(),
}
