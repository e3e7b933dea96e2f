"""What an exported file asks of the compiler that reads it.

restrict      C99 has it, C++ by another name or not at all.
no SLP        Of straight code with the inline exponential in it gcc 12 -O3 makes wrong vectors, as
              of loops of 3 or 5 that it has unrolled, but not of loops.
-O3           gcc makes no vectors of loops with -Os, nor before gcc 12 with -O2, and a step is
              mostly loops. It is asked for where a processor has vectors, so that code for a
              Cortex-M stays small, and where anything is optimised, so that a debugger can still go
              through it.
"""


def restrict(P: str) -> list[str]:
    """Return the definition of `P_RESTRICT`."""
    return [
        "#if defined(__GNUC__) || defined(_MSC_VER)",
        f"#define {P}_RESTRICT __restrict",
        "#elif defined(__cplusplus)",
        f"#define {P}_RESTRICT",
        "#else",
        f"#define {P}_RESTRICT restrict",
        "#endif",
        "",
    ]


def begin(P: str) -> list[str]:
    """Return what stands before the functions; `P_SMALL` leaves out what makes them larger."""
    vectors = "(defined(__SSE2__) || defined(__aarch64__))"
    return [
        "#if defined(__GNUC__) && !defined(__clang__)",
        "#pragma GCC push_options",
        f"#if {vectors} && defined(__OPTIMIZE__) && !defined({P}_SMALL)",
        '#pragma GCC optimize ("O3", "no-tree-slp-vectorize")',
        "#else",
        '#pragma GCC optimize ("no-tree-slp-vectorize")',
        "#endif",
        "#endif",
        "",
    ]


END = (
    "#if defined(__GNUC__) && !defined(__clang__)",
    "#pragma GCC pop_options",
    "#endif",
    "",
)
