// cuBLASLt reads matrices by columns: what is row-major here is the transposed matrix there, so it is asked
// for the transposed product, b first: c^T = b^T a^T.
#include "tern/kernels/cudnn/product.hpp"

#include <bit>
#include <limits>

#include "tern/core/cuda/cublaslt.hpp"
#include "tern/kernels/cudnn/plan_cache.hpp"

namespace tern::cudnn {
namespace {

using cuda::cublaslt;

constexpr std::uint64_t kWorkspaceLimit = std::uint64_t{32} << 20;  // what NVIDIA recommends for Hopper
constexpr std::uint32_t kMostAlignment = 256;                       // more is of no use to an algorithm

struct StoredMatrix {
    std::int64_t rows, columns;
    bool transposed;
    std::uint32_t alignment;  // of its first element, in bytes

    friend bool operator==(const StoredMatrix&, const StoredMatrix&) = default;
};

struct Product {
    DType dtype;
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
    return {c.dtype(),        c.device(),    stored(a.tensor, a.transposed), stored(b.tensor, b.transposed),
            stored(c, false), bias.defined()};
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
    bool usable = false;  // there is an algorithm
    cublasLtMatmulAlgo_t algorithm{};
    std::size_t workspace_bytes = 0;

    Plan(const Product& product, cublasLtHandle_t handle)
        : key(product), a(layout(product.a)), b(layout(product.b)), c(layout(product.c)) {
        set(CUBLASLT_MATMUL_DESC_TRANSA, key.b.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
        set(CUBLASLT_MATMUL_DESC_TRANSB, key.a.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
        if (key.with_bias) set(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS);
        choose_algorithm(handle);
    }

    /// The bias of the next call: it is part of the description.
    void set_bias(const void* bias) const { set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias); }

  private:
    static cublasLtMatmulDesc_t make_operation() {
        cublasLtMatmulDesc_t result{};
        // COMPUTE_32F keeps float32 as it is; TF32 would be another type.
        TERN_CUBLASLT_CHECK(cublaslt().cublasLtMatmulDescCreate(&result, CUBLAS_COMPUTE_32F, CUDA_R_32F));
        return result;
    }

    Layout layout(const StoredMatrix& matrix) const {
        cublasLtMatrixLayout_t result{};
        TERN_CUBLASLT_CHECK(cublaslt().cublasLtMatrixLayoutCreate(
            &result, data_type(key.dtype), static_cast<std::uint64_t>(matrix.columns),
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
        cublasLtMatmulHeuristicResult_t best{};
        int count = 0;
        const cublasStatus_t status = cublaslt().cublasLtMatmulAlgoGetHeuristic(
            handle, operation.get(), b.get(), a.get(), c.get(), c.get(), preference.get(), 1, &best, &count);
        if (status == CUBLAS_STATUS_NOT_SUPPORTED) return;
        TERN_CUBLASLT_CHECK(status);
        usable = count > 0 && best.state == CUBLAS_STATUS_SUCCESS;
        algorithm = best.algo;
        workspace_bytes = best.workspaceSize;
    }
};

bool has_plan(Product product, std::string* why_not) {
    if (product.device.type != DeviceType::cuda) product.device = Device::cuda();
    try {
        if (plan_of<Plan>(product, cuda::cublaslt_handle(product.device)).usable) return true;
    } catch (const Error& error) {  // no device
        return refuse(why_not, error.what());
    }
    return refuse(why_not, "no deterministic algorithm within ", kWorkspaceLimit >> 20, " MiB of workspace");
}

}  // namespace

bool accepts_product(const ProductOperand& a, const ProductOperand& b, const Tensor& bias, const Tensor& c,
                     std::string* why_not) {
    if (c.dtype() == DType::float64) return refuse(why_not, "float32 and 16-bit types only, got float64");
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
    TERN_CHECK(plan.usable, "cublaslt", "no deterministic algorithm for this product");
    const Tensor workspace =
        Tensor::empty({static_cast<std::int64_t>(plan.workspace_bytes)}, DType::uint8, c.device());
    if (bias) plan.set_bias(bias.raw_data());
    const float one = 1, zero = 0;
    TERN_CUBLASLT_CHECK(cublaslt().cublasLtMatmul(
        handle, plan.operation.get(), &one, b.tensor.raw_data(), plan.b.get(), a.tensor.raw_data(),
        plan.a.get(), &zero, c.raw_data(), plan.c.get(), c.raw_data(), plan.c.get(), &plan.algorithm,
        workspace.raw_data(), plan.workspace_bytes, static_cast<cudaStream_t>(stream.native)));
}

}  // namespace tern::cudnn
