// Shared memory of the block that runs on this thread of the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace tern::host_run {

/// The block's array `key`: the same memory for all its threads.
void* shared_array(const void* key, const char* name, std::size_t bytes);
void* dynamic_shared();

/// Memory filled with 0xff between two guards. Under the address sanitizer a guard must not be touched;
/// without it the guards are looked at when the block ends, which finds what was written there.
class GuardedArray {
  public:
    GuardedArray(const void* key, const char* name, std::size_t bytes);

    const void* key() const { return key_; }
    const char* name() const { return name_; }
    std::size_t bytes() const { return bytes_; }
    void* data() const { return memory_.get() + kGuard; }
    /// Whether nothing was written next to the array.
    bool intact() const;

  private:
    // Indices off by a few rows land in it; a multiple of every alignment that a kernel can ask for.
    static constexpr std::size_t kGuard = 4096;

    struct Release {
        std::size_t bytes;
        void operator()(std::byte* memory) const;
    };

    const void* key_;
    const char* name_;
    std::size_t bytes_;
    std::unique_ptr<std::byte[], Release> memory_;
};

class SharedMemory {
  public:
    /// New memory for a new block.
    void begin_block(std::size_t dynamic_bytes);
    /// Throws Error if a guard was written to.
    void end_block();

    void* array(const void* key, const char* name, std::size_t bytes);
    void* dynamic() const { return dynamic_->data(); }
    /// Of all arrays, the one that the launch asked for included.
    std::size_t bytes() const;

    /// Whether an address is in one of the arrays.
    bool holds(const void* address) const { return array_of(address) != nullptr; }
    /// In bytes, from the start of its array.
    std::uintptr_t offset_of(const void* address) const;

  private:
    static void check(const GuardedArray& array);
    const GuardedArray* array_of(const void* address) const;

    std::vector<GuardedArray> arrays_;
    std::optional<GuardedArray> dynamic_;
};

}  // namespace tern::host_run
