"""The text of the files: what stands at the head, the struct, the functions and the weights."""

from pathlib import Path
from zlib import crc32

from elman.formats.c.compilers import END, begin, restrict
from elman.formats.c.functions import definitions
from elman.formats.c.program import BYTES, Code, Program
from elman.formats.c.spelling import comment, macros, number, numbers

OPEN, CLOSE = (
    ("#ifdef __cplusplus", 'extern "C" {', "#endif"),
    ("#ifdef __cplusplus", "}", "#endif"),
)


def files(
    program: Program, top: list[str], path: Path, separate: bool, exp: str
) -> dict[Path, str]:
    """Return the text of each file.

    Args:
        program: the model.
        top: the comment at the head.
        path: of the file that is included; in ".h" everything is `static inline`.
        separate: whether the weights go into a file of their own beside it.
        exp: see `elman.formats.c.functions`.
    """
    P, alone = macros(program.prefix), path.suffix.lower() == ".h"
    storage = "static inline " if alone else ""
    lines = [*top, f"#ifndef {P}_MODEL", f"#define {P}_MODEL", "", *interface(program, storage)]
    lines += [] if alone else [f"#endif /* {P}_MODEL */", "", f"#ifndef {P}_DECLARATIONS", ""]
    lines += [f"#include <{name}.h>" for name in ("math", "stddef", "stdint", "string")]
    found, beside = weights(program), path.with_name(f"{path.stem}_weights.h")
    lines += _included(P, program, beside) if separate else ["", *found]
    lines += [
        *functions(program, storage, exp),
        f"#endif /* {P}_{'MODEL' if alone else 'DECLARATIONS'} */",
    ]
    pages = {path: lines}
    if separate:
        text = comment(f"The weights of {path.name}, {program.flash} bytes.")
        form = f"#define {P}_WEIGHTS {_form(program)}"
        pages[beside] = [f"/* {text} */", "", "#include <stdint.h>", "", form, "", *found[:-1]]
    return {place: "\n".join(page) + "\n" for place, page in pages.items()}


def _included(P: str, program: Program, beside: Path) -> list[str]:
    """Return what takes in the weights from their own file, if they are for this code."""
    return [
        f'#include "{beside.name}"',
        f"#if {P}_WEIGHTS != {_form(program)}",
        f'#error "{beside.name} has the weights of another model"',
        "#endif",
        "",
    ]


def _form(program: Program) -> str:
    """Return a number that tells weights of other names, shapes or types apart."""
    found = [(name, array.shape, array.dtype.str) for name, array in program.arrays.items()]
    starts = [state.name for state in program.states if state.start.any()]
    return f"0x{crc32(repr((found, starts)).encode()):08x}"


def head(program: Program, model: str, layers: list[str], notes: list[str], file: str) -> list[str]:
    """Return the comment at the head: what it is, its sizes, and how it is called.

    Args:
        program: the model.
        model: how messages name it.
        layers: the name of each stage's.
        notes: what else there is to say.
        file: what the file is called.
    """
    p, F, outputs = program.prefix, program.features, program.outputs
    states = sum(len(state.start) for state in program.states)
    x, xs = ("int x", "const int *x") if F is None else (f"const float x[{F}]", "const float *x")
    before = [f"#define {macros(p)}_DECLARATIONS"] if file.lower().endswith(".c") else []
    many = f"(timesteps, {outputs})" if program.sequence else f"({outputs}), of the last timestep"
    text = [
        f"{comment(model)}: a recurrent network in C99, written by elman.",
        "",
        *(f"    {comment(layer)}" for layer in layers),
        "",
        f"RAM    {program.ram} bytes in each {p}_t: {BYTES * states} of states, and "
        f"{BYTES * program.scratch} that a step works in",
        f"flash  {program.flash} bytes of weights, and the code",
        "",
        "It needs nothing but libm, and takes no memory. Of several structs each is a sequence of",
        "its own. To call it:",
        "",
        *(f"    {line}" for line in [*before, f'#include "{file}"']),
        f"    {p}_t m;",
        f"    {p}_reset(&m);                   before the first timestep of a sequence",
        f"    {p}_step(&m, x, y);              {x}, float y[{outputs}]",
        f"    {p}_run(&m, x, timesteps, y);    {xs}, float *y: {many}",
        "",
        "x and y must not overlap. Where a processor has vectors, gcc makes them even with -Os;",
        f"{macros(p)}_SMALL, defined before, leaves that to it.",
        *notes,
    ]
    if F is None:
        first, last = program.tokens[1], program.tokens[0] - 1
        text += [
            f"x is a token from {first} to {last}; for any other step and run return -1 and change",
            "nothing. Else they return 0.",
        ]
    return ["/*", *(f" * {line}".rstrip() for line in text), " */", ""]


def interface(program: Program, storage: str) -> list[str]:
    """Return sizes, struct and the declarations of the three functions."""
    P, p, F = macros(program.prefix), program.prefix, program.features
    sizes = [f"#define {P}_OUTPUTS {program.outputs}"]
    sizes.insert(
        0, f"#define {P}_TOKENS {program.tokens[0]}" if F is None else f"#define {P}_FEATURES {F}"
    )
    states = [f"    float {state.name}[{len(state.start)}];" for state in program.states]
    scratch = [f"    float scratch[{program.scratch}];"] if program.scratch else []
    return [
        *restrict(P),
        *sizes,
        "",
        "typedef struct {",
        *states,
        *scratch,
        f"}} {p}_t;",
        "",
        *([] if storage else [*OPEN, *(f"{each};" for each in heads(program, "")), *CLOSE, ""]),
    ]


def heads(program: Program, storage: str) -> list[str]:
    """Return how reset, step and run are called."""
    p, R = program.prefix, f"{macros(program.prefix)}_RESTRICT"
    kind, x, xs = "void", f"const float *{R} x", f"const float *{R} x"
    if program.features is None:
        kind, x, xs = "int", "int x", f"const int *{R} x"
    m, y = f"{p}_t *{R} m", f"float *{R} y"
    return [
        f"{storage}void {p}_reset({p}_t *m)",
        f"{storage}{kind} {p}_step({m}, {x}, {y})",
        f"{storage}{kind} {p}_run({m}, {xs}, int timesteps, {y})",
    ]


def weights(program: Program) -> list[str]:
    """Return the arrays of the weights, and of states that do not begin as zeros."""
    lines: list[str] = []
    for name, array in program.arrays.items():
        lines += [*numbers(name, array), ""]
    for state in program.states:
        if state.start.any():
            lines += [
                *numbers(f"{program.prefix}_start_{state.name}", state.start),
                "",
            ]
    return lines


def functions(program: Program, storage: str, exp: str) -> list[str]:
    """Return all functions, those that are called from outside last.

    Args:
        program: the model.
        storage: "static inline " where they are for one file alone, else "".
        exp: see `elman.formats.c.functions`.
    """
    lines = definitions(program.prefix, program.functions, exp)
    for i, code in enumerate(program.codes):
        lines += _stage(program.prefix, i, code)
    bodies = _reset(program), _step(program), _run(program)
    for called, body in zip(heads(program, storage), bodies, strict=True):
        lines += [called, "{", *(f"    {line}" for line in body), "}", ""]
    return [*begin(macros(program.prefix)), *lines, *END]


def _stage(p: str, i: int, code: Code) -> list[str]:
    head = f"static inline void {p}_stage{i}({', '.join(code.parameters)})"
    body = [f"    {line}" for line in code.lines]
    return [f"/* {comment(code.stage.owner)} */", head, "{", *body, "}", ""]


def _reset(program: Program) -> list[str]:
    p = program.prefix
    lines = []
    for state in program.states:
        start = f"{p}_start_{state.name}[k]" if state.start.any() else number(0)
        lines.append(f"for (int k = 0; k < {len(state.start)}; k++) m->{state.name}[k] = {start};")
    return lines or ["(void)m;"]


def _step(program: Program) -> list[str]:
    calls = [
        f"{program.prefix}_stage{i}({', '.join(code.arguments)});"
        for i, code in enumerate(program.codes)
    ]
    lines = calls if any("m->" in call for call in calls) else ["(void)m;", *calls]
    if program.features is not None:
        return lines
    return [f"if ({_unknown(program, 'x')}) return -1;", *lines, "return 0;"]


def _run(program: Program) -> list[str]:
    p, F = program.prefix, program.features
    y = f"y + (size_t)t * {program.outputs}" if program.sequence else "y"
    if F is not None:
        return [f"for (int t = 0; t < timesteps; t++) {p}_step(m, x + (size_t)t * {F}, {y});"]
    return [
        "for (int t = 0; t < timesteps; t++)",
        f"    if ({_unknown(program, 'x[t]')}) return -1;",
        f"for (int t = 0; t < timesteps; t++) {p}_step(m, x[t], {y});",
        "return 0;",
    ]


def _unknown(program: Program, x: str) -> str:
    """Return when a token is none of the model's."""
    count, first = program.tokens
    return f"{x} < {first} || {x} >= {count}"
