// Tensors with guard bytes on both sides.
#pragma once

#include <sanitizer/asan_interface.h>

#include "tern/core/tensor.hpp"

namespace tern::test {

/// A tensor whose memory is surrounded by a pattern, so that a write outside is seen. Under the address
/// sanitizer the surroundings must not even be read.
class Guarded {
  public:
    /// A copy of `values`; if `poisoned`, all bytes are 0xFF instead (a NaN in every floating type). It
    /// starts `shift` bytes behind a boundary of 64.
    Guarded(const Tensor& values, bool poisoned, std::int64_t shift = 0)
        : Guarded(values.shape(), values.dtype(), shift) {
        if (poisoned)
            std::fill_n(tensor_.raw_data(), tensor_.bytes(), std::byte{0xFF});
        else
            tensor_.copy_from(values);
    }
    Guarded(const Shape& shape, DType dtype, std::int64_t shift = 0) : before_(kGuard + shift) {
        const std::int64_t bytes = shape.numel() * size_of(dtype);
        whole_ = Tensor::empty({before_ + bytes + kGuard}, DType::uint8);
        std::fill_n(whole_.raw_data(), whole_.bytes(), kPattern);
        tensor_ = Tensor::view_of(whole_.storage(), before_, shape, dtype);
        ASAN_POISON_MEMORY_REGION(whole_.raw_data(), before_);
        ASAN_POISON_MEMORY_REGION(whole_.raw_data() + before_ + bytes, kGuard);
    }
    ~Guarded() { allow_access(); }
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;

    const Tensor& tensor() const { return tensor_; }

    bool intact() const {
        allow_access();
        const std::byte* data = whole_.raw_data();
        const std::int64_t end = whole_.bytes();
        const auto clean = [&](std::int64_t from, std::int64_t to) {
            return std::all_of(data + from, data + to, [](std::byte b) { return b == kPattern; });
        };
        return clean(0, before_) && clean(end - kGuard, end);
    }

  private:
    void allow_access() const { ASAN_UNPOISON_MEMORY_REGION(whole_.raw_data(), whole_.bytes()); }

    static constexpr std::int64_t kGuard = 64;
    static constexpr std::byte kPattern{0xA5};
    std::int64_t before_;
    Tensor whole_, tensor_;
};

}  // namespace tern::test
