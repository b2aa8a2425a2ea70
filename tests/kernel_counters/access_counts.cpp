#include "tern/tests/kernel_counters/access_counts.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <set>

#include "tern/core/error.hpp"
#include "tern/tests/host_run/runner/builtins.hpp"
#include "tern/tests/host_run/runner/shared_memory.hpp"

namespace tern::counters {
namespace {

constexpr std::uintptr_t kSector = 32, kBankBytes = 4, kBanks = 32;

thread_local AccessCounts* counting = nullptr;

int thread_number() {
    return static_cast<int>(threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z));
}

// Every k-th, so that there are at most `most`.
bool is_counted(std::size_t number, std::size_t blocks, std::int64_t most) {
    const std::size_t step = (blocks + static_cast<std::size_t>(most) - 1) / static_cast<std::size_t>(most);
    return number % step == 0;
}

}  // namespace

AccessCounts::AccessCounts(OnDevice on_device, std::int64_t most_blocks, bool skip)
    : on_device_(on_device), most_blocks_(most_blocks), skip_(skip) {
    TERN_CHECK(counting == nullptr && host_run::grid_observer() == nullptr, "counters",
               "this thread counts already");
    counting = this;
    host_run::grid_observer() = this;
}

AccessCounts::~AccessCounts() {
    counting = nullptr;
    host_run::grid_observer() = nullptr;
}

void AccessCounts::begin_grid(const void* kernel, dim3 grid, dim3 block) {
    current_ = &kernels_[kernel];
    blocks_ = std::size_t{grid.x} * grid.y * grid.z;
    threads_ = std::size_t{block.x} * block.y * block.z;
    ++current_->launches;
    current_->blocks += static_cast<std::int64_t>(blocks_);
    current_->threads = static_cast<int>(threads_);
}

bool AccessCounts::begin_block(std::size_t number, const host_run::SharedMemory& shared) {
    shared_ = is_counted(number, blocks_, most_blocks_) ? &shared : nullptr;
    return shared_ != nullptr || !skip_;
}

void AccessCounts::end_block(std::int64_t barriers) {
    if (shared_ == nullptr) return;
    for (auto& [address, instruction] : instructions_)
        for (const auto& [place, request] : instruction.open) finish(instruction, request);
    instructions_.clear();
    current_->shared_bytes = std::max(current_->shared_bytes, shared_->bytes());
    shared_ = nullptr;
    ++current_->counted_blocks;
    current_->barriers += barriers;
}

void AccessCounts::access(const void* instruction, const void* address, int bytes, bool is_store) {
    if (shared_ == nullptr || (!shared_->holds(address) && !on_device_(address))) return;
    const int thread = thread_number(), warp = thread / kLanes, lane = thread % kLanes;
    Instruction& own = instructions_[instruction];
    own.bytes = bytes;
    own.is_store = is_store;
    own.times.resize(threads_);
    const auto at = own.open.try_emplace({warp, own.times[static_cast<std::size_t>(thread)]++}).first;
    Request& request = at->second;
    request.addresses[lane] = reinterpret_cast<std::uintptr_t>(address);
    request.lanes |= 1u << lane;
    const int lanes = std::min(kLanes, static_cast<int>(threads_) - warp * kLanes);
    if (std::popcount(request.lanes) < lanes) return;
    finish(own, request);
    own.open.erase(at);
}

void AccessCounts::count_atomic() {
    if (shared_ != nullptr) ++current_->atomics;
}

void AccessCounts::finish(const Instruction& instruction, const Request& request) {
    const int first = std::countr_zero(request.lanes);
    KernelCounts& counts = *current_;
    if (shared_->holds(reinterpret_cast<const void*>(request.addresses[first])))
        count_shared(instruction.is_store ? counts.shared_stores : counts.shared_loads, request,
                     instruction.bytes);
    else
        count_global(instruction.is_store ? counts.stores : counts.loads, request, instruction.bytes);
}

void AccessCounts::count_global(GlobalCounts& counts, const Request& request, int bytes) const {
    std::set<std::uintptr_t> sectors, addresses;
    for (int lane = 0; lane < kLanes; ++lane) {
        if ((request.lanes >> lane & 1) == 0) continue;
        const std::uintptr_t address = request.addresses[lane];
        addresses.insert(address);
        for (std::uintptr_t at = address / kSector; at <= (address + bytes - 1) / kSector; ++at)
            sectors.insert(at);
    }
    ++counts.requests;
    counts.sectors += static_cast<std::int64_t>(sectors.size());
    counts.bytes += static_cast<std::int64_t>(addresses.size()) * bytes;
}

// Lanes take their turn in groups that ask for 128 bytes together, as the device does with 8 and 16 bytes each; in a pass over the
// banks each gives one word of 4 bytes, to all who ask for it.
void AccessCounts::count_shared(SharedCounts& counts, const Request& request, int bytes) const {
    const int group = bytes <= 4 ? kLanes : kLanes * 4 / bytes;
    ++counts.requests;
    for (int first = 0; first < kLanes; first += group) {
        std::array<std::set<std::uintptr_t>, kBanks> words;
        bool any = false;
        for (int lane = first; lane < first + group; ++lane) {
            if ((request.lanes >> lane & 1) == 0) continue;
            any = true;
            const std::uintptr_t begin =
                shared_->offset_of(reinterpret_cast<const void*>(request.addresses[lane]));
            for (std::uintptr_t at = begin / kBankBytes; at <= (begin + bytes - 1) / kBankBytes; ++at)
                words[at % kBanks].insert(at);
        }
        if (!any) continue;
        ++counts.least;
        counts.passes += static_cast<std::int64_t>(
            std::ranges::max_element(words, {}, [](const auto& of_bank) { return of_bank.size(); })->size());
    }
}

}  // namespace tern::counters

// What -fsanitize=thread makes of every access. The program is linked without the sanitizer's own runtime.
extern "C" {

#define TERN_COUNT(name, bytes, is_store)                                                            \
    void __tsan_##name(void* address) {                                                              \
        if (tern::counters::counting != nullptr)                                                     \
            tern::counters::counting->access(__builtin_return_address(0), address, bytes, is_store); \
    }
#define TERN_COUNT_SIZE(bytes)                      \
    TERN_COUNT(read##bytes, bytes, false)           \
    TERN_COUNT(write##bytes, bytes, true)           \
    TERN_COUNT(unaligned_read##bytes, bytes, false) \
    TERN_COUNT(unaligned_write##bytes, bytes, true) \
    TERN_COUNT(volatile_read##bytes, bytes, false)  \
    TERN_COUNT(volatile_write##bytes, bytes, true)
TERN_COUNT_SIZE(1)
TERN_COUNT_SIZE(2)
TERN_COUNT_SIZE(4)
TERN_COUNT_SIZE(8)
TERN_COUNT_SIZE(16)
TERN_COUNT(vptr_read, 8, false)

void __tsan_vptr_update(void**, void*) {}
// Of what has other sizes or no alignment: 16 bytes at a time, as the device moves them.
#define TERN_COUNT_RANGE(name, is_store)                                                                    \
    void __tsan_##name##_range(void* address, std::size_t bytes) {                                          \
        for (std::size_t at = 0; tern::counters::counting != nullptr && at < bytes; at += 16)               \
            tern::counters::counting->access(__builtin_return_address(0), static_cast<char*>(address) + at, \
                                             static_cast<int>(std::min<std::size_t>(16, bytes - at)),       \
                                             is_store);                                                     \
    }
TERN_COUNT_RANGE(read, false)
TERN_COUNT_RANGE(write, true)
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_init() {}

#define TERN_ATOMIC(bits, T)                                                                                 \
    T __tsan_atomic##bits##_load(const volatile T* address, int) {                                           \
        return __atomic_load_n(address, __ATOMIC_SEQ_CST);                                                   \
    }                                                                                                        \
    void __tsan_atomic##bits##_store(volatile T* address, T value, int) {                                    \
        __atomic_store_n(address, value, __ATOMIC_SEQ_CST);                                                  \
    }                                                                                                        \
    T __tsan_atomic##bits##_exchange(volatile T* address, T value, int) {                                    \
        if (tern::counters::counting != nullptr) tern::counters::counting->count_atomic();                   \
        return __atomic_exchange_n(address, value, __ATOMIC_SEQ_CST);                                        \
    }                                                                                                        \
    T __tsan_atomic##bits##_fetch_add(volatile T* address, T value, int) {                                   \
        if (tern::counters::counting != nullptr) tern::counters::counting->count_atomic();                   \
        return __atomic_fetch_add(address, value, __ATOMIC_SEQ_CST);                                         \
    }                                                                                                        \
    T __tsan_atomic##bits##_fetch_sub(volatile T* address, T value, int) {                                   \
        return __atomic_fetch_sub(address, value, __ATOMIC_SEQ_CST);                                         \
    }                                                                                                        \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile T* address, T* expected, T value, int, int) { \
        return __atomic_compare_exchange_n(address, expected, value, false, __ATOMIC_SEQ_CST,                \
                                           __ATOMIC_SEQ_CST);                                                \
    }                                                                                                        \
    int __tsan_atomic##bits##_compare_exchange_weak(volatile T* address, T* expected, T value, int, int) {   \
        return __atomic_compare_exchange_n(address, expected, value, false, __ATOMIC_SEQ_CST,                \
                                           __ATOMIC_SEQ_CST);                                                \
    }
TERN_ATOMIC(8, unsigned char)
TERN_ATOMIC(32, unsigned)
TERN_ATOMIC(64, unsigned long)
}
