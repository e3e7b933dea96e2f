// How Python calls the product of a Dense layer, a = x W + b, and its gradients.
#include <nanobind/nanobind.h>

#include <algorithm>
#include <climits>

#include "arrays.hpp"
#include "bind.hpp"
#include "instruction_set.hpp"
#include "table.hpp"

namespace nb = nanobind;

namespace {

// What both directions have in common, checked: x (rows, K), W (K, N), and all arrays held.
struct Product {
  elman::Shape of_x, of_kernel;
  size_t rows = of_x.axes[0], K = of_kernel.axes[0], N = of_kernel.axes[1];
  elman::Arrays arrays;
  elman::Dense d{};

  Product(int threads, nb::handle x, nb::handle kernel)
      : of_x("x", x, 2), of_kernel("kernel", kernel, 2), arrays(of_x.type) {
    if ((of_x.type != 'f' && of_x.type != 'd') || K > INT_MAX / 64 || N > INT_MAX / 64 || K < 1 || N < 1)
      throw nb::value_error("_native: there must be features and units, of float32 or float64");
    d.rows = ptrdiff_t(rows), d.K = int(K), d.N = int(N);
    d.threads = std::clamp(threads, 1, int(std::clamp<size_t>(rows, 1, 64)));
    d.x = arrays.read("x", x, rows * K), d.kernel = arrays.read("kernel", kernel, K * N);
  }

  void run(bool backward) const {
    const elman::Table& table = *elman::chosen().passes;
    const nb::gil_scoped_release release;
    (of_x.type == 'f' ? table.dense_float : table.dense_double)(d, backward);
  }
};

void dense(int threads, nb::handle x, nb::handle kernel, nb::handle bias, nb::handle a) {
  Product p(threads, x, kernel);
  p.d.bias = p.arrays.read_any("bias", bias, p.N);
  p.d.a = p.arrays.write("a", a, p.rows * p.N);
  p.run(false);
}

void dense_backward(int threads, nb::handle x, nb::handle kernel, nb::handle da, nb::handle dx, nb::handle dkernel,
                    nb::handle dbias) {
  Product p(threads, x, kernel);
  p.d.da = p.arrays.read("da", da, p.rows * p.N);
  p.d.dx = p.arrays.write_any("dx", dx, p.rows * p.K);
  p.d.dkernel = p.arrays.write("dkernel", dkernel, p.K * p.N);
  p.d.dbias = p.arrays.write_any("dbias", dbias, p.N);
  p.run(true);
}

}  // namespace

void elman::bind_dense(nb::module_& m) {
  m.def("dense", &dense, nb::arg(), nb::arg(), nb::arg(), nb::arg().none(), nb::arg());
  m.def("dense_backward", &dense_backward, nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg().none(), nb::arg(),
        nb::arg().none());
}
