#include "tern/tests/host_run/runner/shared_memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "tern/core/error.hpp"
#include "tern/tests/host_run/runner/sanitizer.hpp"

namespace tern::host_run {
namespace {

constexpr std::byte kPoison{0xff};
constexpr std::byte kCanary{0xdb};

// What compilers and drivers of every device since compute capability 8.0 hold to, and the largest block
// of 9.0.
constexpr std::size_t kMaxStaticBytes = 48 * 1024;
constexpr std::size_t kMaxBytes = 227 * 1024;

bool all_canary(const std::byte* begin, const std::byte* end) {
    return std::all_of(begin, end, [](std::byte b) { return b == kCanary; });
}

}  // namespace

GuardedArray::GuardedArray(const void* key, const char* name, std::size_t bytes)
    : key_(key), name_(name), bytes_(bytes), memory_(nullptr, Release{}) {
    const std::size_t total = kGuard + (bytes + kGuard - 1) / kGuard * kGuard + kGuard;
    const sanitizer::UntrackedScope untracked;  // the fill is not a thread's write
    memory_ = {static_cast<std::byte*>(std::aligned_alloc(kGuard, total)), Release{total}};
    if (memory_ == nullptr) throw std::bad_alloc();
    std::memset(memory_.get(), static_cast<int>(kCanary), total);
    std::memset(data(), static_cast<int>(kPoison), bytes);
    sanitizer::forbid_access(memory_.get(), kGuard);
    sanitizer::forbid_access(memory_.get() + kGuard + bytes, total - kGuard - bytes);
}

bool GuardedArray::intact() const {
    const std::byte* const begin = memory_.get();
    const std::byte* const end = begin + memory_.get_deleter().bytes;
    sanitizer::allow_access(begin, memory_.get_deleter().bytes);
    return all_canary(begin, begin + kGuard) && all_canary(begin + kGuard + bytes_, end);
}

void GuardedArray::Release::operator()(std::byte* memory) const {
    sanitizer::allow_access(memory, bytes);
    const sanitizer::UntrackedScope untracked;
    std::free(memory);
}

void SharedMemory::begin_block(std::size_t dynamic_bytes) {
    arrays_.clear();
    dynamic_.emplace(nullptr, "dynamic", dynamic_bytes);
    TERN_CHECK(dynamic_bytes <= kMaxBytes, "host_run", dynamic_bytes,
               " bytes of dynamic shared memory, at most ", kMaxBytes, " exist");
}

void SharedMemory::end_block() {
    for (const GuardedArray& array : arrays_) check(array);
    check(*dynamic_);
}

void SharedMemory::check(const GuardedArray& array) {
    TERN_CHECK(array.intact(), "host_run", "the kernel wrote outside its shared array '", array.name(),
               "' of ", array.bytes(), " bytes");
}

void* SharedMemory::array(const void* key, const char* name, std::size_t bytes) {
    std::size_t in_use = bytes;
    for (const GuardedArray& array : arrays_) {
        if (array.key() == key) return array.data();
        in_use += array.bytes();
    }
    TERN_CHECK(in_use <= kMaxStaticBytes, "host_run", "shared array '", name, "' makes ", in_use,
               " bytes of static shared memory, at most ", kMaxStaticBytes, " are allowed");
    TERN_CHECK(in_use + dynamic_->bytes() <= kMaxBytes, "host_run", "shared array '", name, "' makes ",
               in_use + dynamic_->bytes(), " bytes of shared memory, at most ", kMaxBytes, " exist");
    arrays_.emplace_back(key, name, bytes);
    return arrays_.back().data();
}

std::size_t SharedMemory::bytes() const {
    std::size_t all = dynamic_ ? dynamic_->bytes() : 0;
    for (const GuardedArray& array : arrays_) all += array.bytes();
    return all;
}

const GuardedArray* SharedMemory::array_of(const void* address) const {
    const auto has = [address](const GuardedArray& array) {
        const auto* const data = static_cast<const std::byte*>(array.data());
        return address >= data && address < data + array.bytes();
    };
    if (dynamic_ && has(*dynamic_)) return &*dynamic_;
    const auto found = std::ranges::find_if(arrays_, has);
    return found == arrays_.end() ? nullptr : &*found;
}

std::uintptr_t SharedMemory::offset_of(const void* address) const {
    const GuardedArray* const array = array_of(address);
    TERN_ASSERT(array != nullptr);
    return static_cast<std::uintptr_t>(static_cast<const std::byte*>(address) -
                                       static_cast<const std::byte*>(array->data()));
}

}  // namespace tern::host_run
