// Plain data that the forked ranks of a test share with each other and with the test.
#pragma once

#include <sys/mman.h>

#include <new>

#include "base/assert.h"

namespace weft::test {

// Made before the fork. What lies in it must be right at the same address in every process: no pointers into a heap.
template <typename T>
class Shared {
 public:
  Shared() {
    void* memory = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    WEFT_ASSERT(memory != MAP_FAILED);
    content_ = new (memory) T();
  }
  ~Shared() { munmap(static_cast<void*>(content_), sizeof(T)); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  T* operator->() { return content_; }
  T& operator*() { return *content_; }

 private:
  T* content_;
};

}  // namespace weft::test
