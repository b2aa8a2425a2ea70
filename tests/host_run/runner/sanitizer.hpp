// The sanitizers' runtimes as the runner sees them. Every hook is a weak symbol, so that one build of the
// runner, itself never instrumented, serves plain programs (all hooks null) and programs under either
// sanitizer.
#pragma once

#include <cstddef>

extern "C" {
void* __tsan_get_current_fiber() __attribute__((weak));
void* __tsan_create_fiber(unsigned flags) __attribute__((weak));
void __tsan_destroy_fiber(void* fiber) __attribute__((weak));
void __tsan_switch_to_fiber(void* fiber, unsigned flags) __attribute__((weak));
void __tsan_acquire(void* object) __attribute__((weak));
void __tsan_release(void* object) __attribute__((weak));
void AnnotateIgnoreWritesBegin(const char* file, int line) __attribute__((weak));
void AnnotateIgnoreWritesEnd(const char* file, int line) __attribute__((weak));

void __sanitizer_start_switch_fiber(void** fake_stack, const void* bottom, std::size_t size)
    __attribute__((weak));
void __sanitizer_finish_switch_fiber(void* fake_stack, const void** bottom, std::size_t* size)
    __attribute__((weak));
void __asan_poison_memory_region(const volatile void* address, std::size_t bytes) __attribute__((weak));
void __asan_unpoison_memory_region(const volatile void* address, std::size_t bytes) __attribute__((weak));
}

namespace tern::host_run::sanitizer {

inline bool has_thread() { return __tsan_create_fiber != nullptr; }
inline bool has_address() { return __asan_poison_memory_region != nullptr; }

/// The thread sanitizer takes what follows for the doing of `identity`; this alone orders nothing.
inline void become(void* identity) {
    constexpr unsigned kNoSync = 1;
    if (has_thread()) __tsan_switch_to_fiber(identity, kNoSync);
}
inline void acquire(void* object) {
    if (has_thread()) __tsan_acquire(object);
}
inline void release(void* object) {
    if (has_thread()) __tsan_release(object);
}
/// As above, in the name of `identity`; the caller becomes itself again afterwards.
inline void acquire_as(void* identity, void* object) {
    become(identity);
    acquire(object);
}
inline void release_as(void* identity, void* object) {
    become(identity);
    release(object);
}

inline void forbid_access(const void* address, std::size_t bytes) {
    if (has_address()) __asan_poison_memory_region(address, bytes);
}
inline void allow_access(const void* address, std::size_t bytes) {
    if (has_address()) __asan_unpoison_memory_region(address, bytes);
}

/// Memory taken or given back in this scope starts without a history, instead of counting as written by
/// whoever allocates it.
class UntrackedScope {
  public:
    UntrackedScope() {
        if (has_thread()) AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
    }
    ~UntrackedScope() {
        if (has_thread()) AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    }
    UntrackedScope(const UntrackedScope&) = delete;
    UntrackedScope& operator=(const UntrackedScope&) = delete;
};

}  // namespace tern::host_run::sanitizer
