// The answers of a build without CUDA.
#include "tern/core/cuda/device_memory.hpp"
#include "tern/core/error.hpp"

namespace tern::cuda {
namespace {

constexpr const char* kWhy = "this build has no CUDA (configured with TERN_CUDA=OFF)";

[[noreturn]] void absent() { fail("cuda", kWhy); }

}  // namespace

int device_count(std::string* why_not) noexcept {
    if (why_not != nullptr) *why_not = kWhy;
    return 0;
}

void* allocate(std::size_t, int) { absent(); }
void release(void*, int) noexcept {}
void copy(void*, Device, const void*, Device, std::size_t, const Stream&) { absent(); }
void fill(void*, Device, std::uint8_t, std::size_t, const Stream&) { absent(); }
void synchronize(const Stream&) { absent(); }

}  // namespace tern::cuda
