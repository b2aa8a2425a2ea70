// A model in 8 bits is as near to the one in float32 as the steps of its bytes allow.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "tern/core/autograd.hpp"
#include "tern/core/random.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"
#include "tern/layers/activation_layer.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/conv2d.hpp"
#include "tern/layers/fold_batch_norms.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/linear.hpp"
#include "tern/layers/pool.hpp"
#include "tern/layers/quantized/quantize_model.hpp"
#include "tern/layers/quantized/quantized_graph.hpp"
#include "tern/layers/separable_conv2d.hpp"
#include "tern/layers/state.hpp"
#include "tern/layers/trace/run_graph.hpp"
#include "tern/layers/trace/trace.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/layers/elements.hpp"
#include "tern/tests/layers/trained.hpp"
#include "tern/tests/threads_scope.hpp"

using namespace tern;
using test::is_equal;
using test::largest;

namespace {

using Kind = QuantizedStep::Kind;

// A user's own module, whose forward pass is a function of its layers.
struct Own : Module {
    using Body = Tensor (*)(Own& own, const Tensor& x);
    explicit Own(Body with) : body(with) {
        initialize(Initialization::pytorch, 1);
        test::pretend_trained(*this, 2);
    }
    std::string type() const override { return "Own"; }
    Features forward(Features x) override { return body(*this, x); }

    Body body;
    Conv2d& conv = add_child<Conv2d>("conv", 3, 8, {.kernel = 3, .padding = kSame});
    BatchNorm2d& norm = add_child<BatchNorm2d>("norm", 8, BatchNorm2dOptions{1e-3, 0.1, Activation::relu});
    SeparableConv2d& separable =
        add_child<SeparableConv2d>("separable", 8, 8, {.kernel = 3, .padding = kSame});
    BatchNorm2d& plain = add_child<BatchNorm2d>("plain", 8, BatchNorm2dOptions{1e-3, 0.1, Activation::none});
    Conv2d& strided = add_child<Conv2d>("strided", 8, 12, {.kernel = 3, .stride = 2, .padding = 1});
    MaxPool2d& pool = add_child<MaxPool2d>("pool", {.kernel = 2, .stride = 2});
    GlobalAveragePool& average = add_child<GlobalAveragePool>("average");
    Linear& head = add_child<Linear>("head", 12, 5);
    Conv2d& shortcut = add_child<Conv2d>("shortcut", 3, 8, {.kernel = 1});
};

Tensor whole(Own& own, const Tensor& x) {
    const Tensor a = own.norm(own.conv(x));
    const Tensor b = own.plain(own.separable(a));
    return own.head(own.average(own.pool(relu(own.strided(b + a)))));
}

Tensor images(std::int64_t count) {
    const Tensor x = Tensor::empty({count, 9, 8, 3}, DType::float32);
    const RandomStream random{3, RandomPurpose::user, 0};
    for (std::int64_t i = 0; i < x.numel(); ++i)
        x.data<float>()[i] = static_cast<float>(3.5 * random.uniform(static_cast<std::uint64_t>(i)) - 1.5);
    return x;
}

// The largest sum of |w| of an output.
double norm_of(const Tensor& weight) {
    const std::int64_t outputs = weight.dim(0), terms = weight.numel() / outputs;
    double result = 0;
    for (std::int64_t o = 0; o < outputs; ++o) {
        double sum = 0;
        for (std::int64_t t = 0; t < terms; ++t) sum += std::fabs(weight.data<float>()[o * terms + t]);
        result = std::max(result, sum);
    }
    return result;
}

double steps_of(const NamedTensors& state, const std::string& name) {
    for (const NamedTensor& tensor : state)
        if (tensor.name == name) return largest(tensor.tensor);
    return 0;
}

// How far a number of the output may be from float32's, where no byte was cut off: a byte is half a step off, a
// weight half a step, a bias half of both; what lies before counts with the weights' absolute sum. Clipping, pools and
// means do not enlarge it. 1e-5 of the largest number stands for float32's roundings.
double bound_of(const QuantizedModel& model, const Tensor& input) {
    const Graph& graph = model.graph();
    const Tensors values = run_graph(graph, input);
    const NamedTensors state = model.state();
    std::map<ValueId, double> off;
    off[graph.input] = steps_of(state, "input_scale") / 2;
    const auto at = [&](ValueId id) { return values[static_cast<std::size_t>(id)]; };
    for (const QuantizedStep& step : model.steps()) {
        double error = off.at(step.input);
        ValueId from = step.input;
        for (std::size_t w = 0; w < step.weights.size(); ++w) {
            const QuantizedStep::Weights& weights = step.weights[w];
            const Tensor weight = graph.value(weights.weight).constant;
            const double terms = static_cast<double>(weight.numel() / weight.dim(0));
            const double weight_step = steps_of(state, weights.name + ".weight_scale");
            const double input_step =
                w == 0 ? 0 : steps_of(state, step.weights[w - 1].name + ".output_scale");
            const double bias_step = weight_step * std::max(input_step, largest(at(from)) / 64);
            error = norm_of(weight) * error + terms * weight_step / 2 * (largest(at(from)) + error) +
                    bias_step / 2;
            if (w + 1 == step.weights.size() && step.residual != kNoValue) error += off.at(step.residual);
            error += steps_of(state, weights.name + ".output_scale") / 2;
            from = weights.output;
        }
        if (step.kind == Kind::average_pool)
            error += steps_of(state, graph.nodes[step.node].module + ".output_scale") / 2;
        off[step.output] = error + 1e-5 * largest(at(step.output));
    }
    return off.at(graph.output);
}

std::vector<Kind> kinds_of(const QuantizedModel& model) {
    std::vector<Kind> kinds;
    for (const QuantizedStep& step : model.steps()) kinds.push_back(step.kind);
    return kinds;
}

}  // namespace

TEST_CASE("a model in 8 bits is as near to float32 as its steps allow") {
    const NoGrad no_grad;
    Own own(whole);
    const Tensor x = images(6);
    const std::unique_ptr<QuantizedModel> model =
        quantize_model(own, {x.slice(0, 2), x.slice(2, 6)}, RangeMethod::min_max);
    CHECK(kinds_of(*model) == std::vector{Kind::convolution, Kind::separable, Kind::convolution,
                                          Kind::max_pool, Kind::average_pool, Kind::convolution});
    own.eval();
    const Tensor expected = own(x), got = (*model)(x);
    REQUIRE(got.shape() == expected.shape());
    const double bound = bound_of(*model, x);
    double off = 0;
    for (std::int64_t i = 0; i < got.numel(); ++i) {
        off = std::max(off, std::fabs(static_cast<double>(got.data<float>()[i]) - expected.data<float>()[i]));
        CHECK(std::fabs(static_cast<double>(got.data<float>()[i]) - expected.data<float>()[i]) <= bound);
    }
    CHECK(off > 0);  // these are bytes
    CHECK(off < 0.05 * largest(expected));
}

TEST_CASE("a sum of two convolutions is part of one of them, whichever runs first") {
    const NoGrad no_grad;
    const Own::Body bodies[] = {[](Own& self, const Tensor& x) {
                                    const Tensor a = self.conv(x), b = self.shortcut(x);
                                    return relu(a + b);
                                },
                                [](Own& self, const Tensor& x) {
                                    const Tensor a = self.shortcut(x), b = self.separable(relu(self.conv(x)));
                                    return relu(b + a);
                                },
                                [](Own& self, const Tensor& x) {
                                    const Tensor a = self.separable(self.shortcut(x)), b = self.conv(x);
                                    return relu(a + b);
                                }};
    for (const Own::Body& body : bodies) {
        INFO("body " << &body - bodies);
        Own own(body);
        const Tensor x = images(3);
        const auto model = quantize_model(own, {x}, RangeMethod::min_max);
        own.eval();
        const Tensor expected = own(x), got = (*model)(x);
        const double bound = bound_of(*model, x);
        CHECK(std::ranges::none_of(model->steps(), [](const auto& step) { return step.kind == Kind::node; }));
        CHECK(std::ranges::count_if(model->steps(),
                                    [](const auto& step) { return step.residual != kNoValue; }) == 1);
        for (std::int64_t i = 0; i < got.numel(); ++i)
            CHECK(std::fabs(static_cast<double>(got.data<float>()[i]) - expected.data<float>()[i]) <= bound);
    }
}

TEST_CASE("a model in 8 bits gives equal bits for any number of threads and images") {
    const NoGrad no_grad;
    Own own(whole);
    const Tensor x = images(7);
    const std::unique_ptr<QuantizedModel> model = quantize_model(own, {x});
    const Tensor all = (*model)(x);
    for (const int threads : {1, 2, 3}) {
        const test::ThreadsScope scope(threads);
        CHECK(is_equal((*model)(x), all));
        for (std::int64_t i = 0; i < 7; ++i)
            CHECK(is_equal((*model)(x.slice(i, i + 1)), all.slice(i, i + 1)));
    }
}

TEST_CASE("what a model in 8 bits holds makes another one the same") {
    const NoGrad no_grad;
    Own own(whole), other(whole);
    const Tensor x = images(3);
    const std::unique_ptr<QuantizedModel> model = quantize_model(own, {x});
    other.initialize(Initialization::pytorch, 99);
    other.eval();
    fold_batch_norms(other, {1, 9, 8, 3});
    QuantizedModel loaded(trace(other, {9, 8, 3}));
    loaded.eval();
    CHECK_THROWS_WITH(loaded(x), "[quantized model] a scale must be above 0, got nan");
    load_state(loaded, model->state());
    CHECK(is_equal(loaded(x), (*model)(x)));
}

TEST_CASE("operations without an 8-bit version run in float32 between those that have one") {
    const NoGrad no_grad;
    Own own([](Own& self, const Tensor& x) {
        return self.head(self.average(sigmoid(self.strided(tanh(self.conv(x))))));
    });
    const Tensor x = images(4);
    const std::unique_ptr<QuantizedModel> model = quantize_model(own, {x}, RangeMethod::min_max);
    CHECK(kinds_of(*model) == std::vector{Kind::convolution, Kind::node, Kind::convolution, Kind::node,
                                          Kind::node, Kind::convolution});
    own.eval();
    const Tensor expected = own(x), got = (*model)(x);
    for (std::int64_t i = 0; i < got.numel(); ++i)
        CHECK(std::fabs(got.data<float>()[i] - expected.data<float>()[i]) < 0.05 * largest(expected));
}

TEST_CASE("a ReLU before an operation in float32 stays") {
    const NoGrad no_grad;
    for (const Own::Body body :
         {Own::Body([](Own&self, const Tensor&x) { return sigmoid(relu(self.conv(x))); }),
          Own::Body([](Own&self, const Tensor&x) { return relu(self.conv(x)); })}) {
        Own own(body);
        const Tensor x = images(4);
        const std::unique_ptr<QuantizedModel> model = quantize_model(own, {x}, RangeMethod::min_max);
        own.eval();
        const Tensor expected = own(x), got = (*model)(x);
        for (std::int64_t i = 0; i < got.numel(); ++i)
            CHECK(std::fabs(got.data<float>()[i] - expected.data<float>()[i]) < 0.05 * largest(expected));
    }
}

TEST_CASE("a sum of two convolutions in 8 bits is a part of one of them") {
    const NoGrad no_grad;
    Own own([](Own& self, const Tensor& x) {
        return self.head(self.average(self.strided(relu(self.conv(x) + self.shortcut(x)))));
    });
    const Tensor x = images(4);
    const std::unique_ptr<QuantizedModel> model = quantize_model(own, {x});
    CHECK(kinds_of(*model) == std::vector{Kind::convolution, Kind::convolution, Kind::convolution,
                                          Kind::average_pool, Kind::convolution});
    CHECK(model->steps()[0].residual == kNoValue);
    CHECK(model->steps()[1].residual == model->steps()[0].output);
    own.eval();
    const Tensor expected = own(x), got = (*model)(x);
    for (std::int64_t i = 0; i < got.numel(); ++i)
        CHECK(std::fabs(got.data<float>()[i] - expected.data<float>()[i]) < 0.05 * largest(expected));
}

// Bytes differ where float32's sums lie on the other side of a half: two values of one step in 100 are far more than that.
TEST_CASE("the graph of a model in 8 bits gives in float32 what the model gives") {
    const NoGrad no_grad;
    const auto bytes = [](Own& own, const Tensor& x) {
        const Tensor a = own.norm(own.conv(x));
        return own.plain(own.separable(a)) + a;
    };
    const auto between = [](Own& own, const Tensor& x) {
        const Tensor a = tanh(own.conv(x));
        return own.pool(relu6(own.separable(a) + a)).reshape({x.dim(0), -1}) + 1.0;
    };
    for (const auto& [body, step_of] :
         {std::pair<Own::Body, const char*>(bytes, "separable.pointwise.output_scale"),
          std::pair<Own::Body, const char*>(between, "separable.pointwise.output_scale")}) {
        Own own(body);
        const Tensor x = images(7);
        const std::unique_ptr<QuantizedModel> model = quantize_model(own, {x});
        const Graph graph = quantized_graph(*model);
        const Tensor got = run_graph(graph, x)[static_cast<std::size_t>(graph.output)],
                     expected = (*model)(x);
        REQUIRE(got.shape() == expected.shape());
        const double step = steps_of(model->state(), step_of);
        std::int64_t others = 0;
        for (std::int64_t i = 0; i < got.numel(); ++i) {
            const double off =
                std::fabs(static_cast<double>(got.data<float>()[i]) - expected.data<float>()[i]);
            CHECK(off <= 2.001 * step);
            others += off > 0.001 * step ? 1 : 0;
        }
        CHECK(others * 100 <= got.numel());
    }
    Own own(whole);
    const Tensor x = images(5);
    const std::unique_ptr<QuantizedModel> model = quantize_model(own, {x});
    const Graph graph = quantized_graph(*model);
    const Tensor got = run_graph(graph, x)[static_cast<std::size_t>(graph.output)], expected = (*model)(x);
    // one step of the last value that is bytes
    const double bound =
        steps_of(model->state(), "average.output_scale") * norm_of(own.head.state()[0].tensor);
    for (std::int64_t i = 0; i < got.numel(); ++i)
        CHECK(std::fabs(static_cast<double>(got.data<float>()[i]) - expected.data<float>()[i]) <=
              1.01 * bound);
}

TEST_CASE("weights in the graph of a model in 8 bits are what it holds") {
    const NoGrad no_grad;
    Own own(whole);
    own.eval();
    fold_batch_norms(own, {1, 9, 8, 3});
    QuantizedModel empty(trace(own, {9, 8, 3}));
    CHECK_THROWS_WITH(quantized_graph(empty), "[quantized model] a scale must be above 0, got nan");
    const std::unique_ptr<QuantizedModel> model = quantize_model(own, {images(3)});
    const Graph graph = quantized_graph(*model);
    const NamedTensors state = model->state();
    int seen = 0;
    for (const Value& value : graph.values) {
        if (!value.whole.defined()) continue;
        ++seen;
        const std::int64_t row = value.whole.numel() / value.row_scale.numel();
        const auto held = std::ranges::find(state, value.name, &NamedTensor::name);
        REQUIRE(held != state.end());
        CHECK(is_equal(held->tensor, value.whole));
        for (std::int64_t i = 0; i < value.whole.numel(); ++i) {
            const auto whole = value.whole.dtype() == DType::int8
                                   ? static_cast<float>(value.whole.data<std::int8_t>()[i])
                                   : static_cast<float>(value.whole.data<std::int32_t>()[i]);
            CHECK(value.constant.data<float>()[i] == whole * value.row_scale.data<float>()[i / row]);
        }
    }
    CHECK(seen == 10);  // weights and biases of five layers
}

TEST_CASE("what cannot be a model in 8 bits is said in one line") {
    const NoGrad no_grad;
    Own twice([](Own& self, const Tensor& x) { return self.separable(self.separable(self.conv(x))); });
    const Tensor x = images(2);
    CHECK_THROWS_WITH(
        quantize_model(twice, {x}),
        "[quantized model] separable.depthwise runs more than once; in 8 bits each layer runs once");
    Own own(whole);
    CHECK_THROWS_WITH(quantize_model(own, {}), "[quantize] there are no images to take ranges from");
    Tensor infinite = x.clone();
    infinite.data<float>()[5] = std::numeric_limits<float>::infinity();
    CHECK_THROWS_WITH(quantize_model(own, {infinite}), "[quantize] a value of the model is inf");
    const std::unique_ptr<QuantizedModel> model = quantize_model(own, {x});
    CHECK_THROWS_WITH((*model)(Tensor::zeros({1, 9, 9, 3})),
                      "[quantized model] the input must be float32 (1,9,8,3), got float32 (1,9,9,3) on cpu");
}

TEST_CASE("ranges contain 0, which has a byte of its own") {
    ValueRange range;
    const std::vector<float> numbers{1, 3, 5};
    range.see_ends(numbers.data(), 3);
    range.count(numbers.data(), 3);
    const Quantization above = range.quantization(RangeMethod::min_max);
    CHECK(above.zero == 0);
    CHECK(above.scale == 5.0F / 255);
    ValueRange nothing;
    CHECK(nothing.quantization(RangeMethod::min_max) == Quantization{});

    // One number of 20,000 is far from the others: what cuts it off has finer steps.
    std::vector<float> many(20'000);
    for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<float>(i % 200) / 100 - 1;
    many[7] = 100;
    ValueRange far;
    far.see_ends(many.data(), 20'000);
    far.count(many.data(), 20'000);
    CHECK(far.quantization(RangeMethod::min_max).scale == 101.0F / 255);
    CHECK(far.quantization(RangeMethod::percentile).scale < 2.2F / 255);
    CHECK(far.quantization(RangeMethod::mean_squared_error).scale <
          far.quantization(RangeMethod::min_max).scale);
    for (const RangeMethod method :
         {RangeMethod::min_max, RangeMethod::percentile, RangeMethod::mean_squared_error})
        CHECK(parse_range_method(name_of(method)) == method);
    CHECK_THROWS_WITH(parse_range_method("mean"),
                      "[method] \"mean\" is none of min-max, percentile, mean-squared-error");
}
