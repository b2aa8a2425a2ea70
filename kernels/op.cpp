#include "tern/kernels/op.hpp"

#include <algorithm>
#include <array>

namespace tern {
namespace {

constexpr std::array<std::string_view, 7> kBackendNames{"ref",  "cpu",      "cpu_winograd", "cpu_bf16",
                                                        "cuda", "cuda_mma", "cudnn"};

const Tensor* first_defined(std::span<const Tensor> tensors) {
    for (const Tensor& tensor : tensors) {
        if (tensor.defined()) return &tensor;
    }
    return nullptr;
}

}  // namespace

std::string_view name_of(Backend backend) { return kBackendNames.at(static_cast<std::size_t>(backend)); }

Backend parse_backend(std::string_view name) {
    for (std::size_t i = 0; i < kBackendNames.size(); ++i) {
        if (kBackendNames[i] == name) return static_cast<Backend>(i);
    }
    fail("kernels", '"', name, "\" is none of ref, cpu, cpu_winograd, cpu_bf16, cuda, cuda_mma, cudnn");
}

DeviceType device_type_of(Backend backend) {
    return backend < Backend::cuda ? DeviceType::cpu : DeviceType::cuda;
}

bool rounds_inputs(Backend backend) { return backend == Backend::cpu_bf16; }

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
    TERN_CHECK(found != passes.end(), name, "no pass of the type ", type.name());
    return *found;
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
    const DType dtype = first_dtype(tensors);
    if (dtype != DType::float32 && dtype != DType::bfloat16 && dtype != DType::float16)
        return refuse(why_not, "float32 and 16-bit types only, got ", dtype);
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
