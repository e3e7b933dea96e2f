// The product of a Dense layer, a = x W + b, and its gradients: the twin of `forward` and `backward` in
// src/elman/layers/dense.py.
#pragma once

#include "product.hpp"
#include "table.hpp"
#include "team.hpp"

namespace ELMAN_ISA {

constexpr int DENSE_ROWS = 512;  // rows that are planes at a time, at most

// x (rows, K), W (K, N) and b (N,) as the products read them.
template <class T>
struct Dense {
  const elman::Dense& d;
  const ptrdiff_t height = std::min<ptrdiff_t>(DENSE_ROWS, std::max<ptrdiff_t>(1, d.rows));
  const int K = d.K, N = d.N, VK = ceil_div(K, Vec<T>::N), VN = ceil_div(N, Vec<T>::N);

  // Rows [first, last) of a user's matrix of `columns` columns, as planes of `height` rows, and back.
  void put_rows(const void* matrix, int columns, ptrdiff_t first, ptrdiff_t last, T* planes) const {
    const ptrdiff_t plane = height * W<T>;
    for (ptrdiff_t row = first; row < last; ++row)
      put_row(static_cast<const T*>(matrix) + row * columns, columns, planes + row % height * W<T>, plane);
  }
  void get_rows(const T* planes, int columns, ptrdiff_t first, ptrdiff_t last, void* matrix) const {
    const ptrdiff_t plane = height * W<T>;
    for (ptrdiff_t row = first; row < last; ++row)
      get_row(planes + row % height * W<T>, plane, columns, static_cast<T*>(matrix) + row * columns);
  }
  ptrdiff_t planes_size(int columns) const { return ptrdiff_t(blocks_of<T>(columns)) * height * W<T>; }

  // to = bias + from x panels, for rows of planes
  void multiply(const T* from, int columns, ptrdiff_t first, ptrdiff_t last, const T* panels, const T* bias,
                int vectors, T* to) const {
    const ptrdiff_t plane = height * W<T>;
    const Rows<T> rows{from, plane, columns, {0}, 1, 0};
    const Panels<T> weights{panels, panel_size<T>(columns, 1), Vec<T>::N, bias};
    by_groups<1>(last - first, 0, vectors, [&](auto group, int v) {
      product<T, 1, decltype(group)::value>(rows, first, last, weights, nullptr, Place<T>{to, plane, W<T>, 0}, v);
    });
  }

  // f(first row, last row) for windows of `height` rows of a member's share
  template <class F>
  void by_windows(ptrdiff_t first, ptrdiff_t last, F&& f) const {
    for (ptrdiff_t row = first; row < last;) {
      const ptrdiff_t end = std::min(last, (row / height + 1) * height);
      f(row, end);
      row = end;
    }
  }

  void forward() const {
    Buffer<T> kernel(VN * panel_size<T>(K, 1)), bias(d.bias ? VN * Vec<T>::N : 0);
    Buffer<T> x(d.threads * planes_size(K)), a(d.threads * planes_size(N));
    run_team(d.threads, [&](elman::Member& member) {
      const Range own = part_of(VN, member);
      for (int v = own.begin; v < own.end; ++v) {
        pack_gates(static_cast<const T*>(d.kernel), K, N, 1, 0, 1, v, kernel.at() + v * panel_size<T>(K, 1));
        if (d.bias) pack_gates(static_cast<const T*>(d.bias), 1, N, 1, 0, 1, v, bias.at() + v * Vec<T>::N);
      }
      member.wait();
      T *own_x = x.at() + member.id * planes_size(K), *own_a = a.at() + member.id * planes_size(N);
      const auto [begin, end] = part_of(d.rows, member);
      by_windows(begin, end, [&](ptrdiff_t first, ptrdiff_t last) {
        const ptrdiff_t from = first % height, to = from + last - first;
        put_rows(d.x, K, first, last, own_x);
        multiply(own_x, K, from, to, kernel.at(), d.bias ? bias.at() : nullptr, VN, own_a);
        get_rows(own_a, N, first, last, d.a);
      });
    });
  }

  // dx = da W^T, dW = x^T da and db = sum of da. A window's rows are split for the first, and its columns for the
  // others, so that every sum is over all rows in their order.
  void backward() const {
    const ptrdiff_t plane = height * W<T>;
    Buffer<T> kernel(VK * panel_size<T>(N, 1)), dkernel(VN * panel_size<T>(K, 1)), dbias(VN * Vec<T>::N);
    Buffer<T> x[2] = {Buffer<T>(planes_size(K)), Buffer<T>(planes_size(K))};
    Buffer<T> da[2] = {Buffer<T>(planes_size(N)), Buffer<T>(planes_size(N))}, dx(d.dx ? planes_size(K) : 0);
    run_team(d.threads, [&](elman::Member& member) {
      const Range own = part_of(VN, member);
      const Range inputs = part_of(d.dx ? VK : 0, member);
      for (int v = inputs.begin; v < inputs.end; ++v)
        pack_transposed(static_cast<const T*>(d.kernel), K, N, 1, 0, 1, v, kernel.at() + v * panel_size<T>(N, 1));
      fill(dkernel.at() + own.begin * panel_size<T>(K, 1), (own.end - own.begin) * panel_size<T>(K, 1), T(0));
      fill(dbias.at() + own.begin * Vec<T>::N, (own.end - own.begin) * Vec<T>::N, T(0));
      by_windows(0, d.rows, [&](ptrdiff_t first, ptrdiff_t last) {
        // One window is read while the next one is packed.
        const ptrdiff_t which = first / height % 2, rows = last - first;
        const auto [from, to] = part_of(rows, member);
        put_rows(d.x, K, first + from, first + to, x[which].at());
        put_rows(d.da, N, first + from, first + to, da[which].at());
        member.wait();
        if (d.dx) {
          multiply(da[which].at(), N, from, to, kernel.at(), nullptr, VK, dx.at());
          get_rows(dx.at(), K, first + from, first + to, d.dx);
        }
        Run runs[DENSE_ROWS / CHUNK], *last_run = runs;
        for (ptrdiff_t row = 0; row < rows; row += CHUNK) *last_run++ = {0, plane, row, std::min(CHUNK, rows - row)};
        const Planes<T> left{x[which].at(), 0, 0}, right{da[which].at(), 0, 0};
        const ptrdiff_t only = 0;  // gate
        by_groups<1>(own.begin, own.end, [&](auto group, int v) {
          constexpr int S = decltype(group)::value;
          const Columns<T, 1, S> columns{right, &only, v};
          gradient(left, K, columns, runs, last_run, {dkernel.at(), panel_size<T>(K, 1), Vec<T>::N});
          add_rows(columns, runs, last_run, dbias.at());
        });
      });
      for (int v = own.begin; v < own.end; ++v) {
        unpack_gates(dkernel.at() + v * panel_size<T>(K, 1), K, N, 1, 0, 1, v, static_cast<T*>(d.dkernel));
        if (d.dbias) unpack_gates(dbias.at() + v * Vec<T>::N, 1, N, 1, 0, 1, v, static_cast<T*>(d.dbias));
      }
    });
  }
};

}  // namespace ELMAN_ISA
