// cuBLASLt reads matrices by columns: what is row-major here is the transposed matrix there, so it is asked
// for the transposed product, b first: c^T = b^T a^T.
#include "tern/kernels/cudnn/product.hpp"

#include <bit>
#include <limits>
#include <vector>

#include "tern/core/cuda/cublaslt.hpp"
#include "tern/kernels/cudnn/plan_cache.hpp"

namespace tern::cudnn {
namespace {

using cuda::cublaslt;

constexpr std::uint64_t kWorkspaceLimit = std::uint64_t{32} << 20;  // what NVIDIA recommends for Hopper
constexpr int kMostAlgorithms = 8;
constexpr std::uint32_t kMostAlignment = 256;  // more is of no use to an algorithm

struct StoredMatrix {
    std::int64_t rows, columns;
    bool transposed;
    std::uint32_t alignment;  // of its first element, in bytes

    friend bool operator==(const StoredMatrix&, const StoredMatrix&) = default;
};

struct Product {
    DType dtype, result;  // of the factors, and of c
    Device device;
    StoredMatrix a, b, c;
    bool with_bias;

    friend bool operator==(const Product&, const Product&) = default;
};

StoredMatrix stored(const Tensor& tensor, bool transposed) {
    const std::int64_t columns = tensor.dim(-1);
    const std::uint64_t address = std::bit_cast<std::uintptr_t>(tensor.raw_data()) | kMostAlignment;
    return {columns == 0 ? 0 : tensor.numel() / columns, columns, transposed,
            std::uint32_t{1} << std::countr_zero(address)};
}

Product product_of(const ProductOperand& a, const ProductOperand& b, const Tensor& bias, const Tensor& c) {
    return {a.tensor.dtype(),
            c.dtype(),
            c.device(),
            stored(a.tensor, a.transposed),
            stored(b.tensor, b.transposed),
            stored(c, false),
            bias.defined()};
}

cudaDataType_t data_type(DType dtype) {
    switch (dtype) {
        case DType::float32:
            return CUDA_R_32F;
        case DType::bfloat16:
            return CUDA_R_16BF;
        case DType::float16:
            return CUDA_R_16F;
        default:
            fail("cublaslt", "no products in ", dtype);
    }
}

struct Plan {
    using Layout = Owned<cublasLtMatrixLayout_t, cublasStatus_t>;

    Product key;
    Layout a, b, c;
    Owned<cublasLtMatmulDesc_t, cublasStatus_t> operation{make_operation(),
                                                          cublaslt().cublasLtMatmulDescDestroy};
    std::vector<cublasLtMatmulHeuristicResult_t> algorithms;  // as the heuristics rank them
    /// The first that has not refused a call.
    mutable std::size_t chosen = 0;

    Plan(const Product& product, cublasLtHandle_t handle)
        : key(product),
          a(layout(product.a, product.dtype)),
          b(layout(product.b, product.dtype)),
          c(layout(product.c, product.result)) {
        set(CUBLASLT_MATMUL_DESC_TRANSA, key.b.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
        set(CUBLASLT_MATMUL_DESC_TRANSB, key.a.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
        if (key.with_bias) set(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS);
        choose_algorithm(handle);
    }

    bool usable() const { return chosen < algorithms.size(); }
    /// The bias of the next call: it is part of the description.
    void set_bias(const void* bias) const { set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias); }

  private:
    static cublasLtMatmulDesc_t make_operation() {
        cublasLtMatmulDesc_t result{};
        // COMPUTE_32F keeps float32 as it is; TF32 would be another type.
        TERN_CUBLASLT_CHECK(cublaslt().cublasLtMatmulDescCreate(&result, CUBLAS_COMPUTE_32F, CUDA_R_32F));
        return result;
    }

    static Layout layout(const StoredMatrix& matrix, DType dtype) {
        cublasLtMatrixLayout_t result{};
        TERN_CUBLASLT_CHECK(cublaslt().cublasLtMatrixLayoutCreate(
            &result, data_type(dtype), static_cast<std::uint64_t>(matrix.columns),
            static_cast<std::uint64_t>(matrix.rows), matrix.columns));
        return {result, cublaslt().cublasLtMatrixLayoutDestroy};
    }

    template <class Value>
    void set(cublasLtMatmulDescAttributes_t attribute, const Value& value) const {
        TERN_CUBLASLT_CHECK(
            cublaslt().cublasLtMatmulDescSetAttribute(operation.get(), attribute, &value, sizeof value));
    }

    void choose_algorithm(cublasLtHandle_t handle) {
        cublasLtMatmulPreference_t made{};
        TERN_CUBLASLT_CHECK(cublaslt().cublasLtMatmulPreferenceCreate(&made));
        const Owned<cublasLtMatmulPreference_t, cublasStatus_t> preference(
            made, cublaslt().cublasLtMatmulPreferenceDestroy);
        const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t attribute, const auto& value) {
            TERN_CUBLASLT_CHECK(cublaslt().cublasLtMatmulPreferenceSetAttribute(preference.get(), attribute,
                                                                                &value, sizeof value));
        };
        prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspaceLimit);
        // Parts of the depth are summed from the workspace, in order: the other schemes add to c as blocks
        // end.
        prefer(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
               std::uint32_t{CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE});
        prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, key.b.alignment);
        prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, key.a.alignment);
        prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, key.c.alignment);
        prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, key.c.alignment);
        algorithms.resize(kMostAlgorithms);
        int count = 0;
        const cublasStatus_t status = cublaslt().cublasLtMatmulAlgoGetHeuristic(
            handle, operation.get(), b.get(), a.get(), c.get(), c.get(), preference.get(), kMostAlgorithms,
            algorithms.data(), &count);
        algorithms.resize(static_cast<std::size_t>(status == CUBLAS_STATUS_SUCCESS ? count : 0));
        if (status == CUBLAS_STATUS_NOT_SUPPORTED) return;
        TERN_CUBLASLT_CHECK(status);
        std::erase_if(algorithms, [](const auto& each) { return each.state != CUBLAS_STATUS_SUCCESS; });
    }
};

// Memory that starts at a multiple of 256 bytes, as the library's own workspaces do.
class Workspace {
  public:
    Workspace(std::size_t bytes, Device device)
        : memory_(Tensor::empty({static_cast<std::int64_t>(bytes == 0 ? 0 : bytes + kMostAlignment)},
                                DType::uint8, device)) {}

    void* data() const {
        const auto address = std::bit_cast<std::uintptr_t>(memory_.raw_data());
        return std::bit_cast<void*>((address + kMostAlignment - 1) / kMostAlignment * kMostAlignment);
    }

  private:
    Tensor memory_;
};

bool has_plan(Product product, std::string* why_not) {
    if (product.device.type != DeviceType::cuda) product.device = Device::cuda();
    try {
        if (plan_of<Plan>(product, cuda::cublaslt_handle(product.device)).usable()) return true;
    } catch (const Error& error) {  // no device
        return refuse(why_not, error.what());
    }
    return refuse(why_not, "no deterministic algorithm within ", kWorkspaceLimit >> 20, " MiB of workspace");
}

}  // namespace

bool accepts_product(const ProductOperand& a, const ProductOperand& b, const Tensor& bias, const Tensor& c,
                     std::string* why_not) {
    if (a.tensor.dtype() == DType::float64)
        return refuse(why_not, "float32 and 16-bit types only, got float64");
    for (const Tensor* tensor : {&a.tensor, &b.tensor, &c}) {
        if (tensor->numel() == 0) return refuse(why_not, "no elements");
        if (tensor->numel() > std::numeric_limits<int>::max())
            return refuse(why_not, "tensors of less than 2^31 elements only, got ", tensor->shape());
    }
    // Else the library stores the product in 16 bits and adds the bias to that: sums that cancel lose all
    // digits.
    constexpr std::int64_t kWhole = 8;
    for (const Tensor* tensor : {&a.tensor, &b.tensor, &c})
        if (bias && c.dtype() != DType::float32 && tensor->dim(-1) % kWhole != 0)
            return refuse(why_not, "with a bias, 16-bit rows of whole 16 bytes only, got ", tensor->shape());
    return cuda::cublaslt_available(why_not) && has_plan(product_of(a, b, bias, c), why_not);
}

void run_product(const ProductOperand& a, const ProductOperand& b, const Tensor& bias, const Tensor& c,
                 const Stream& stream) {
    cublasLtHandle_t handle = cuda::cublaslt_handle(c.device());
    const auto& plan = plan_of<Plan>(product_of(a, b, bias, c), handle);
    if (bias) plan.set_bias(bias.raw_data());
    const float one = 1, zero = 0;
    const auto run = [&](const cublasLtMatmulHeuristicResult_t& algorithm) {
        const Workspace workspace(algorithm.workspaceSize, c.device());
        return cublaslt().cublasLtMatmul(
            handle, plan.operation.get(), &one, b.tensor.raw_data(), plan.b.get(), a.tensor.raw_data(),
            plan.a.get(), &zero, c.raw_data(), plan.c.get(), c.raw_data(), plan.c.get(), &algorithm.algo,
            workspace.data(), algorithm.workspaceSize, static_cast<cudaStream_t>(stream.native));
    };
    for (; plan.usable(); ++plan.chosen) {
        const cublasStatus_t status = run(plan.algorithms[plan.chosen]);
        // The heuristics can rank first what the call then refuses.
        if (status == CUBLAS_STATUS_INVALID_VALUE || status == CUBLAS_STATUS_NOT_SUPPORTED) continue;
        TERN_CUBLASLT_CHECK(status);
        return;
    }
    fail("cublaslt", "no deterministic algorithm takes this product");
}

}  // namespace tern::cudnn
