#include "tern/core/tensor.hpp"

#include <algorithm>
#include <cstring>

#include "tern/core/autograd.hpp"
#include "tern/core/fill.hpp"
#include "tern/core/memory/memory.hpp"
#include "tern/core/tensor_impl.hpp"

namespace tern {
namespace {

const char* const kWhere = "tensor";

// One extent of -1 stands for what is left.
Shape complete(std::span<const std::int64_t> extents, const Shape& from) {
    std::vector<std::int64_t> result(extents.begin(), extents.end());
    const auto unknown = std::ranges::find(result, -1);
    if (unknown == result.end()) return Shape(result);
    *unknown = 1;
    const std::int64_t known = Shape(result).numel();
    TERN_CHECK(known > 0 && from.numel() % known == 0, kWhere, "cannot infer -1 when reshaping ", from);
    *unknown = from.numel() / known;
    return Shape(result);
}

class ReshapeBackward : public Function {
  public:
    explicit ReshapeBackward(Shape from) : from_(from) {}
    const char* name() const override { return "reshape"; }
    Tensors backward(const Tensors& grads) override { return {grads[0].reshape(from_)}; }

  protected:
    bool passes_elements() const override { return true; }

  private:
    Shape from_;
};

class SliceBackward : public Function {
  public:
    SliceBackward(Shape from, std::int64_t begin) : from_(from), begin_(begin) {}
    const char* name() const override { return "slice"; }
    Tensors backward(const Tensors& grads) override {
        const Tensor dx = Tensor::zeros(from_, grads[0].dtype(), grads[0].device());
        dx.slice(begin_, begin_ + grads[0].dim(0)).copy_from(grads[0]);
        return {dx};
    }

  private:
    Shape from_;
    std::int64_t begin_;
};

}  // namespace

Tensor::Impl& Tensor::impl() const {
    TERN_CHECK(defined(), kWhere, "an undefined tensor has no elements and no shape");
    return *impl_;
}

Tensor Tensor::empty(const Shape& shape, DType dtype, Device device) {
    std::int64_t bytes = 0;
    TERN_CHECK(!__builtin_mul_overflow(shape.numel(), size_of(dtype), &bytes), kWhere, shape, " of ", dtype,
               " has more than 2^63 bytes");
    return view_of(Storage::allocate(static_cast<std::size_t>(bytes), device), 0, shape, dtype);
}

Tensor Tensor::zeros(const Shape& shape, DType dtype, Device device) {
    Tensor result = empty(shape, dtype, device);
    result.fill_zero();
    return result;
}

Tensor Tensor::full(const Shape& shape, double value, DType dtype, Device device) {
    const Tensor result = empty(shape, dtype, device);
    tern::fill(result, value);
    return result;
}

Tensor Tensor::view_of(std::shared_ptr<Storage> storage, std::int64_t offset, const Shape& shape,
                       DType dtype) {
    const std::int64_t bytes = shape.numel() * size_of(dtype);
    const auto available = static_cast<std::int64_t>(storage->bytes());
    TERN_CHECK(offset >= 0 && bytes <= available && offset <= available - bytes, kWhere, "bytes [", offset,
               ", ", offset + bytes, ") are outside a storage of ", available);
    TERN_CHECK(offset % size_of(dtype) == 0, kWhere, "offset ", offset, " is not a multiple of the ",
               size_of(dtype), " bytes of ", dtype);
    Tensor tensor;
    tensor.impl_ = std::make_shared<Impl>();
    tensor.impl_->storage = std::move(storage);
    tensor.impl_->offset = offset;
    tensor.impl_->shape = shape;
    tensor.impl_->dtype = dtype;
    return tensor;
}

Tensor Tensor::from_bytes(const Shape& shape, DType dtype, const void* values, std::size_t count) {
    TERN_CHECK(static_cast<std::int64_t>(count) == shape.numel(), kWhere, count, " values for shape ", shape);
    Tensor result = empty(shape, dtype);
    if (count > 0) std::memcpy(result.raw_data(), values, static_cast<std::size_t>(result.bytes()));
    return result;
}

const Shape& Tensor::shape() const { return impl().shape; }
DType Tensor::dtype() const { return impl().dtype; }
Device Tensor::device() const { return impl().storage->device(); }
const std::shared_ptr<Storage>& Tensor::storage() const { return impl().storage; }
std::int64_t Tensor::storage_offset() const { return impl().offset; }
std::byte* Tensor::raw_data() const { return impl().storage->data() + impl().offset; }

void Tensor::check_dtype(DType wanted) const {
    TERN_CHECK(dtype() == wanted, kWhere, "elements are ", dtype(), ", asked for as ", wanted);
}

double Tensor::item() const {
    TERN_CHECK(numel() == 1, kWhere, "item() needs one element, the shape is ", shape());
    const Tensor host = to(Device::cpu());
    return visit_any(dtype(), [&]<class T>() { return static_cast<double>(*host.data<T>()); });
}

void Tensor::rebind(std::shared_ptr<Storage> storage, std::int64_t offset) {
    const Tensor target = view_of(std::move(storage), offset, shape(), dtype());
    target.copy_from(*this);
    impl().storage = target.storage();
    impl().offset = offset;
}

Tensor Tensor::reshape(std::initializer_list<std::int64_t> extents) const {
    return reshape(complete({extents.begin(), extents.size()}, shape()));
}

Tensor Tensor::reshape(const Shape& to) const {
    TERN_CHECK(to.numel() == numel(), kWhere, "cannot reshape ", shape(), " to ", to);
    Tensor result = view_of(storage(), storage_offset(), to, dtype());
    Function::record<ReshapeBackward>({*this}, {result}, shape());
    return result;
}

Tensor Tensor::slice(std::int64_t begin, std::int64_t end) const {
    TERN_CHECK(rank() > 0 && 0 <= begin && begin <= end && end <= dim(0), kWhere, "slice [", begin, ", ", end,
               ") of shape ", shape());
    const std::int64_t row = dim(0) == 0 ? 0 : bytes() / dim(0);
    Tensor result = view_of(storage(), storage_offset() + begin * row, shape().with(0, end - begin), dtype());
    Function::record<SliceBackward>({*this}, {result}, shape(), begin);
    return result;
}

Tensor Tensor::to(Device target) const {
    if (target == device()) return *this;
    Tensor result = empty(shape(), dtype(), target);
    result.copy_from(*this);
    return result;
}

Tensor Tensor::clone() const {
    Tensor result = empty(shape(), dtype(), device());
    result.copy_from(*this);
    return result;
}

Tensor Tensor::detach() const { return view_of(storage(), storage_offset(), shape(), dtype()); }

void Tensor::copy_from(const Tensor& source) const {
    TERN_CHECK(source.shape() == shape() && source.dtype() == dtype(), kWhere, "cannot copy ", source, " to ",
               *this);
    if (raw_data() == source.raw_data() && device() == source.device()) return;
    const Device where = device().is_cuda() ? device() : source.device();
    copy_bytes(raw_data(), device(), source.raw_data(), source.device(), static_cast<std::size_t>(bytes()),
               current_stream(where));
    mark_changed();
}

void Tensor::fill_zero() const {
    fill_bytes(raw_data(), 0, static_cast<std::size_t>(bytes()), current_stream(device()));
    mark_changed();
}

bool Tensor::requires_grad() const { return defined() && impl_->requires_grad; }

Tensor& Tensor::set_requires_grad(bool requires_grad) {
    TERN_CHECK(grad_function() == nullptr, kWhere, "requires_grad is set on leaves; ", *this,
               " is a result of ", grad_function()->name());
    TERN_CHECK(!requires_grad || is_floating(dtype()), kWhere,
               "only floating-point tensors have gradients, not ", dtype());
    impl().requires_grad = requires_grad;
    return *this;
}

Tensor Tensor::grad() const {
    if (impl().grad_is_zero) impl().grad_is_zero = false;  // who has it may write
    return impl().grad;
}

void Tensor::set_grad(Tensor grad) const {
    TERN_CHECK(!grad.defined() || (grad.shape() == shape() && grad.device() == device()), kWhere,
               "a gradient ", grad, " for ", *this);
    impl().grad = std::move(grad);
    impl().grad_is_zero = false;
}

void Tensor::mark_grad_zero() const { impl().grad_is_zero = impl().grad.defined(); }

void Tensor::set_grad_hook(std::function<void(const Tensor&)> hook) const {
    impl().grad_hook = std::move(hook);
}
const std::shared_ptr<Function>& Tensor::grad_function() const { return impl().grad_function; }

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) {
    if (!tensor.defined()) return out << "undefined";
    return out << tensor.dtype() << ' ' << tensor.shape() << " on " << tensor.device();
}

}  // namespace tern
