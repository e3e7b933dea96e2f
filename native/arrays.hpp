// NumPy arrays as the kernels take them: through Python's buffer protocol, which costs a tenth of a
// microsecond an array, and checked.
#pragma once

#include <Python.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

namespace elman {

// A contiguous array of a known type and size, held for as long as this lives.
class Array {
 public:
  Array() = default;
  // `type` is 'f' (float32), 'd' (float64) or '?' (bool or uint8). `size` is in numbers.
  Array(const char* name, PyObject* object, char type, size_t size, bool writable = false) {
    const int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(object, &view_, flags) != 0) {
      PyErr_Clear();
      throw wrong(name);
    }
    held_ = true;
    const char* format = view_.format ? view_.format : "B";
    const bool same = format[1] == '\0' && (format[0] == type || (type == '?' && format[0] == 'B'));
    if (same && size_t(view_.len) == size * size_t(view_.itemsize)) return;
    drop();
    throw wrong(name);
  }
  Array(Array&& other) noexcept : view_(other.view_), held_(std::exchange(other.held_, false)) {}
  Array& operator=(Array&& other) noexcept {
    drop();
    view_ = other.view_, held_ = std::exchange(other.held_, false);
    return *this;
  }
  Array(const Array&) = delete;
  ~Array() { drop(); }

  void* data() const { return held_ ? view_.buf : nullptr; }

 private:
  static std::invalid_argument wrong(const char* name) {
    return std::invalid_argument(std::string("_native: `") + name + "` has the wrong dtype, size or strides");
  }
  void drop() {
    if (held_) PyBuffer_Release(&view_);
    held_ = false;
  }
  Py_buffer view_{};
  bool held_ = false;
};

// The dtype and the shape of an array, which must have `ndim` axes.
struct Shape {
  char type;
  size_t axes[3];
  Shape(const char* name, PyObject* object, int ndim) {
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_ND | PyBUF_FORMAT) != 0) {
      PyErr_Clear();
      throw std::invalid_argument(std::string("_native: `") + name + "` is no contiguous array");
    }
    type = view.format ? view.format[0] : 'B';
    const bool fits = view.ndim == ndim;
    for (int i = 0; fits && i < ndim; ++i) axes[i] = size_t(view.shape[i]);
    PyBuffer_Release(&view);
    if (!fits) throw std::invalid_argument(std::string("_native: `") + name + "` has the wrong number of axes");
  }
};

}  // namespace elman
