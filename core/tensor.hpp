// The tensor: a typed, contiguous, row-major view of a storage, with its place in the autograd tape.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

#include "tern/core/devices/device.hpp"
#include "tern/core/dtype.hpp"
#include "tern/core/memory/storage.hpp"
#include "tern/core/shape.hpp"

namespace tern {

class Function;
class Tensor;
using Tensors = std::vector<Tensor>;

/// A handle: copies share elements, gradient and history, as in PyTorch. Images are (N, H, W, C).
/// A default-made tensor is undefined: it stands for "none" (no bias, a zero gradient).
///
/// Different threads may use different tensors at the same time; one tensor belongs to one thread at a time.
class Tensor {
  public:
    Tensor() = default;

    static Tensor empty(const Shape& shape, DType dtype = DType::float32, Device device = {});
    static Tensor zeros(const Shape& shape, DType dtype = DType::float32, Device device = {});
    /// All elements `value`, rounded to `dtype`.
    static Tensor full(const Shape& shape, double value, DType dtype = DType::float32, Device device = {});
    /// A view of `storage` from byte `offset` on; throws Error if it does not fit or is not aligned.
    static Tensor view_of(std::shared_ptr<Storage> storage, std::int64_t offset, const Shape& shape,
                          DType dtype);
    /// A copy of `values`, on the CPU, of their type: from({2, 2}, {1.0f, 2.0f, 3.0f, 4.0f}).
    template <class T>
    static Tensor from(const Shape& shape, std::initializer_list<T> values) {
        return from_bytes(shape, dtype_of<T>(), std::data(values), values.size());
    }
    template <class T>
    static Tensor from(const Shape& shape, std::span<const T> values) {
        return from_bytes(shape, dtype_of<T>(), values.data(), values.size());
    }
    template <class T>
    static Tensor from(const Shape& shape, const std::vector<T>& values) {
        return from(shape, std::span<const T>(values));
    }

    bool defined() const { return impl_ != nullptr; }
    explicit operator bool() const { return defined(); }

    const Shape& shape() const;
    int rank() const { return shape().rank(); }
    std::int64_t dim(int i) const { return shape()[i]; }
    std::int64_t numel() const { return shape().numel(); }
    DType dtype() const;
    Device device() const;
    std::int64_t bytes() const { return numel() * size_of(dtype()); }

    /// Elements; throws Error unless `T` is the element type. Dereference only on the CPU.
    template <class T>
    T* data() const {
        check_dtype(dtype_of<T>());
        return reinterpret_cast<T*>(raw_data());
    }
    template <class T>
    std::span<T> elements() const {
        return {data<T>(), static_cast<std::size_t>(numel())};
    }
    std::byte* raw_data() const;
    /// The only element, as a double; copies it from the device.
    double item() const;

    const std::shared_ptr<Storage>& storage() const;
    std::int64_t storage_offset() const;
    /// Counts an in-place change: call after writing to elements that somebody may have saved.
    void mark_changed() const { storage()->bump_version(); }
    /// Makes this tensor (and every copy of the handle) stand for other memory of the same size; the elements
    /// are copied there. How parameters move into flat buffers.
    void rebind(std::shared_ptr<Storage> storage, std::int64_t offset);

    /// The same elements in another shape; one extent may be -1. Recorded in the tape.
    Tensor reshape(const Shape& to) const;
    Tensor reshape(std::initializer_list<std::int64_t> extents) const;
    /// Elements [begin, end) of the leading dimension, sharing memory. Recorded in the tape.
    Tensor slice(std::int64_t begin, std::int64_t end) const;
    /// A copy on `target`, or this tensor if it is there already. Not recorded in the tape.
    Tensor to(Device target) const;
    /// A copy with memory of its own. Not recorded in the tape.
    Tensor clone() const;
    /// The same elements without history.
    Tensor detach() const;
    /// Copies the elements of `source` (same shape and dtype, any device) into this tensor.
    void copy_from(const Tensor& source) const;
    void fill_zero() const;

    // -- autograd (core/autograd.hpp) --
    bool requires_grad() const;
    /// For leaves: whether backward() computes a gradient for it.
    Tensor& set_requires_grad(bool requires_grad);
    /// The accumulated gradient of a leaf; undefined before the first.
    Tensor grad() const;
    /// Gives the gradient a place (a slice of a flat buffer), or drops it (undefined).
    void set_grad(Tensor grad) const;
    /// Its elements have just been set to zero: the next backward() replaces them where it would add to them, unless
    /// grad() is asked for before.
    void mark_grad_zero() const;
    /// Called by backward() when the gradient of this leaf is complete.
    void set_grad_hook(std::function<void(const Tensor&)> hook) const;
    const std::shared_ptr<Function>& grad_function() const;
    bool same_as(const Tensor& other) const { return impl_ == other.impl_; }

  private:
    struct Impl;
    friend class Function;
    friend class Engine;
    static Tensor from_bytes(const Shape& shape, DType dtype, const void* values, std::size_t count);
    void check_dtype(DType wanted) const;
    Impl& impl() const;

    std::shared_ptr<Impl> impl_;
};

std::ostream& operator<<(std::ostream& out, const Tensor& tensor);  // "float32 (2,3) on cpu"

}  // namespace tern
