"""A program that runs an exported model and compares what it gives with what elman gave.

It makes its input itself, see `elman.formats.c.trial`; what is expected stands in it. It takes
the timesteps one by one in one struct while a second struct is given them in blocks, resets the
first in between, and returns 0 if all is as expected.
"""

from string import Template

from elman._typing import Array
from elman.formats.c.program import Program
from elman.formats.c.spelling import comment, finite, macros, numbers
from elman.formats.c.trial import HASH

TOLERANCE = 1e-5
MOST = 50_000  # expected numbers in the file: of more only every so many timesteps are compared
BLOCK = 7  # timesteps, so that the last block is shorter
PROGRAM = """\
/* $title */

#include <stdint.h>
#include <stdio.h>
$include

#define TIMESTEPS $timesteps
#define EVERY $every
#define TOLERANCE $tolerance /* of the larger of 1 and what is expected */

$expected
$hash
static $kind x[TIMESTEPS$times];
static float y[$block$blocks];
static $prefix$suffix one, two;

static float difference(const float *found, int t)
{
    float largest = 0.0f;
    int k;
    if (t % EVERY != 0) return 0.0f;
    for (k = 0; k < $outputs; k++) {
        const float wanted = expected[(t / EVERY) * $outputs + k];
        const float size = wanted < -1.0f ? -wanted : wanted > 1.0f ? wanted : 1.0f;
        const float d = (found[k] - wanted) / size;
        const float far = d < 0.0f ? -d : d;
        if (!(far <= largest)) largest = far; /* also where it is no number */
    }
    return largest;
}

int main(void)
{
    float largest = 0.0f, d;
    int t, k, turn;
    if (sizeof one != $ram) {
        printf("the struct has %lu bytes, not $ram\\n", (unsigned long)sizeof one);
        return 1;
    }
    for (k = 0; k < $inputs; k++) x[k] = $input;
    ${prefix}_reset(&two);
    for (turn = 0; turn < 2; turn++) {
        ${prefix}_reset(&one);
        for (t = 0; t < TIMESTEPS; t++) {
            ${prefix}_step(&one, $at, y);
            d = difference(y, t);
            if (!(d <= largest)) largest = d;
            if (turn == 0 && t % $block == $block - 1) {
                ${prefix}_run(&two, $behind, $block, y);
                for (k = $first; k < $block; k++) {
                    d = difference($each, t - $block + 1 + k);
                    if (!(d <= largest)) largest = d;
                }
            }
        }
    }
    printf("largest difference %.2e in %d timesteps\\n", (double)largest, TIMESTEPS);
    return largest <= TOLERANCE ? 0 : 1;
}
"""


def text(program: Program, file: str, expected: Array) -> str:
    """Return the program.

    Args:
        program: the model.
        file: what its file is called.
        expected: what it gives for `trial.sequence`, (timesteps, outputs).
    """
    timesteps, width = expected.shape
    every = -(-timesteps * width // MOST)
    p, F, S = program.prefix, program.features, program.sequence
    array = numbers("expected", finite(file, "expected outputs", expected[::every]))
    count, first = program.tokens
    value = "(float)bits((uint32_t)k) / 8388608.0f - 1.0f"
    if F is None:
        value = f"{first} + (int)(bits((uint32_t)k) % {count - first}u)"
    declarations = f"#define {macros(p)}_DECLARATIONS\n" if file.lower().endswith(".c") else ""
    size = "" if F is None else f" * {F}"
    return Template(PROGRAM).substitute(
        title=comment(f"Compares {file} with elman; returns 0 if the outputs are the same."),
        include=f'{declarations}#include "{file}"', timesteps=timesteps, every=every,
        tolerance=f"{TOLERANCE}f", expected="\n".join(array), hash=HASH,
        kind="int" if F is None else "float", times=size, block=BLOCK,
        blocks=f" * {width}", prefix=p, suffix="_t", outputs=width, ram=program.ram,
        inputs=f"TIMESTEPS{size}", input=value,
        at="x[t]" if F is None else f"x + t{size}",
        behind=f"x + (t - {BLOCK - 1}){size}",
        first=0 if S else BLOCK - 1, each=f"y + k * {width}" if S else "y",
    )  # fmt: skip
