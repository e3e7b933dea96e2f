// The threads that kernels run on; see pool.hpp.
#include "pool.hpp"

#include <algorithm>
#include <chrono>
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
#if defined(__linux__)
#include <sched.h>
#endif

namespace elman {
namespace {

// How long a thread looks before it gives up its processor, or goes to sleep: longer than Python takes from one call
// to the next in a training step.
constexpr std::chrono::microseconds PATIENCE{200};

// Look until `ready`, at first without giving up the processor.
template <class F>
bool spin(F ready) {
  if (ready()) return true;
  const auto end = std::chrono::steady_clock::now() + PATIENCE;
  do {
    for (int i = 0; i < 16; ++i) {
      if (ready()) return true;
      pause_processor();
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

}  // namespace

void Member::wait() {
  if (size == 1) return;
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
    bool wanted = size > PLACES;
    for (int id = 1; id < std::min(size, PLACES); ++id) wanted = wanted || asleep_[id].load();
    if (wanted) wake_.notify_all();
    call(0, size);
    const auto done = [this] { return left_.load(std::memory_order_acquire) == 0; };
    while (!spin(done)) std::this_thread::yield();
    spread(size);
  }

 private:
  static constexpr uint64_t MOST = 1 << 16;  // threads in a team
  static constexpr int PLACES = 64;          // members whose whereabouts are known

  void work(int id, uint64_t seen) {
    for (;;) {
      // Called to a team that it is a member of; that team cannot end, and no other begin, before it has worked.
      const auto called = [&] {
        const uint64_t ticket = ticket_.load(std::memory_order_acquire);
        return ticket != seen && id < int(ticket % MOST);
      };
      if (!spin(called)) {
        std::unique_lock<std::mutex> lock(mutex_);
        if (id < PLACES) asleep_[id].store(true);
        wake_.wait(lock, called);
        if (id < PLACES) asleep_[id].store(false);
      }
      seen = ticket_.load(std::memory_order_acquire);
      call(id, int(seen % MOST));
      left_.fetch_sub(1, std::memory_order_release);
    }
  }

  void call(int id, int size) {
    const FlushDenormals flush;
    Member member;
    member.id = id, member.size = size, member.meeting_ = meeting_;
    job_(context_, member);
#if defined(__linux__)
    if (id < PLACES) places_[id] = sched_getcpu();
#endif
  }

  // Systems like to wake a thread on the processor of the one that wakes it, where it would wait for it; and calls are
  // too short for the system to notice. So a member that has met another one on its processor is kept away from
  // those of all the others, as long as there is room.
  void spread(int size) {
#if defined(__linux__)
    if (size > PLACES) return;
    cpu_set_t taken, allowed;
    CPU_ZERO(&taken);
    for (int id = 0; id < size; ++id) {
      if (places_[id] < 0 || places_[id] >= CPU_SETSIZE) return;
      CPU_SET(places_[id], &taken);
    }
    if (CPU_COUNT(&taken) == size || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    if (CPU_COUNT(&allowed) < size) return;
    cpu_set_t met, elsewhere;
    CPU_ZERO(&met);
    CPU_SET(places_[0], &met);
    for (int id = 1; id < size; ++id) {
      if (!CPU_ISSET(places_[id], &met)) {
        CPU_SET(places_[id], &met);
        continue;
      }
      elsewhere = allowed;
      for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &taken)) CPU_CLR(cpu, &elsewhere);
      pthread_setaffinity_np(workers_[size_t(id) - 1].native_handle(), sizeof elsewhere, &elsewhere);
    }
#else
    (void)size;
#endif
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::thread> workers_;
  std::atomic<uint64_t> ticket_{0};  // which team this is, and how many it has
  std::atomic<int> left_{0};
  std::atomic<bool> asleep_[PLACES] = {};
  int places_[PLACES] = {};  // on which processor each member was at the end of its job
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

void start_pool() {
  renew();
#if !defined(_WIN32)
  pthread_atfork(nullptr, nullptr, renew);
#endif
}

void team(int threads, void (*job)(void* context, Member& member), void* context) {
  // A second Python thread that calls at the same time runs its work alone rather than wait.
  std::unique_lock<std::mutex> lock(*busy, std::defer_lock);
  if (threads > 1 && lock.try_lock()) return pool->run(std::min(threads, 1024), job, context);
  const FlushDenormals flush;
  Member alone;
  job(context, alone);
}

}  // namespace elman
