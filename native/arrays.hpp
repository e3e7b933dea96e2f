// NumPy arrays as the kernels take them: through Python's buffer protocol, which costs a tenth of a
// microsecond an array, and checked.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace elman {

// An array's memory, held for as long as this lives; empty where the object has none in C order.
class View {
 public:
  View(PyObject* object, int flags) : held_(PyObject_GetBuffer(object, &view_, flags) == 0) {
    if (!held_) PyErr_Clear();
  }
  View(View&& other) noexcept : view_(other.view_), held_(std::exchange(other.held_, false)) {}
  View(const View&) = delete;
  ~View() {
    if (held_) PyBuffer_Release(&view_);
  }
  explicit operator bool() const { return held_; }
  const Py_buffer& operator*() const { return view_; }
  const Py_buffer* operator->() const { return &view_; }
  // Whether its numbers are of one of these types, as the struct module names them.
  bool is(const char* types) const {
    const char* format = view_.format;
    return format && format[0] && std::strchr(types, format[0]) && !format[1];
  }

 private:
  Py_buffer view_;
  bool held_;
};

// The arrays of a call, contiguous and of one type of numbers, held for as long as this lives.
class Arrays {
 public:
  explicit Arrays(char type) : type_{type, '\0'} { held_.reserve(8); }  // 'f' (float32) or 'd' (float64)

  // The memory of an array of `size` numbers.
  const void* read(const char* name, nanobind::handle array, size_t size) { return hold(name, array, type_, size, 0); }
  void* write(const char* name, nanobind::handle array, size_t size) {
    return hold(name, array, type_, size, PyBUF_WRITABLE);
  }
  // The same, or null for None.
  const void* read_any(const char* name, nanobind::handle array, size_t size) {
    return array.is_none() ? nullptr : read(name, array, size);
  }
  void* write_any(const char* name, nanobind::handle array, size_t size) {
    return array.is_none() ? nullptr : write(name, array, size);
  }
  // A mask of bool or uint8, or null for None.
  const unsigned char* read_mask(const char* name, nanobind::handle array, size_t size) {
    return array.is_none() ? nullptr : static_cast<const unsigned char*>(hold(name, array, "?B", size, 0));
  }

 private:
  void* hold(const char* name, nanobind::handle array, const char* types, size_t size, int flags) {
    const View& view = held_.emplace_back(array.ptr(), PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | flags);
    if (view && view.is(types) && size_t(view->len) == size * size_t(view->itemsize)) return view->buf;
    throw nanobind::value_error((std::string("_native: `") + name + "` has the wrong dtype, size or strides").c_str());
  }

  char type_[2];
  std::vector<View> held_;
};

// The dtype and the shape of an array, which must have `ndim` axes.
struct Shape {
  char type;
  size_t axes[3];
  Shape(const char* name, nanobind::handle array, int ndim) {
    const View view(array.ptr(), PyBUF_ND | PyBUF_FORMAT);
    const auto require = [&](bool good, const char* what) {
      if (!good) throw nanobind::value_error((std::string("_native: `") + name + "` " + what).c_str());
    };
    require(bool(view), "is no contiguous array");
    require(view->ndim == ndim, "has the wrong number of axes");
    type = view->format ? view->format[0] : 'B';
    for (int i = 0; i < ndim; ++i) axes[i] = size_t(view->shape[i]);
  }
};

}  // namespace elman
