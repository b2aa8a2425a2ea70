// A block of device memory with one owner count and a version.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "tern/core/devices/device.hpp"

namespace tern {

/// Tensors share storages. The version counts in-place changes, so that the backward pass can tell that a
/// tensor it saved is no longer what it was.
class Storage {
  public:
    using Deleter = std::function<void(void*)>;

    /// Uninitialised; from the step arena where one is active on this thread.
    static std::shared_ptr<Storage> allocate(std::size_t bytes, Device device);
    /// Memory of somebody else; `deleter` (may be empty) runs when the last tensor is gone.
    static std::shared_ptr<Storage> adopt(void* data, std::size_t bytes, Device device, Deleter deleter);

    ~Storage();
    Storage(const Storage&) = delete;
    Storage& operator=(const Storage&) = delete;

    std::byte* data() const { return static_cast<std::byte*>(data_); }
    std::size_t bytes() const { return bytes_; }
    Device device() const { return device_; }
    std::uint32_t version() const { return version_.load(std::memory_order_relaxed); }
    void bump_version() { version_.fetch_add(1, std::memory_order_relaxed); }

  private:
    Storage(void* data, std::size_t bytes, Device device, Deleter deleter)
        : data_(data), bytes_(bytes), device_(device), deleter_(std::move(deleter)) {}

    void* data_;
    std::size_t bytes_;
    Device device_;
    Deleter deleter_;
    std::atomic<std::uint32_t> version_{0};
};

}  // namespace tern
