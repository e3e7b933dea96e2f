// Memory for the kernels; see memory.hpp.
//
// A training step asks for the same sizes again and again. Fresh pages cost the system about as much time
// as the kernels need to fill them, so what is given back is kept, up to a limit.
#include "memory.hpp"

#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace elman {
namespace {

constexpr size_t KEPT = 64;                     // how many pieces are kept at most,
constexpr size_t KEPT_BYTES = size_t(1) << 28;  // and how much memory in all
constexpr size_t HUGE_PAGE = size_t(1) << 21;

struct Header {  // in the line before the memory
  void* base;
  size_t size;
};

struct Piece {
  void* memory;
  size_t size;
};

std::mutex mutex;
Piece kept[KEPT];
size_t count = 0, total = 0;

Header* header(void* memory) { return reinterpret_cast<Header*>(static_cast<char*>(memory) - LINE); }

// Sizes are rounded up, to an eighth of their magnitude, so that those of about one size are one.
size_t rounded(size_t bytes) {
  size_t step = LINE;
  while (step * 8 < bytes) step *= 2;
  return (bytes + step - 1) / step * step;
}

void* fresh(size_t size) {
  const size_t alignment = size >= 2 * HUGE_PAGE ? HUGE_PAGE : LINE;
  if (size > SIZE_MAX - alignment - LINE) throw std::bad_alloc();
  void* base = std::malloc(size + alignment + LINE);
  if (!base) throw std::bad_alloc();
  const uintptr_t first = reinterpret_cast<uintptr_t>(base) + LINE;
  char* memory = static_cast<char*>(base) + LINE + (alignment - first % alignment) % alignment;
#if defined(__linux__)
  if (alignment == HUGE_PAGE) madvise(memory, size, MADV_HUGEPAGE);  // advice: a refusal changes nothing
#endif
  *header(memory) = {base, size};
  return memory;
}

// Take piece i from those that are kept.
void* take(size_t i) {
  void* memory = kept[i].memory;
  total -= kept[i].size;
  for (--count; i < count; ++i) kept[i] = kept[i + 1];
  return memory;
}

}  // namespace

void* allocate(size_t bytes) {
  const size_t size = rounded(bytes);
  {
    const std::lock_guard<std::mutex> lock(mutex);
    for (size_t i = count; i-- > 0;)
      if (kept[i].size == size) return take(i);
  }
  return fresh(size);
}

void release(void* memory) noexcept {
  if (!memory) return;
  const size_t size = header(memory)->size;
  if (size > KEPT_BYTES) return std::free(header(memory)->base);
  for (void* old = memory; old;) {  // what is kept longest makes room
    old = nullptr;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      if (count == KEPT || total + size > KEPT_BYTES) old = take(0);
      else kept[count++] = {memory, size}, total += size;
    }
    if (old) std::free(header(old)->base);
  }
}

void trim() noexcept {
  for (void* memory = nullptr;;) {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      memory = count ? take(0) : nullptr;
    }
    if (!memory) return;
    std::free(header(memory)->base);
  }
}

void guard_memory() {
#if !defined(_WIN32)
  pthread_atfork([] { mutex.lock(); }, [] { mutex.unlock(); }, [] { mutex.unlock(); });
#endif
}

}  // namespace elman
