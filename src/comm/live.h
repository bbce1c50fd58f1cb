// Holds the communicator behind a handle for the length of one function of the C API.
#pragma once

#include "base/status.h"
#include "comm/communicator.h"
#include "comm/handle.h"

namespace weft {

// Why a function cannot use `handle`: NULL, none of weft's, destroyed, made before a fork, or another call has it.
Status unusable(const char* function, weftComm_t handle);

// Makes a handle that owns the communicator; `*handle` is set only on success.
Status give_handle(std::unique_ptr<Communicator> communicator, weftComm_t* handle);

// For collectives and destroy, of which a communicator takes one at a time.
class SoleCaller {
 public:
  explicit SoleCaller(weftComm_t handle) : cell_(cell_of(handle)) {
    if (cell_ == nullptr || cell_->communicator.load() == nullptr || cell_->in_call.exchange(true)) return;
    communicator_ = cell_->communicator.load();  // Whoever empties the cell from here on waits for in_call to fall.
    held_ = true;
  }
  SoleCaller(const SoleCaller&) = delete;
  SoleCaller& operator=(const SoleCaller&) = delete;
  ~SoleCaller() {
    if (held_) cell_->in_call.store(false, std::memory_order_release);
  }
  bool usable() const { return communicator_ != nullptr && !communicator_->forked(); }
  Communicator* operator->() const { return communicator_; }
  weftComm& cell() const { return *cell_; }

 private:
  weftComm* const cell_;
  Communicator* communicator_ = nullptr;
  bool held_ = false;
};

// Runs what the other ranks wait for. If something throws in it, they must not wait for ever.
template <typename Body>
Status in_step(const SoleCaller& caller, const Body& body) {
  try {
    return body();
  } catch (...) {
    return caller->give_up();
  }
}

// For everything that may be asked while a collective runs.
class Questioner {
 public:
  explicit Questioner(weftComm_t handle) : cell_(cell_of(handle)) {
    if (cell_ == nullptr) return;
    cell_->questions.fetch_add(1);
    communicator_ = cell_->communicator.load();
  }
  Questioner(const Questioner&) = delete;
  Questioner& operator=(const Questioner&) = delete;
  ~Questioner() { release(); }
  bool usable() const { return communicator_ != nullptr && !communicator_->forked(); }
  Communicator* operator->() const { return communicator_; }
  // The communicator, which this caller alone now owns and still has to wait for others with; null if it was taken.
  Communicator* take() {
    Communicator* const taken = take_handle(*cell_);
    release();
    return taken;
  }
  weftComm& cell() const { return *cell_; }

 private:
  void release() {
    if (cell_ != nullptr && !released_) cell_->questions.fetch_sub(1, std::memory_order_release);
    released_ = true;
  }
  weftComm* const cell_;
  Communicator* communicator_ = nullptr;
  bool released_ = false;
};

}  // namespace weft
