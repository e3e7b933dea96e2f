// The threads that kernels run on; see pool.hpp.
#include "pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "cpu.hpp"

#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace elman {
namespace {

// How often a thread looks before it gives up its processor, or goes to sleep: some tens of microseconds.
constexpr int LOOKS = 4000;

// Look until `ready`, at first without giving up the processor.
template <class F>
bool spin(F ready) {
  for (int i = 0; i < LOOKS; ++i) {
    if (ready()) return true;
    pause_processor();
  }
  return false;
}

}  // namespace

void Member::meet() {
  const unsigned round = meeting_->round.load(std::memory_order_relaxed);
  if (meeting_->here.fetch_add(1, std::memory_order_acq_rel) + 1 == size) {
    meeting_->here.store(0, std::memory_order_relaxed);
    meeting_->round.store(round + 1, std::memory_order_release);
    return;
  }
  const auto met = [&] { return meeting_->round.load(std::memory_order_acquire) != round; };
  while (!spin(met)) std::this_thread::yield();
}

class Pool {
 public:
  void run(int threads, void (*job)(void*, Member&), void* context) {
    while (int(workers_.size()) < threads - 1) {
      const int id = int(workers_.size()) + 1;
      const uint64_t seen = ticket_.load();
      try {
        workers_.emplace_back([this, id, seen] { work(id, seen); });
      } catch (const std::exception&) {  // the system gives no more threads
        break;
      }
    }
    const int size = std::min(threads, int(workers_.size()) + 1);
    Member::Meeting meeting;
    job_ = job, context_ = context, meeting_ = &meeting;
    left_.store(size - 1, std::memory_order_relaxed);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ticket_.store((ticket_.load() / MOST + 1) * MOST + uint64_t(size), std::memory_order_release);
    }
    if (sleeping_.load() > 0) wake_.notify_all();
    call(0, size);
    const auto done = [this] { return left_.load(std::memory_order_acquire) == 0; };
    while (!spin(done)) std::this_thread::yield();
  }

 private:
  static constexpr uint64_t MOST = 1 << 16;  // threads in a team

  void work(int id, uint64_t seen) {
    for (;;) {
      const auto called = [&] { return ticket_.load(std::memory_order_acquire) != seen; };
      if (!spin(called)) {
        std::unique_lock<std::mutex> lock(mutex_);
        sleeping_.fetch_add(1);
        wake_.wait(lock, called);
        sleeping_.fetch_sub(1);
      }
      seen = ticket_.load(std::memory_order_acquire);
      const int size = int(seen % MOST);
      if (id >= size) continue;  // not of this team; the next one may begin at any time
      call(id, size);
      left_.fetch_sub(1, std::memory_order_release);
    }
  }

  void call(int id, int size) {
    const FlushDenormals flush;
    Member member;
    member.id = id, member.size = size, member.meeting_ = meeting_;
    job_(context_, member);
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::thread> workers_;
  std::atomic<uint64_t> ticket_{0};  // which team this is, and how many it has
  std::atomic<int> left_{0}, sleeping_{0};
  void (*job_)(void*, Member&) = nullptr;
  void* context_ = nullptr;
  Member::Meeting* meeting_ = nullptr;
};

namespace {

// Never destroyed: its threads may still be waiting when the process ends. A forked child has none of
// its parent's threads, and so makes a pool of its own.
Pool* pool = nullptr;
std::mutex* busy = nullptr;

void renew() { pool = new Pool, busy = new std::mutex; }

}  // namespace

void team(int threads, void (*job)(void* context, Member& member), void* context) {
  static const bool ready = [] {
    renew();
#if !defined(_WIN32)
    pthread_atfork(nullptr, nullptr, renew);
#endif
    return true;
  }();
  (void)ready;
  // A second Python thread that calls at the same time runs its work alone rather than wait.
  std::unique_lock<std::mutex> lock(*busy, std::defer_lock);
  if (threads > 1 && lock.try_lock()) return pool->run(std::min(threads, 1024), job, context);
  const FlushDenormals flush;
  Member alone;
  job(context, alone);
}

}  // namespace elman
