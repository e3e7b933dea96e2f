"""The activations of `elman.activations` in C.

Each is one number in, one out, so that compilers take several at once; softmax and log_softmax
are of a whole array, in its place. `sigmoid` and `tanh` are made of one exponential each:

    sigmoid(x) = 1 / (1 + exp(-x))        tanh(x) = 1 - 2 / (exp(2 x) + 1)

which are right to 1e-7 of 1, also where exp(x) is 0 or infinite.
"""

from collections.abc import Iterable
from string import Template

from elman.activations import SELU_ALPHA, SELU_SCALE, SLOPE
from elman.formats.c.spelling import number

OF_ARRAYS = ("softmax", "log_softmax")
LIBM = "return expf(x);"
# exp(x) = 2^n exp(r), r = x - n log 2. Adding 1.5 * 2^23 rounds x / log 2 to n, which is then in
# the last bits of the sum; the difference of those bits is n again, whatever the width in which a
# machine adds. log 2 is taken off in two parts; the polynomial is Taylor's to r^6, |r| <= 0.35.
# |x| is kept to 87 in its bits, because compilers make branches of comparisons of floats; what is
# NaN stays NaN.
INLINE = """\
const float magic = 12582912.0f;
int32_t bits, size, zero, nan, n;
float sum, r, p, power;
memcpy(&bits, &x, sizeof bits);
size = bits & 0x7fffffff;
nan = -(size > 0x7f800000) & size;
size = size < 0x42ae0000 ? size : 0x42ae0000;
bits = size | (bits & ~0x7fffffff);
memcpy(&x, &bits, sizeof x);
sum = x * 1.44269504f + magic;
memcpy(&bits, &sum, sizeof bits);
memcpy(&zero, &magic, sizeof zero);
n = bits - zero;
r = (x - (float)n * 0.693359375f) + (float)n * 2.12194440e-4f;
p = 1.3888889e-3f * r + 8.3333333e-3f;
p = p * r + 4.1666667e-2f;
p = p * r + 1.6666667e-1f;
p = p * r + 0.5f;
p = p * r + 1.0f;
p = p * r + 1.0f;
n = (n + 127) * 8388608;
memcpy(&power, &n, sizeof power);
p *= power;
memcpy(&bits, &p, sizeof bits);
bits |= nan;
memcpy(&p, &bits, sizeof p);
return p;"""
# name -> what it returns of x, and of which others it is made; $p is what all names begin with.
# Where no comparison holds, x is NaN, and so is what they return.
SCALARS: dict[str, tuple[str, tuple[str, ...]]] = {
    "linear": ("x", ()),
    "relu": ("x < 0.0f ? 0.0f : x", ()),
    "relu6": ("x < 0.0f ? 0.0f : (x > 6.0f ? 6.0f : x)", ()),
    "leaky_relu": (f"x > 0.0f ? x : {number(SLOPE)} * x", ()),
    "elu": ("x > 0.0f ? x : expm1f(x)", ()),
    "celu": ("x > 0.0f ? x : expm1f(x)", ()),
    "selu": (
        f"{number(SELU_SCALE)} * (x > 0.0f ? x : {number(SELU_ALPHA)} * expm1f(x))",
        (),
    ),
    "sigmoid": ("1.0f / (1.0f + ${p}_exp(-x))", ("exp",)),
    "tanh": ("1.0f - 2.0f / (${p}_exp(2.0f * x) + 1.0f)", ("exp",)),
    "tanh_shrink": ("x - ${p}_tanh(x)", ("tanh",)),
    "hard_tanh": ("x < -1.0f ? -1.0f : (x > 1.0f ? 1.0f : x)", ()),
    "hard_sigmoid_keras2": ("x < -2.5f ? 0.0f : (x > 2.5f ? 1.0f : 0.2f * x + 0.5f)", ()),
    "hard_sigmoid": ("x < -3.0f ? 0.0f : (x > 3.0f ? 1.0f : (x + 3.0f) / 6.0f)", ()),
    "softplus": ("(x > 0.0f ? x : 0.0f) + log1pf(${p}_exp(-fabsf(x)))", ("exp",)),
    "log_sigmoid": ("-${p}_softplus(-x)", ("softplus",)),
    "silu": ("x * ${p}_sigmoid(x)", ("sigmoid",)),
    "softsign": ("x / (1.0f + fabsf(x))", ()),
    "mish": ("x * ${p}_tanh(${p}_softplus(x))", ("tanh", "softplus")),
    "gelu": ("0.5f * x * (1.0f + erff(x * 0.70710678f))", ()),
    "exponential": ("expf(x)", ()),  # the one above stops at exp(87)
}
ROWS = {  # of an array in its place, with what keeps the root from being 0
    "normalise": """\
float mean = 0.0f, square = 0.0f;
for (int k = 0; k < n; k++) mean += v[k];
mean /= (float)n;
for (int k = 0; k < n; k++) v[k] -= mean;
for (int k = 0; k < n; k++) square += v[k] * v[k];
square = 1.0f / sqrtf(square / (float)n + epsilon);
for (int k = 0; k < n; k++) v[k] *= square;""",
    "deviation": """\
float mean = 0.0f, square = 0.0f;
for (int k = 0; k < n; k++) mean += v[k];
mean /= (float)n;
for (int k = 0; k < n; k++) square += (v[k] - mean) * (v[k] - mean);
square = 1.0f / sqrtf(square / (float)n + epsilon);
for (int k = 0; k < n; k++) v[k] *= square;""",
    "rms": """\
float square = 0.0f;
for (int k = 0; k < n; k++) square += v[k] * v[k];
square = 1.0f / sqrtf(square / (float)n + epsilon);
for (int k = 0; k < n; k++) v[k] *= square;""",
    "unit": """\
float square = 0.0f;
for (int k = 0; k < n; k++) square += v[k] * v[k];
square = sqrtf(square);
square = 1.0f / (square > epsilon ? square : epsilon);
for (int k = 0; k < n; k++) v[k] *= square;""",
}
SHIFTED = """\
float most = v[0], sum = 0.0f;
for (int k = 1; k < n; k++) most = v[k] > most ? v[k] : most;
"""
ARRAYS = {
    "softmax": f"""{SHIFTED}\
for (int k = 0; k < n; k++) v[k] = ${{p}}_exp(v[k] - most);
for (int k = 0; k < n; k++) sum += v[k];
for (int k = 0; k < n; k++) v[k] /= sum;""",
    "log_softmax": f"""{SHIFTED}\
for (int k = 0; k < n; k++) sum += ${{p}}_exp(v[k] - most);
for (int k = 0; k < n; k++) v[k] -= most + logf(sum);""",
}


def needed(names: Iterable[str]) -> list[str]:
    """Return these activations and what they are made of, the latter first."""
    found: list[str] = []
    for name in sorted(names):
        parts = ("exp",) if name in OF_ARRAYS else SCALARS[name][1] if name in SCALARS else ()
        found += [part for part in (*needed(parts), name) if part not in found]
    return found


def definitions(p: str, names: Iterable[str], exp: str) -> list[str]:
    """Return the functions in C, in an order in which each knows what it calls.

    Args:
        p: what their names begin with.
        names: of `elman.activations`.
        exp: "libm" for expf, "inline" for an exponential that is part of the file.
    """
    lines: list[str] = []
    for name in needed(names):
        if name in OF_ARRAYS:
            head, body = f"static inline void {p}_{name}(float *v, int n)", ARRAYS[name]
        elif name in ROWS:
            head, body = (
                f"static inline void {p}_{name}(float *v, int n, float epsilon)",
                ROWS[name],
            )
        else:
            own = (LIBM if exp == "libm" else INLINE) if name == "exp" else ""
            head = f"static inline float {p}_{name}(float x)"
            body = own or f"return {SCALARS[name][0]};"
        body = Template(body).substitute(p=p)
        lines += [head, "{", *(f"    {line}" for line in body.splitlines()), "}", ""]
    return lines
