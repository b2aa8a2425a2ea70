// For onnx_test.py: modules of all operations that are written as ONNX, each as FOLDER/NAME.onnx and .nchw.onnx, with inputs and
// tern's outputs for 1, 3 and 64 samples in FOLDER/NAME.safetensors.
// usage: tern-export-operations FOLDER
#include <cstdio>
#include <filesystem>
#include <utility>

#include "tern/core/create.hpp"
#include "tern/core/files/safetensors.hpp"
#include "tern/tern.hpp"
#include "tern/tests/layers/trained.hpp"
#include "tern/training/onnx/onnx.hpp"

using namespace tern;

namespace {

const Shape kSample{6, 5, 4};

// A user's own module, whose forward pass is a function of its layers.
struct Own : Module {
    using Body = Tensor (*)(Own& own, const Tensor& x);
    explicit Own(Body with) : body(with) {
        initialize(Initialization::pytorch, 1);
        test::pretend_trained(*this, 2);
        vector = randn({4}, {3, RandomPurpose::user, 0});
        grid = randn({6, 5, 1}, {4, RandomPurpose::user, 0});
        image = randn({6, 5, 4}, {5, RandomPurpose::user, 0});
    }
    std::string type() const override { return "Own"; }
    Features forward(Features x) override { return body(*this, x); }

    Body body;
    Tensor vector, grid, image;
    Conv2d& same = add_child<Conv2d>("same", 4, 8, {.kernel = 3, .stride = 2, .padding = kSame});
    Conv2d& even = add_child<Conv2d>("even", 4, 6, {.kernel = 4, .padding = kSame, .bias = false});
    Conv2d& sides = add_child<Conv2d>(
        "sides", 4, 8,
        {.kernel = {3, 2}, .stride = {1, 2}, .padding = {{2, 0}, {1, 3}}, .dilation = {2, 1}, .groups = 2});
    Conv2d& point = add_child<Conv2d>("point", 4, 4, {.kernel = 1});
    Conv2d& strided_point = add_child<Conv2d>("strided_point", 4, 4, {.kernel = 1, .stride = 2});
    Conv2d& conv = add_child<Conv2d>("conv", 4, 4, {.kernel = 3, .padding = 1});
    DepthwiseConv2d& depthwise = add_child<DepthwiseConv2d>(
        "depthwise", 4, {.kernel = {3, 5}, .stride = {2, 1}, .padding = kSame, .bias = true});
    SeparableConv2d& separable =
        add_child<SeparableConv2d>("separable", 4, 4, {.kernel = 3, .padding = kSame});
    BatchNorm2d& norm = add_child<BatchNorm2d>("norm", 4);
    Linear& linear4 = add_child<Linear>("linear4", 4, 3);
    Linear& unbiased = add_child<Linear>("unbiased", 4, 4, {.bias = false});
    Linear& queries = add_child<Linear>("queries", 4, 12);
    GroupNorm& groups = add_child<GroupNorm>("groups", 2, 4);
    GroupNorm& features = add_child<GroupNorm>("features", 4, 120);
    GroupNorm& one_group = add_child<GroupNorm>("one_group", 1, 4);
    LayerNorm& rows = add_child<LayerNorm>("rows", 4);
    Dropout& dropout = add_child<Dropout>("dropout", 0.5, 0);
    Flatten& flatten = add_child<Flatten>("flatten");
};

Tensor with_norm(Own& own, const Tensor& x, Activation activation, const Tensor& residual = {}) {
    const NamedTensors state = own.norm.state();
    return normalize(x, state[2].tensor, state[3].tensor, state[0].tensor, state[1].tensor,
                     {.epsilon = 1e-3, .activation = activation, .slope = 0.2}, residual);
}

DeferredNormalize deferred(Own& own, Activation activation, const Tensor& residual = {}) {
    const NamedTensors state = own.norm.state();
    return {state[2].tensor, state[3].tensor, state[0].tensor, state[1].tensor, {1e-3, activation}, residual};
}

// softmax(q k^T / 2) v of pixels, q, k and v slices of one tensor.
Tensor attention(Own& own, const Tensor& x) {
    const Tensor pixels = own.queries(x.reshape({-1, 30, 4})).reshape({-1, 30, 3, 4});
    const Tensor parts = permute(pixels, {2, 0, 1, 3});
    const auto part = [&](int i) { return parts.slice(i, i + 1).reshape({x.dim(0), 30, 4}); };
    return matmul(softmax(matmul(part(0), part(1), false, true) * 0.5), part(2));
}

using Case = std::pair<const char*, Own::Body>;

const Case kCases[] = {
    {"identity", [](Own&, const Tensor& x) { return x; }},
    {"dropout", [](Own& own, const Tensor& x) { return own.dropout(x); }},
    {"conv_same", [](Own& own, const Tensor& x) { return own.same(x); }},
    {"conv_even", [](Own& own, const Tensor& x) { return own.even(x); }},
    {"conv_sides", [](Own& own, const Tensor& x) { return own.sides(x); }},
    {"conv_point", [](Own& own, const Tensor& x) { return own.point(x); }},
    {"conv_strided_point", [](Own& own, const Tensor& x) { return own.strided_point(x); }},
    {"conv_chain", [](Own& own, const Tensor& x) { return own.same(own.point(own.conv(own.conv(x)))); }},
    {"depthwise", [](Own& own, const Tensor& x) { return own.depthwise(x); }},
    {"separable", [](Own& own, const Tensor& x) { return own.separable(own.separable(x)); }},
    {"separable_operation",
     [](Own& own, const Tensor& x) {
         const NamedTensors state = own.separable.state();
         return separable_conv2d(x, deferred(own, Activation::relu, x), state[0].tensor,
                                 state[1].tensor.reshape({4, 4}), own.vector)
             .output;
     }},
    {"linear_rank_2", [](Own& own, const Tensor& x) { return own.linear4(global_average_pool(x)); }},
    {"linear_rank_3", [](Own& own, const Tensor& x) { return own.linear4(x.reshape({-1, 30, 4})); }},
    {"linear_rank_4", [](Own& own, const Tensor& x) { return own.unbiased(own.conv(own.unbiased(x))); }},
    {"linear_computed",
     [](Own& own, const Tensor& x) { return linear(own.conv(x), own.vector.reshape({1, 4}) * 2.0, {}); }},
    {"matmul_transposed", [](Own&, const Tensor& x) { return matmul(x, x, true); }},
    {"attention", attention},
    {"norm_none", [](Own& own, const Tensor& x) { return with_norm(own, own.conv(x), Activation::none); }},
    {"norm_relu", [](Own& own, const Tensor& x) { return with_norm(own, own.conv(x), Activation::relu, x); }},
    {"norm_leaky", [](Own& own, const Tensor& x) { return with_norm(own, x, Activation::leaky_relu); }},
    {"norm_elu", [](Own& own, const Tensor& x) { return with_norm(own, x, Activation::elu); }},
    {"norm_layer", [](Own& own, const Tensor& x) { return own.norm(own.conv(x), Features(x)).value(); }},
    {"norm_rank_2", [](Own& own, const Tensor& x) { return own.norm(global_average_pool(x)); }},
    {"norm_rank_3", [](Own& own, const Tensor& x) { return own.norm(x.reshape({-1, 30, 4})); }},
    {"norm_max_pool",
     [](Own& own, const Tensor& x) {
         return normalize_max_pool2d(x, deferred(own, Activation::relu6), Window2d::square(3, 2, 1));
     }},
    {"norm_of_batch",
     [](Own& own, const Tensor& x) {
         const auto [mean, variance] = channel_moments(own.conv(x));
         const NamedTensors state = own.norm.state();
         return normalize(x, mean, variance, state[0].tensor, state[1].tensor);
     }},
    {"group_norm", [](Own& own, const Tensor& x) { return own.groups(own.conv(x)); }},
    {"group_norm_one", [](Own& own, const Tensor& x) { return own.one_group(x); }},
    {"group_norm_rank_2", [](Own& own, const Tensor& x) { return own.features(x.reshape({-1, 120})); }},
    {"layer_norm", [](Own& own, const Tensor& x) { return own.conv(own.rows(x)); }},
    {"relu", [](Own&, const Tensor& x) { return relu(x); }},
    {"relu6", [](Own&, const Tensor& x) { return relu6(x * 5.0); }},
    {"leaky_relu", [](Own&, const Tensor& x) { return leaky_relu(x, 0.3); }},
    {"elu", [](Own&, const Tensor& x) { return elu(x, 1.5); }},
    {"gelu", [](Own&, const Tensor& x) { return gelu(x); }},
    {"gelu_tanh", [](Own&, const Tensor& x) { return gelu_tanh(x); }},
    {"silu", [](Own&, const Tensor& x) { return silu(x); }},
    {"sigmoid", [](Own&, const Tensor& x) { return sigmoid(x); }},
    {"tanh", [](Own&, const Tensor& x) { return tanh(x); }},
    {"hard_swish", [](Own&, const Tensor& x) { return hard_swish(x * 4.0); }},
    {"activation_none", [](Own&, const Tensor& x) { return activation(x, Activation::none) + x; }},
    {"max_pool", [](Own&, const Tensor& x) { return max_pool2d(x, Window2d::square(3, 2).same(6, 5)); }},
    {"max_pool_dilated", [](Own&, const Tensor& x) { return max_pool2d(x, Window2d::square(2, 1, 1, 2)); }},
    {"avg_pool", [](Own&, const Tensor& x) { return avg_pool2d(x, Window2d::square(3, 2, 1)); }},
    {"avg_pool_inside",
     [](Own&, const Tensor& x) { return avg_pool2d(x, Window2d::square(2, 2).same(6, 5), false); }},
    {"subsampled",
     [](Own&, const Tensor& x) {
         return pad(avg_pool2d(x, Window2d::square(1, 2)), {{0, 0}, {0, 0}, {0, 0}, {2, 3}});
     }},
    {"global_average_pool", [](Own&, const Tensor& x) { return global_average_pool(x); }},
    {"add", [](Own& own, const Tensor& x) { return own.conv(x) + x; }},
    {"sub_vector", [](Own& own, const Tensor& x) { return own.conv(x) - own.vector; }},
    {"mul_grid", [](Own& own, const Tensor& x) { return own.grid * own.conv(x); }},
    {"div_image", [](Own& own, const Tensor& x) { return own.conv(x) / own.image; }},
    {"maximum", [](Own& own, const Tensor& x) { return maximum(own.conv(x), x); }},
    {"minimum", [](Own&, const Tensor& x) { return minimum(x, Tensor::full({}, 0.25)); }},
    {"pow", [](Own&, const Tensor& x) { return pow(abs(x) + 0.5, 1.5); }},
    {"numbers", [](Own&, const Tensor& x) { return 2.0 / (1.5 - (x * 0.5 + 3.0) * 2.0); }},
    {"lower_rank", [](Own& own, const Tensor& x) { return own.conv(x) - mean(x, {0, 1, 2}); }},
    {"squeeze_and_excite",
     [](Own& own, const Tensor& x) {
         const Tensor gate = sigmoid(own.unbiased(global_average_pool(x)));
         return own.conv(x) * gate.reshape({x.dim(0), 1, 1, 4});
     }},
    {"neg_exp", [](Own&, const Tensor& x) { return exp(-x); }},
    {"log_sqrt", [](Own&, const Tensor& x) { return log(sqrt(square(x) + 0.5)); }},
    {"reciprocal", [](Own& own, const Tensor& x) { return reciprocal(abs(own.conv(x)) + 1.0); }},
    {"scale_shift", [](Own&, const Tensor& x) { return scale_shift(x, 2.5, -1); }},
    {"equal", [](Own&, const Tensor& x) { return equal(cast(x, DType::int32), 0); }},
    {"not_equal", [](Own&, const Tensor& x) { return not_equal(cast(x, DType::int64), 0); }},
    {"less", [](Own& own, const Tensor& x) { return where(less(x, own.vector), x, 1.0); }},
    {"less_equal", [](Own&, const Tensor& x) { return less_equal(x, 0.5); }},
    {"greater", [](Own& own, const Tensor& x) { return where(greater(own.conv(x), 0), own.conv(x), x); }},
    {"greater_equal", [](Own&, const Tensor& x) { return cast(greater_equal(x, 0.25), DType::float32) * x; }},
    {"cast", [](Own&, const Tensor& x) { return cast(cast(x * 9.0, DType::int32), DType::float64); }},
    {"sum", [](Own& own, const Tensor& x) { return sum(own.conv(x), {1, 3}); }},
    {"mean_kept", [](Own& own, const Tensor& x) { return x - mean(own.conv(x), {1, 2}, true); }},
    {"max", [](Own& own, const Tensor& x) { return max(own.conv(x), {-1}); }},
    {"min_kept", [](Own&, const Tensor& x) { return min(x, {2}, true); }},
    {"of_none", [](Own&, const Tensor& x) { return sum(x, {}) * 2.0; }},
    {"variance", [](Own&, const Tensor& x) { return variance(x, {1, 2, 3}); }},
    {"softmax", [](Own& own, const Tensor& x) { return softmax(own.conv(x)); }},
    {"log_softmax", [](Own&, const Tensor& x) { return log_softmax(global_average_pool(x)); }},
    {"argmax", [](Own& own, const Tensor& x) { return argmax(own.conv(x)); }},
    {"topk", [](Own&, const Tensor& x) { return topk(x, 2, 1).values; }},
    {"topk_indices", [](Own&, const Tensor& x) { return topk(x, 3).indices; }},
    {"concat_channels", [](Own& own, const Tensor& x) { return concat({own.conv(x), x, own.conv(x)}, -1); }},
    {"concat_rows", [](Own&, const Tensor& x) { return concat({x, x * 2.0}, 1); }},
    {"permute", [](Own& own, const Tensor& x) { return permute(own.conv(x), {0, 2, 1, 3}); }},
    {"permute_samples", [](Own&, const Tensor& x) { return permute(x, {3, 0, 2, 1}) * 2.0; }},
    {"flatten", [](Own& own, const Tensor& x) { return own.flatten(own.conv(x)); }},
    {"flatten_input", [](Own& own, const Tensor& x) { return own.flatten(x); }},
    {"reshape", [](Own& own, const Tensor& x) { return own.conv(x).reshape({-1, 3, 40}).reshape({x.dim(0) * 3, 40}); }},
    {"rows_of_view",
     [](Own&, const Tensor& x) {
         const Tensor channels = permute(x, {3, 0, 1, 2});
         return channels.slice(1, 3).reshape({2, -1, 30}) * 2.0;
     }},
    {"pad_number", [](Own& own, const Tensor& x) { return pad(own.conv(x), {{0, 0}, {1, 0}, {2, 3}, {0, 1}}, 0.5); }},
    {"pad_reflected",
     [](Own& own, const Tensor& x) { return own.conv(pad(x, {{0, 0}, {1, 2}, {2, 1}, {0, 0}}, PadMode::reflect)); }},
    {"pad_replicated",
     [](Own&, const Tensor& x) { return pad(x, {{0, 0}, {2, 2}, {0, 1}, {0, 0}}, PadMode::replicate); }},
    {"crop", [](Own& own, const Tensor& x) { return crop(own.conv(x), {{0, 0}, {1, 2}, {0, 1}, {2, 0}}); }},
    {"slice", [](Own&, const Tensor& x) { return slice(x, 2, 1, 4); }},
    {"gather", [](Own&, const Tensor& x) { return gather(x, 3, topk(x, 2).indices); }},
    {"index_select",
     [](Own& own, const Tensor& x) { return index_select(own.conv(x), -1, Tensor::from<std::int64_t>({3}, {2, 0, 2})); }},
    {"stacked", [](Own& own, const Tensor& x) { return stack({own.point(x), x}, 1); }},
};

void write(const std::filesystem::path& folder, const Case& one) {
    const auto& [name, body] = one;
    Own own(body);
    own.eval();
    save_onnx(folder / to_text(name, ".onnx"), own, kSample);
    save_onnx(folder / to_text(name, ".nchw.onnx"), own, kSample, {.channels_first = true});
    const NoGrad no_grad;
    NamedTensors tensors;
    for (const std::int64_t samples : {1, 3, 64}) {
        const Tensor x =
            randn({samples, 6, 5, 4}, {static_cast<std::uint64_t>(samples), RandomPurpose::user, 7});
        tensors.push_back({to_text("input.", samples), x});
        tensors.push_back({to_text("output.", samples), own(x).clone()});
    }
    write_safetensors(folder / to_text(name, ".safetensors"), {tensors, {}});
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: tern-export-operations FOLDER\n", stderr);
        return 2;
    }
    for (const Case& one : kCases) {
        try {
            write(argv[1], one);
        } catch (const Error& error) {
            std::fprintf(stderr, "%s: %s\n", one.first, error.what());
            return 1;
        }
    }
    return 0;
}
