#include "tern/kernels/dispatch/op.hpp"

#include <algorithm>
#include <map>

namespace tern {
namespace {

const Tensor* first_defined(std::span<const Tensor> tensors) {
    for (const Tensor& tensor : tensors) {
        if (tensor.defined()) return &tensor;
    }
    return nullptr;
}

bool accepts_cuda_type(DType dtype, std::string* why_not) {
    return dtype == DType::float32 || dtype == DType::bfloat16 || dtype == DType::float16 ||
           refuse(why_not, "float32 and 16-bit types only, got ", dtype);
}

}  // namespace

Device Problem::device() const {
    const Tensor* tensor = first_defined(inputs);
    if (tensor == nullptr) tensor = first_defined(outputs);
    TERN_ASSERT(tensor != nullptr);
    return tensor->device();
}

DType Problem::dtype() const {
    const Tensor* tensor = first_defined(inputs);
    TERN_ASSERT(tensor != nullptr);
    return tensor->dtype();
}

std::int64_t Problem::bytes() const {
    std::int64_t sum = 0;
    for (const auto tensors : {inputs, outputs}) {
        for (const Tensor& tensor : tensors) sum += tensor.defined() ? tensor.bytes() : 0;
    }
    return sum;
}

const Pass& Op::pass(std::string_view pass_name) const {
    std::string names;
    for (const Pass& candidate : passes) {
        if (candidate.name == pass_name) return candidate;
        names += to_text(names.empty() ? "" : ", ", candidate.name);
    }
    fail(name, "no pass \"", pass_name, "\", only ", names);
}

const Pass& Op::pass(const std::type_info& type) const {
    const auto found = std::ranges::find_if(
        passes, [&](const Pass& pass) { return pass.type != nullptr && *pass.type == type; });
    TERN_ASSERT(found != passes.end());
    return *found;
}

bool Op::has_parts() const { return replaces_parts(DeviceType::cpu) || replaces_parts(DeviceType::cuda); }

bool Op::replaces_parts(DeviceType device) const {
    return std::ranges::any_of(passes, [device](const Pass& pass) {
        return std::ranges::any_of(pass.implementations, [device](const Implementation& implementation) {
            return implementation.device == device && implementation.replaces_parts;
        });
    });
}

const Implementation* find_implementation(const Pass& pass, std::string_view name) {
    const auto found = std::ranges::find(pass.implementations, name, &Implementation::name);
    return found == pass.implementations.end() ? nullptr : &*found;
}

DeviceType device_of_implementation(std::string_view name) {
    std::map<std::string_view, DeviceType> devices;
    for (const Op* op : all_ops()) {
        for (const Pass& pass : op->passes) {
            for (const Implementation& one : pass.implementations) devices.emplace(one.name, one.device);
        }
    }
    const auto found = devices.find(name);
    if (found != devices.end()) return found->second;
    std::string names;
    for (const auto& [known, device] : devices) names += to_text(names.empty() ? "" : ", ", known);
    fail("kernels", '"', name, "\" is none of ", names);
}

bool accepts_float32(TensorRefs tensors, std::string* why_not) {
    for (const Tensor& tensor : tensors) {
        if (tensor.defined() && is_floating(tensor.dtype()) && tensor.dtype() != DType::float32)
            return refuse(why_not, "float32 only, got ", tensor.dtype());
    }
    return true;
}

DType first_dtype(TensorRefs tensors) {
    const auto first = std::ranges::find_if(tensors, [](const Tensor& tensor) { return tensor.defined(); });
    TERN_ASSERT(first != tensors.end());
    return first->get().dtype();
}

bool accepts_cuda_floating(TensorRefs tensors, std::string* why_not) {
    return accepts_cuda_type(first_dtype(tensors), why_not) && accepts_cuda_offsets(tensors, why_not);
}

bool accepts_cuda_types(std::initializer_list<Tensor> tensors, std::string* why_not) {
    return std::ranges::all_of(
        tensors, [&](const Tensor& tensor) { return accepts_cuda_type(tensor.dtype(), why_not); });
}

bool accepts_cuda_offsets(TensorRefs tensors, std::string* why_not) {
    for (const Tensor& tensor : tensors) {
        if (tensor.defined() && tensor.numel() > INT32_MAX)
            return refuse(why_not, "more than 2^31 - 1 elements: ", tensor);
    }
    return true;
}

std::span<const Op* const> all_ops() {
    static const std::vector<const Op*> ops{
#define TERN_OP(name, files) &name##_op(),
#include "tern/kernels/op_list.def"
#undef TERN_OP
    };
    return ops;
}

const Op& find_op(std::string_view name) {
    std::string names;
    for (const Op* op : all_ops()) {
        if (op->name == name) return *op;
        names += to_text(names.empty() ? "" : ", ", op->name);
    }
    fail("kernels", "no operation \"", name, "\", only ", names);
}

}  // namespace tern
