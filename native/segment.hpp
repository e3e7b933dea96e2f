// Gradient checkpoints: where a pass has kept but some states, the turns between two of them are run once more, in
// the same windows and so with the same bits. (T. Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.)
#pragma once

#include "forward.hpp"

namespace ELMAN_ISA {

template <class T, class C>
class Segment {
 public:
  Segment(const Sequence<T>& s, const elman::Arguments& a)
      : s_(s), turns_(a.checkpoint), kept_(static_cast<const T*>(a.states)), memory_(s, a.threads) {
    records_ = Buffer<T>(Tape<T, C>::records_size(s, turns_, s.B)), last_ = Buffer<T>(of_turn_);
    states_ = Buffer<T>(Tape<T, C>::in_windows(s, turns_) * of_turn_);
  }

  // A member's part of packing the weights.
  void pack(const elman::Member& member) { memory_.weights.pack(s_, member); }

  // The tape of turns [begin, end), which a member's part of `run` writes.
  Tape<T, C> tape(int begin, int end) const {
    return {s_, records_.at(), states_.at(), last_.at(), begin, end - begin, false};
  }

  void run(const Tape<T, C>& tape, const RecurrentMasks<T, C>& masks, elman::Member& member) const {
    member.wait();  // all are done with the segment after this one
    s_.each_share(member, [&](const Share& share) {
      const T* from = kept_ + tape.first / turns_ * of_turn_ + Tape<T, C>::states_size(s_, share.first);
      if (s_.leads(member)) StatePlanes<T, C>{s_, share}.load(from, tape.at(share, tape.first));
      memory_.pass(masks, tape, share, member).run([](int, const Turn<T>&) {});
      if (s_.by_units) member.wait();
    });
  }

 private:
  const Sequence<T>& s_;
  const int turns_;
  const T* const kept_;  // the states before each segment
  const ptrdiff_t of_turn_ = Tape<T, C>::states_size(s_, s_.B);
  ForwardMemory<T, C> memory_;
  Buffer<T> records_, states_, last_;
};

}  // namespace ELMAN_ISA
